"""A real Chromium against a live server.

Fixtures: ``page`` (1280 x 900), ``log_in(user)``, ``project``, ``annotator``, ``lead``,
``engineer``, ``working``. Without a browser these tests are skipped loudly; with CI=true they
fail.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.core.signals import request_finished, request_started
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.open_requests import OpenRequests
from tests.chromium import find_chromium

# pytest reads this file before Django is set up, so models are imported inside the fixtures.
if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from annotation.models import Project, QueueItem

# Playwright's sync API keeps an event loop in this thread, which Django takes for async code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WAIT_MS = 15_000  # an upper bound for a busy machine; nothing is timed


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        reason = "no Chromium found: the browser tests were NOT run (set STEPWISE_CHROMIUM)"
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(reason)
        warnings.warn(reason, stacklevel=1)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def answered(live_server: Any) -> Iterator[None]:
    """The tables are emptied next: a draft that a closing page sends would wait for a table of
    theirs while they wait for one of its own."""
    requests = OpenRequests()
    request_started.connect(requests.began)
    request_finished.connect(requests.ended)
    yield
    requests.wait_for_none()
    request_started.disconnect(requests.began)
    request_finished.disconnect(requests.ended)


@pytest.fixture
def context(browser: Browser, live_server: Any, answered: None) -> Iterator[BrowserContext]:
    made = browser.new_context(
        base_url=live_server.url, viewport={"width": 1280, "height": 900}, locale="en-GB"
    )
    made.set_default_timeout(WAIT_MS)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page; an exception in our scripts fails the test."""
    errors: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    assert not errors, errors


@pytest.fixture
def log_in(page: Page) -> Callable[[User], None]:
    """Log in through the login page, by keyboard."""

    from tests.browser.seed import PASSWORD

    def enter(user: User, password: str = PASSWORD) -> None:
        page.goto("/login/")
        page.get_by_label("Name").fill(user.get_username())
        page.get_by_label("Password").fill(password)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login/" not in url)

    return enter


@pytest.fixture
def project(live_server: Any) -> Project:
    from tests.browser.seed import project_seed

    return project_seed()


@pytest.fixture
def annotator(live_server: Any) -> User:
    return _person("ann", "annotator")


@pytest.fixture
def lead(live_server: Any) -> User:
    return _person("lea", "lead")


@pytest.fixture
def engineer(live_server: Any) -> User:
    return _person("eve", "ml_engineer")


@pytest.fixture
def working(
    page: Page, log_in: Callable[[User], None], annotator: User, project: Project
) -> QueueItem:
    """The annotator has the headphones on the screen."""
    from tests.browser import seed

    item = seed.item_seed(project, seed.HEADPHONES)
    log_in(annotator)
    page.goto("/label/")
    page.locator("#label-form[data-ready]").wait_for()
    return item


def _person(username: str, role: str) -> User:
    from annotation.people.roles import Role
    from tests.browser.seed import person_seed

    return person_seed(username, Role(role))

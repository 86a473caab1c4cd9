"""The circle in a browser: it follows the rows by itself, fits a phone, and has one button."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotation.models import Project, QueueItem, Round
from tests.browser import seed_training
from training.runs.thresholds import thresholds_clear

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LogIn = Callable[[User], None]


@pytest.fixture
def row(project: Project) -> Round:
    thresholds_clear(project=project)
    return seed_training.rounds(project)


def test_the_page_follows_the_round_and_its_button_begins_the_next_stage(
    page: Page, log_in: LogIn, lead: User, row: Round
) -> None:
    log_in(lead)
    page.get_by_role("link", name="Circle", exact=True).click()
    live = page.locator("#live")
    expect(live).to_contain_text("0 of 2 items are decided")
    expect(live.get_by_role("link", name="Label", exact=True)).to_be_visible()
    QueueItem.objects.filter(round=row).update(state="resolved")
    button = live.get_by_role("button", name="Cut the release")
    expect(button).to_be_visible(timeout=15_000)
    button.click()
    expect(page.locator("main")).to_contain_text("has no ground truth yet")


def test_a_phone_shows_the_whole_ring_without_scrolling_sideways(
    page: Page, log_in: LogIn, lead: User, row: Round
) -> None:
    log_in(lead)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/circle/{row.project.slug}/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator("svg.ring").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('svg.ring text')]"
        ".map(text => text.getBoundingClientRect().height))"
    )
    assert smallest >= 11


def test_a_round_is_stopped_with_a_reason(
    page: Page, log_in: LogIn, engineer: User, row: Round
) -> None:
    log_in(engineer)
    page.goto(f"/circle/{row.project.slug}/")
    page.get_by_text("Stop this round").click()
    page.get_by_label("Why").fill("the guideline changes")
    page.get_by_role("button", name="Stop the round").click()
    expect(page.locator("main")).to_contain_text(": the guideline changes")
    expect(page.get_by_role("heading", name="Start the next round")).to_be_visible()

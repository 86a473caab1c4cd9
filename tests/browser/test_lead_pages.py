from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotation.labels import LabelInput
from annotation.models import Project, QueueItem, Resolution
from annotation.roles import Role
from annotation.services.labels import label_submit
from annotation.services.queue import queue_claim
from annotation.services.resolution import item_resolve
from tests.browser import seed

pytestmark = pytest.mark.browser
LogIn = Callable[[User], None]


def split_item(project: Project) -> QueueItem:
    """Three people agree on steps 1-3 and differ on steps 4 and 5."""
    item = seed.item_seed(project, seed.HEADPHONES, overlap=3)
    for name, attribute, tier in (
        ("p1", "all", "4"),
        ("p2", "none", "2"),
        ("p3", "partial", "3"),
    ):
        person = seed.person_seed(name, Role.ANNOTATOR)
        assignment = queue_claim(annotator=person, project=project)
        assert assignment is not None
        verdict = "correct" if attribute == "all" else "incorrect"
        open_steps = [LabelInput(kind=kind, verdict="correct") for kind in (1, 2, 3)]
        label_submit(
            assignment=assignment,
            annotator=person,
            client_key=f"key-{name}",
            labels=[
                *open_steps,
                LabelInput(kind=4, verdict=verdict, value=attribute, comment="see the title"),
                LabelInput(kind=5, verdict=verdict, value=tier),
            ],
        )
    assert item_resolve(item=item) == QueueItem.State.SPLIT
    return item


def test_a_lead_adjudicates_a_split_item_by_keyboard(
    page: Page, log_in: LogIn, lead: User, project: Project
) -> None:
    item = split_item(project)
    log_in(lead)
    page.goto("/adjudication/")
    page.get_by_role("link", name="Start with the first").click()
    page.locator("#label-form[data-ready]").wait_for()
    expect(page.locator("#step-4 .vote")).to_have_count(3)
    expect(page.locator("#step-4")).not_to_contain_text("p1")
    for key in ("e", "e", "7", "Enter"):  # none, tier 2, annotator error
        page.keyboard.press(key)
    expect(page.get_by_text(f"Item {item.pk} is decided.")).to_be_visible()
    item.refresh_from_db()
    assert item.state == QueueItem.State.RESOLVED
    decided = Resolution.objects.filter(item=item, source="adjudicated").order_by("kind")
    assert [(row.kind, row.value, row.cause) for row in decided] == [
        (4, "none", "annotator_error"),
        (5, "2", "annotator_error"),
    ]


def test_a_decision_without_a_cause_is_held_back(
    page: Page, log_in: LogIn, lead: User, project: Project
) -> None:
    item = split_item(project)
    log_in(lead)
    page.goto(f"/adjudication/{item.pk}/")
    page.locator("#label-form[data-ready]").wait_for()
    for key in ("e", "e", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#cause-error")).to_be_visible()
    item.refresh_from_db()
    assert item.state == QueueItem.State.SPLIT

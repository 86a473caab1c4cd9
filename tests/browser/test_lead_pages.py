from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotation.models import Project, QueueItem, Resolution
from tests.browser import seed_labels, seed_training
from training.models import Disagreement

pytestmark = pytest.mark.browser
LogIn = Callable[[User], None]


def test_a_lead_adjudicates_a_split_item_by_keyboard(
    page: Page, log_in: LogIn, lead: User, project: Project
) -> None:
    item = seed_labels.split_item(project)
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
    item = seed_labels.split_item(project)
    log_in(lead)
    page.goto(f"/adjudication/{item.pk}/")
    page.locator("#label-form[data-ready]").wait_for()
    for key in ("e", "e", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#cause-error")).to_be_visible()
    item.refresh_from_db()
    assert item.state == QueueItem.State.SPLIT


def test_a_lead_sends_a_disagreement_back_to_the_queue_with_one_key(
    page: Page, log_in: LogIn, lead: User, project: Project
) -> None:
    first, second = seed_training.disagreements(project)
    log_in(lead)
    page.goto("/training/disagreements/")
    page.locator("#rows[data-ready]").wait_for()
    page.keyboard.press("r")
    expect(page.locator(f"#d-{first.pk}")).to_contain_text("requeued")
    expect(page.locator(f"#d-{second.pk}")).to_have_class("active")
    page.keyboard.press("m")
    expect(page.locator(f"#d-{second.pk} .decide")).to_have_count(0)
    expect(page.locator(f"#d-{second.pk}")).to_contain_text("model right")
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.state == Disagreement.State.REQUEUED
    assert first.item is not None
    assert (first.item.state, first.item.reason) == ("open", "disagreement")
    assert (second.state, second.decided_by) == (Disagreement.State.RM_RIGHT, lead)


def test_the_list_is_filtered_by_step_and_query(
    page: Page, log_in: LogIn, lead: User, project: Project
) -> None:
    seed_training.disagreements(project)
    log_in(lead)
    page.goto("/training/disagreements/?step=4")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    page.get_by_label("Query contains").fill("no such query")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing matches the filter")).to_be_visible()


def test_a_digit_chooses_a_cell_of_the_confusion_table_and_zero_lets_go(
    page: Page, log_in: LogIn, lead: User, project: Project
) -> None:
    seed_training.disagreements(project)
    log_in(lead)
    page.goto("/training/disagreements/")
    page.locator("#confusion[data-ready]").wait_for()
    page.keyboard.press("Shift+Digit5")
    expect(page.locator("[data-key='shift-5'][aria-current]")).to_have_text("1")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    page.locator("#confusion[data-ready]").wait_for()
    page.keyboard.press("0")
    expect(page.locator("#rows tbody tr")).to_have_count(2)

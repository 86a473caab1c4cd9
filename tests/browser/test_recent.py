"""My last items by keyboard: there, into an item again, and on."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotation.models import Project, QueueItem, StepLabel
from tests.browser import seed

pytestmark = pytest.mark.browser


def test_an_item_submitted_two_items_ago_is_opened_again_by_keyboard_and_corrected(
    page: Page, working: QueueItem, annotator: User, project: Project
) -> None:
    seed.item_seed(project, seed.KETTLE)
    for key in ("1", "1", "1", "1", "1", "Enter"):
        page.keyboard.press(key)
    page.wait_for_url("**receipt=**")
    page.locator("#label-form[data-ready]").wait_for()
    page.keyboard.press("l")
    expect(page.get_by_role("heading", name="My last items")).to_be_visible()
    again = page.get_by_role("button", name="Open again")
    again.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**claim=**")
    page.locator("#label-form[data-ready]").wait_for()
    expect(page.locator("[data-dot='1']")).to_have_attribute("data-state", "correct")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    page.wait_for_url("**receipt=**")
    labels = StepLabel.objects.filter(item=working, kind=1).order_by("pk")
    assert [label.verdict for label in labels] == ["correct", "incorrect"]

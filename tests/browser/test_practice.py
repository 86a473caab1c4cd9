"""Practice by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotation.labelling.gold import gold_save
from annotation.models import Project, StepLabel
from tests.browser import seed
from tests.browser.test_accessibility import in_both_themes

pytestmark = pytest.mark.browser
LogIn = Callable[[User], None]


def test_a_new_person_practises_by_keyboard_and_goes_on_to_label(
    page: Page, log_in: LogIn, annotator: User, project: Project
) -> None:
    explained = seed.item_seed(project, seed.KETTLE)
    gold_save(rollout=explained.rollout, lead=None, answers={"5": "4"}, note="A kettle.")
    explained.delete()
    seed.item_seed(project, seed.HEADPHONES)
    log_in(annotator)
    page.goto("/label/")
    page.get_by_role("link", name="Practise").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Practice 1 of 1")).to_be_visible()
    page.locator("#label-form[data-ready]").wait_for()
    page.keyboard.press("Enter")
    expect(page.locator("#step-5 [data-client-error]")).to_be_visible()
    assert in_both_themes(page, "practice, incomplete") == []
    for key in ("q", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_text("A kettle.")).to_be_visible()
    assert in_both_themes(page, "practice, compared") == []
    page.get_by_role("link", name="Start labelling").focus()
    page.keyboard.press("Enter")
    page.locator("#label-form[data-ready]").wait_for()
    assert not StepLabel.objects.exists()

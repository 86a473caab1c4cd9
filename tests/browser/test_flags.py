from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotation.models import Assignment, Flag, Project, StepLabel
from tests.browser import seed

pytestmark = pytest.mark.browser
LogIn = Callable[[User], None]


def test_a_step_is_flagged_by_keyboard_and_labelling_goes_on(
    page: Page, log_in: LogIn, annotator: User, project: Project
) -> None:
    item = seed.item_seed(project, seed.SANDALS)
    log_in(annotator)
    page.goto("/label/")
    page.locator("#label-form[data-ready]").wait_for()
    page.keyboard.press("1")
    page.keyboard.press("f")
    page.keyboard.type("is 38 close enough?")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#step-2 [data-flagged]")).to_have_text("flagged")
    flag = Flag.objects.get()
    assert (flag.item, flag.kind, flag.reason) == (item, 2, "is 38 close enough?")
    page.keyboard.press("1")
    expect(page.locator("#step-2")).to_have_attribute("data-state", "correct")
    assert Assignment.objects.get().state == Assignment.State.CLAIMED


def test_after_the_first_error_the_rest_stays_unmarked_when_the_project_says_so(
    page: Page, log_in: LogIn, annotator: User, project: Project
) -> None:
    project.first_error_only = True
    project.save()
    item = seed.item_seed(project, seed.HEADPHONES)
    log_in(annotator)
    page.goto("/label/")
    page.locator("#label-form[data-ready]").wait_for()
    for key in ("1", "1", "1", "1", "1", "k", "e"):  # step 4 turns out to be wrong
        page.keyboard.press(key)
    expect(page.locator("#step-5")).to_contain_text("After the first error")
    expect(page.locator("#done-count")).to_have_text("4 of 4")
    page.keyboard.press("Enter")
    expect(page.locator("#receipt")).to_be_visible()
    kinds = StepLabel.objects.filter(item=item).order_by("kind").values_list("kind", flat=True)
    assert list(kinds) == [1, 2, 3, 4]

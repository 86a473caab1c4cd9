from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotation.models import Assignment, Project, StepLabel
from tests.browser import seed

pytestmark = pytest.mark.browser
LogIn = Callable[[User], None]


def test_step_4_is_judged_attribute_by_attribute_by_keyboard(
    page: Page, log_in: LogIn, annotator: User, project: Project
) -> None:
    item = seed.item_seed(project, seed.KETTLE)
    log_in(annotator)
    page.goto("/label/")
    page.locator("#label-form[data-ready]").wait_for()
    rows = page.locator("#step-4 [data-attribute]")
    expect(rows).to_have_count(2)
    for key in ("1", "1", "1", "a"):
        page.keyboard.press(key)
    page.keyboard.type("gooseneck spout")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(3)
    for key in ("x", "ArrowRight", "y", "y"):  # the new row, the second, the first
        page.keyboard.press(key)
    expect(page.locator("#step-4 input[value=partial]")).to_be_checked()
    expect(page.locator("#step-5")).to_have_class("step active")
    page.keyboard.press("k")
    page.keyboard.press("e")
    expect(page.locator("p[data-derived]")).to_contain_text("give “partial”, you chose “none”")
    expect(page.locator("#saved")).to_contain_text("saved")
    page.reload()
    page.locator("#label-form[data-ready]").wait_for()
    expect(rows).to_have_count(3)
    for key in ("k", "w", "w", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#receipt")).to_be_visible()
    label = StepLabel.objects.get(item=item, kind=4)
    assert (label.verdict, label.value) == ("incorrect", "partial")
    assert [(row["name"], row["state"]) for row in label.attributes] == [
        ("capacity 1 litre", "match"),
        ("colour matte black", "match"),
        ("gooseneck spout", "unknown"),
    ]
    assert Assignment.objects.get().state == Assignment.State.SUBMITTED

"""Reading an item: hints, folded and right-to-left text, the rules table at hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotation.models import Project, QueueItem
from tests.browser import seed
from tests.browser.test_label_page import press, ready

pytestmark = pytest.mark.browser
LogIn = Callable[[User], None]


def state(page: Page, kind: int) -> str | None:
    return page.locator(f"#step-{kind}").get_attribute("data-state")


def test_step_4_hints_at_a_contradiction_as_soon_as_one_attribute_says_otherwise(
    page: Page, working: QueueItem
) -> None:
    press(page, "1", "1", "1")
    hint = page.locator("p[data-derived]")
    expect(hint).to_be_hidden()
    press(page, "y")  # one of two holds: "all" is still possible
    expect(hint).to_be_hidden()
    press(page, "ArrowLeft", "n")
    expect(hint).to_contain_text("contradict “all”, which the text claims")
    press(page, "1")
    expect(hint).to_contain_text("contradict “all”, which you chose")


def test_long_product_text_folds_and_opens_by_key(
    page: Page, log_in: LogIn, annotator: User, project: Project
) -> None:
    item = seed.item_seed(project, seed.KETTLE)
    product = item.rollout.pair.product
    product.description = "A kettle. " * 80 + "The very end."
    product.attributes = [[f"name {n}", f"value {n}"] for n in range(20)]
    product.save()
    log_in(annotator)
    page.goto("/label/")
    ready(page)
    for text in ("The very end.", "value 19"):
        expect(page.locator(".pair").get_by_text(text)).to_be_hidden()
    press(page, "p")
    for text in ("The very end.", "value 19"):
        expect(page.locator(".pair").get_by_text(text)).to_be_visible()


def test_right_to_left_text_runs_from_the_right(
    page: Page, log_in: LogIn, annotator: User, project: Project
) -> None:
    item = seed.item_seed(project, seed.KETTLE)
    pair = item.rollout.pair
    pair.query = "غلاية سوداء 1 لتر"
    pair.save()
    log_in(annotator)
    page.goto("/label/")
    ready(page)
    direction = "element => getComputedStyle(element).direction"
    assert page.locator(".query").evaluate(direction) == "rtl"
    assert page.locator(".title").evaluate(direction) == "ltr"
    page.locator("[name=comment-1]").evaluate("field => { field.value = 'اللون خطأ'; }")
    assert page.locator("[name=comment-1]").evaluate(direction) == "rtl"


def test_the_rules_table_stands_beside_the_guideline(page: Page, working: QueueItem) -> None:
    press(page, "g")
    row = page.locator("#guide-rules tr", has_text="related")
    expect(row.locator("td")).to_have_text(["3", "2", "2", "3"])
    press(page, "1", "1", "1", "1")
    expect(page.locator("#guide .here")).to_contain_text("Rules table")

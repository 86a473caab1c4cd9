"""What stands beside the steps: the product's picture and the guideline."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotation.models import Product, Project
from tests.browser import seed

pytestmark = pytest.mark.browser
LogIn = Callable[[User], None]


def test_the_guideline_stands_beside_the_steps_and_follows_the_active_one(
    page: Page, log_in: LogIn, annotator: User, project: Project
) -> None:
    seed.item_seed(project, seed.KETTLE)
    Product.objects.update(image_url="https://pictures.example/kettle.svg")
    drawing = "<svg xmlns='http://www.w3.org/2000/svg' width='320' height='200'/>"
    page.route(
        "https://pictures.example/**",
        lambda route: route.fulfill(body=drawing, content_type="image/svg+xml"),
    )
    log_in(annotator)
    page.goto("/label/")
    page.locator("#label-form[data-ready]").wait_for()
    expect(page.get_by_alt_text("Picture of Brewline")).to_be_visible()
    page.keyboard.press("g")
    expect(page.locator("#guide")).to_contain_text("How to judge")
    expect(page.locator("#guide .here")).to_have_count(0)
    for key in ("1", "1"):
        page.keyboard.press(key)
    expect(page.locator("#guide .here")).to_contain_text("the shelf")
    panel, button = page.locator("#guide"), page.locator("#step-3 .opt").last
    ends, starts = button.bounding_box(), panel.bounding_box()
    assert ends is not None
    assert starts is not None
    assert ends["x"] + ends["width"] <= starts["x"]


def test_a_picture_that_cannot_be_loaded_says_so_and_keeps_its_box(
    page: Page, log_in: LogIn, annotator: User, project: Project
) -> None:
    seed.item_seed(project, seed.KETTLE)
    Product.objects.update(image_url="http://127.0.0.1:1/no.png")
    log_in(annotator)
    page.goto("/label/")
    expect(page.get_by_text("The picture cannot be loaded.")).to_be_visible()
    box = page.locator(".picture").bounding_box()
    assert box is not None
    assert box["height"] == 200

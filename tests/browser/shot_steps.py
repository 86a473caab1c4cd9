"""What is done on a page before its picture is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def still(page: Any) -> None:
    page.wait_for_load_state("networkidle")


def label(page: Any) -> None:
    page.locator("#label-form[data-ready]").wait_for()
    if page.locator("#step-1").get_attribute("data-state"):
        return
    for key in ("1", "1"):
        page.keyboard.press(key)
    page.get_by_text("saved").wait_for()


def pressed(key: str, shown: str) -> Callable[[Any], None]:
    def prepare(page: Any) -> None:
        page.locator("#label-form[data-ready]").wait_for()
        page.keyboard.press(key)
        page.locator(shown).wait_for()

    return prepare


def against_the_table(page: Any) -> None:
    page.locator("#label-form[data-ready]").wait_for()
    if page.locator("#step-1").get_attribute("data-state"):
        page.locator("#step-5 input[value='4']").press("j")
    else:
        for key in ("1", "1", "1", "e", "q"):
            page.keyboard.press(key)
        page.get_by_text("saved").wait_for()
    page.locator("#step-5 [data-rule-warning]").wait_for()
    page.locator("#step-5").scroll_into_view_if_needed()


def submitted(status: int, body: str) -> Callable[[Any], None]:
    def prepare(page: Any) -> None:
        page.route(
            "**/submit/",
            lambda route: route.fulfill(status=status, body=body, content_type="text/plain"),
        )
        page.locator("#label-form[data-ready]").wait_for()
        if page.locator("#banner").is_hidden():
            for key in ("1", "1", "1", "1", "1", "Enter"):
                page.keyboard.press(key)
        page.locator("#banner").wait_for()

    return prepare


def compared(page: Any) -> None:
    page.locator("#label-form[data-ready]").wait_for()
    for key in ("q", "q", "q", "Enter"):
        page.keyboard.press(key)
    page.get_by_role("link", name="Again").wait_for()


def checked(page: Any) -> None:
    with page.expect_response("**preset=quick**"):
        page.get_by_label("Preset").select_option("quick")
    still(page)
    page.get_by_label("Project").select_option(index=1)
    page.get_by_label("Policy").select_option(index=1)
    page.get_by_role("button", name="Check before launch").click()
    still(page)


def switcher(page: Any) -> None:
    page.locator(".projects summary").click()


def charts(page: Any) -> None:
    page.locator(".chart").first.wait_for()

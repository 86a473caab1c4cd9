"""A working session without a pointing device: twenty items, not one mouse event."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotation.models import Project, StepLabel, Submission
from tests.browser import seed

pytestmark = pytest.mark.browser
LogIn = Callable[[User], None]
N = 20
WRITTEN = (seed.KETTLE, seed.HEADPHONES, seed.TRIPOD, seed.SANDALS)
# All right; step 4 by its attributes; an error and the tier that follows; unsure with a reason.
WAYS: tuple[tuple[str, ...], ...] = (
    ("1", "1", "1", "1", "1", "Enter"),
    ("1", "1", "1", "n", "n", "e", "Enter"),
    ("1", "2", "1", "1", "1", "Enter"),
    ("1", "1", "q", "1", "3", "words", "Control+Enter"),
)
# A click that Enter makes on a form's button comes without a pointer: detail and place are 0.
COUNTER = """
for (const name of ["mousedown", "mouseup", "mousemove", "pointerdown", "pointermove", "wheel",
                    "touchstart", "dblclick", "contextmenu", "click"]) {
  addEventListener(name, (event) => {
    if (name === "click" && event.detail === 0 && event.screenX === 0) return;
    sessionStorage.mouse = Number(sessionStorage.mouse ?? 0) + 1;
  }, { capture: true, passive: true });
}
"""


def mouse_events(page: Page) -> int:
    return int(page.evaluate("Number(sessionStorage.mouse ?? 0)"))


def receipt_after(before: str) -> Callable[[str], bool]:
    return lambda url: url != before and "receipt=" in url


def test_twenty_items_are_labelled_by_keyboard_without_one_mouse_event(
    page: Page, log_in: LogIn, annotator: User, project: Project
) -> None:
    page.add_init_script(COUNTER)
    for number in range(N):
        seed.item_seed(project, WRITTEN[number % len(WRITTEN)])
    log_in(annotator)
    page.goto("/label/")
    for number in range(N):
        page.locator("#label-form[data-ready]").wait_for()
        answered = receipt_after(page.url)
        for key in WAYS[number % len(WAYS)]:
            if key == "words":
                page.keyboard.type("the product text does not say")
            else:
                page.keyboard.press(key)
        page.wait_for_url(answered)
    expect(page.get_by_role("heading", name="The queue is empty")).to_be_visible()
    assert mouse_events(page) == 0
    assert Submission.objects.count() == N
    assert StepLabel.objects.count() == 5 * N
    values = StepLabel.objects.filter(kind=4).order_by("pk").values_list("value", flat=True)
    assert list(values[:4]) == ["all", "none", "not_requested", "partial"]
    page.mouse.click(5, 5)
    assert mouse_events(page) > 0  # the counter counts

"""Active time: seconds of work, without idle, hidden or slept ones. The clock is the test's."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser
START = """async () => {
  document.body.insertAdjacentHTML("beforeend", "<input name=active_ms value=0>");
  await import("/static/js/timer.js");
}"""
HIDE = """away => Object.defineProperty(
  document, "hidden", { get: () => away, configurable: true }
)"""


@pytest.fixture
def timed(page: Page, live_server: Any) -> Page:
    """A page whose clock stands still, and on it a timer that starts at zero."""
    page.goto("/login/")
    page.clock.install(time=0)
    page.clock.pause_at(1_000)
    page.evaluate(START)
    return page


def seconds(page: Page) -> float:
    return int(page.locator("[name=active_ms]").input_value()) / 1000


def test_time_without_a_sign_of_life_stops_counting_after_thirty_seconds(timed: Page) -> None:
    timed.clock.run_for(10_000)
    assert seconds(timed) == 10
    timed.clock.run_for(60_000)
    assert seconds(timed) == 29  # the tick at 30 s finds the last sign 30 s old
    timed.keyboard.press("Shift")
    timed.clock.run_for(5_000)
    assert seconds(timed) == 29 + 5


def test_every_sign_of_life_starts_the_thirty_seconds_anew(timed: Page) -> None:
    for _ in range(3):
        timed.clock.run_for(20_000)
        timed.mouse.move(10, 10)
        timed.mouse.move(20, 20)
    assert seconds(timed) == 60


def test_a_hidden_page_does_not_count(timed: Page) -> None:
    timed.clock.run_for(4_000)
    hide = (
        "away => Object.defineProperty(document, 'hidden', {get: () => away, configurable: 1})"
    )
    timed.evaluate(hide, True)
    timed.clock.run_for(10_000)
    assert seconds(timed) == 4
    timed.evaluate(HIDE, False)
    timed.clock.run_for(3_000)
    assert seconds(timed) == 7


def test_a_machine_that_slept_counts_two_seconds_at_most(timed: Page) -> None:
    timed.clock.run_for(1_000)
    timed.clock.fast_forward(20_000)  # one late tick, as after a closed lid
    assert seconds(timed) == 1 + 2

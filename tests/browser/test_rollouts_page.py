from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotation.models import Project, QueueItem
from tests.browser import seed_training

pytestmark = pytest.mark.browser
LogIn = Callable[[User], None]


def test_an_engineer_finds_a_rollout_reads_it_and_sends_it_to_the_annotators(
    page: Page, log_in: LogIn, engineer: User, project: Project
) -> None:
    run = seed_training.rollouts(project)
    log_in(engineer)
    page.goto(f"/training/runs/{run.pk}/")
    page.get_by_role("link", name="Rollouts").click()
    expect(page.locator(".group")).to_have_count(4)
    page.get_by_label("Update").fill("2")
    page.get_by_label("Advantage").select_option("below 0")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".group")).to_have_count(2)
    first = page.locator(".rollout").first
    expect(first).to_contain_text("× 2")
    first.locator("summary").click()
    first.get_by_role("button", name="Send to annotators").click()
    expect(page.get_by_text("The rollout waits in the queue")).to_be_visible()
    expect(page.get_by_label("Update")).to_have_value("2")
    assert QueueItem.objects.filter(rollout__policy=f"run {run.pk}, update 2").count() == 1


def test_two_updates_stand_side_by_side_and_one_under_the_other_on_a_phone(
    page: Page, log_in: LogIn, engineer: User, project: Project
) -> None:
    run = seed_training.rollouts(project)
    log_in(engineer)
    page.goto(f"/training/runs/{run.pk}/rollouts/")
    page.get_by_role("link", name="Compare updates").first.click()
    expect(page.locator(".sides h2")).to_have_count(2)
    left, right = (page.locator(".sides > div").nth(n) for n in (0, 1))
    for width, beside in ((1280, True), (390, False)):
        page.set_viewport_size({"width": width, "height": 844})
        boxes = [box for side in (left, right) if (box := side.bounding_box())]
        assert (boxes[0]["y"] == boxes[1]["y"]) == beside
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(f"/training/runs/{run.pk}/rollouts/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

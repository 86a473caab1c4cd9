from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotation.models import Project
from tests.browser import seed_training

pytestmark = pytest.mark.browser
LogIn = Callable[[User], None]


def test_an_engineer_compares_two_runs_and_has_their_rewards_made_again(
    page: Page, log_in: LogIn, engineer: User, project: Project
) -> None:
    first, second = seed_training.compared(project)
    log_in(engineer)
    page.goto(f"/training/runs/{first.pk}/")
    page.get_by_role("link", name="Compare").click()
    page.get_by_role("link", name=str(second.pk), exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        f"Runs {first.pk} and {second.pk}"
    )
    settings = page.get_by_role("region", name="Settings that differ")
    expect(settings.get_by_role("row", name="rl.kl 0.02 0.5")).to_be_visible()
    truths = page.get_by_role("region", name="Truths that differ")
    expect(truths.get_by_role("row", name="Final judgment")).to_contain_text("2 people")
    page.get_by_role("link", name="Reward them again").click()
    rewards = page.get_by_role("region", name="Rewards that flip")
    expect(rewards).to_contain_text("6 of 10 step rewards differ")
    rewards.get_by_role("link", name="update 1").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"update 1 of run {first.pk}")
    page.go_back()
    page.get_by_role("link", name="Swap").click()
    expect(settings.get_by_role("row", name="rl.kl 0.5 0.02")).to_be_visible()

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotation.models import Project
from tests.browser import seed_training
from tests.browser.conftest import WAIT_MS
from training.models import TrainingRun

pytestmark = pytest.mark.browser
LogIn = Callable[[User], None]


def test_an_engineer_cancels_a_run_and_the_page_follows_it_to_its_end(
    page: Page, log_in: LogIn, engineer: User, project: Project
) -> None:
    run = seed_training.run(project)
    log_in(engineer)
    page.goto(f"/training/runs/{run.pk}/")
    expect(page.get_by_text("step 34 of 60")).to_be_visible()
    expect(page.get_by_role("img", name="Reward")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#live .chip").first).to_have_text("Cancelling")
    TrainingRun.objects.filter(pk=run.pk).update(state=TrainingRun.State.CANCELLED)
    expect(page.get_by_role("button", name="Resume")).to_be_visible(timeout=WAIT_MS)

"""The launch form of the admin, which follows the chosen method and preset."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, Route, expect

from training.models import Checkpoint

pytestmark = pytest.mark.browser
LogIn = Callable[[User], None]


def test_nothing_is_sent_while_the_form_follows_a_choice(
    page: Page, log_in: LogIn, engineer: User
) -> None:
    Checkpoint.objects.create(name="seed-policy", path="seed")
    log_in(engineer)
    page.goto("/admin/training/trainingrun/launch/")
    page.get_by_label("Policy").select_option(label="seed-policy")
    waiting: list[Route] = []
    page.route("**/launch/?**", lambda route: waiting.append(route))
    page.get_by_label("Preset").select_option("quick")
    button = page.get_by_role("button", name="Check before launch")
    expect(button).to_be_disabled()
    waiting[0].continue_()
    expect(page.get_by_label("sampling.rollouts")).to_have_value("4")
    expect(button).to_be_enabled()
    expect(page.get_by_label("Policy").locator("option:checked")).to_have_text("seed-policy")

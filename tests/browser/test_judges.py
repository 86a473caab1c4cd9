from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotation.models import Project
from tests.browser import seed_training
from training.models import RmAppointment
from training.scoring.select import current_rm

pytestmark = pytest.mark.browser
LogIn = Callable[[User], None]


def test_a_lead_overrides_the_gate_with_a_reason_and_takes_it_back_with_one_click(
    page: Page, log_in: LogIn, lead: User, project: Project
) -> None:
    champion, candidate = seed_training.judges(project)
    log_in(lead)
    page.goto(f"/training/judges/?project={project.slug}")
    card = page.locator(f"#judge-{candidate.pk}")
    expect(card).to_contain_text("accuracy 0.831 against 0.842 of shop-rm-14")
    card.get_by_role("button", name="Override the gate").click()
    assert current_rm(project) == champion, "a reason is required"
    card.get_by_label("Appoint it all the same, because").fill("better on chairs")
    card.get_by_role("button", name="Override the gate").click()
    expect(page.get_by_text("shop-rm-15 is in charge now.")).to_be_visible()
    expect(page.locator("#history")).to_contain_text("better on chairs")
    assert current_rm(project) == candidate
    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_text("shop-rm-14 is in charge again.")).to_be_visible()
    assert current_rm(project) == champion
    assert RmAppointment.objects.count() == 3


def test_the_page_fits_a_phone(page: Page, log_in: LogIn, lead: User, project: Project) -> None:
    seed_training.judges(project)
    log_in(lead)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/training/judges/?project={project.slug}")
    expect(page.locator("#history")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

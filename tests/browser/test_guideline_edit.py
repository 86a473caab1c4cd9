from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotation.cot.rules import parse_rules
from annotation.models import Project

pytestmark = pytest.mark.browser


def test_a_lead_edits_the_rules_where_they_are_shown_by_keyboard_alone(
    page: Page, log_in: Callable[[User], None], lead: User, project: Project
) -> None:
    log_in(lead)
    page.goto(f"/quality/{project.slug}/guideline/")
    page.evaluate("window.stayed = true")
    page.get_by_role("link", name="Edit", exact=True).press("Enter")
    text = page.get_by_label("Text (Markdown)")
    expect(text).to_be_focused()
    assert page.evaluate("window.stayed"), "the form came without another page"
    page.keyboard.type("Look twice. ")
    cell = page.get_by_label("match × partial", exact=True)
    for _ in range(3):  # the table's scroller, match x all, match x partial
        page.keyboard.press("Tab")
    expect(cell).to_be_focused()
    page.keyboard.press("2")
    expect(cell).to_have_value("2")
    page.get_by_role("button", name="Save as the next version").press("Enter")
    expect(page.get_by_text("Version 2 is in force.")).to_be_visible()
    project.refresh_from_db()
    assert parse_rules(project.rules).tiers["match", "partial"] == "2"
    assert "Look twice." in project.guideline

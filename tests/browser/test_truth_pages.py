"""Truth and coverage, as leads and engineers use them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotation.models import Project, QueueItem
from tests.browser import seed_labels, seed_quality
from tests.browser.seed import HEADPHONES
from verifier.models import GroundTruth
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh

pytestmark = pytest.mark.browser
LogIn = Callable[[User], None]


def test_a_lead_finds_a_truth_withdraws_it_and_asks_people_again(
    page: Page, log_in: LogIn, lead: User, project: Project
) -> None:
    withdrawn = seed_quality.truth(project, lead)
    standing = GroundTruth.objects.get(superseded_at=None, kind=4)
    release_cut(project=project)
    log_in(lead)
    page.goto(f"/quality/{project.slug}/")
    page.get_by_role("link", name="Truth", exact=True).click()
    page.get_by_label("Step").select_option("4")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("row", name="Attribute match").get_by_role("link").click()
    expect(page.get_by_text("In the releases")).to_contain_text("1")
    page.get_by_role("button", name="Withdraw this truth").click()
    assert GroundTruth.objects.get(pk=standing.pk).withdrawn_at is None, "a reason is needed"
    page.get_by_label("Withdraw: why?").fill("The picture shows another size.")
    page.get_by_role("button", name="Withdraw this truth").click()
    expect(page.get_by_text("Withdrawn: the next release leaves it out.")).to_be_visible()
    expect(page.get_by_text("The picture shows another size.")).to_be_visible()
    expect(page.get_by_role("button", name="Withdraw this truth")).to_have_count(0)
    page.get_by_label("Reason").select_option("audit")
    page.get_by_role("button", name="Ask people again").click()
    expect(page.get_by_text("1 rollout is in the queue.")).to_be_visible()
    item = QueueItem.objects.get(reason="audit")
    assert (item.kinds, item.rollout.pair_id) == ([4], standing.pair_id)
    expect(page.get_by_label(f"Ask again about rollout {item.rollout_id}")).to_be_disabled()
    page.goto(f"/quality/{project.slug}/truth/?show=withdrawn")
    for truth in (standing, withdrawn):
        link = page.locator(f"a[href$='/quality/truth/{truth.pk}/']")
        expect(link).to_have_count(1)


def test_an_engineer_reads_a_truth_and_finds_no_button_to_withdraw_it(
    page: Page, log_in: LogIn, engineer: User, lead: User, project: Project
) -> None:
    seed_quality.truth(project, lead)
    standing = GroundTruth.objects.get(superseded_at=None, kind=4)
    log_in(engineer)
    page.goto(f"/quality/truth/{standing.pk}/")
    expect(page.get_by_text("No release holds it.")).to_be_visible()
    expect(page.get_by_role("button", name="Withdraw this truth")).to_have_count(0)
    expect(page.get_by_role("checkbox")).to_have_count(0)


def test_coverage_counts_what_people_judged_and_gives_it_as_a_table(
    page: Page, log_in: LogIn, lead: User, project: Project, tmp_path: Path
) -> None:
    seed_labels.agreed_item(project, HEADPHONES)
    truth_refresh(project=project)
    log_in(lead)
    page.goto(f"/quality/{project.slug}/")
    page.get_by_role("link", name="Coverage", exact=True).click()
    table = page.get_by_role("table").first
    row = table.get_by_role("row", name="Final judgment")
    expect(row.get_by_role("cell").nth(1)).to_have_text("1")
    expect(row.get_by_role("cell").nth(2)).to_contain_text("1 100 %")
    expect(row.get_by_role("cell").nth(6)).to_contain_text("0 0 %")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "coverage.csv")
    head, *rows = (tmp_path / "coverage.csv").read_text().splitlines()
    assert "kind" in head
    assert len(rows) == 5
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    expect(table.get_by_role("columnheader").first).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

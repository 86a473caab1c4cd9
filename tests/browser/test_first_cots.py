"""From a file to the first judged step in a browser, without a shell: with no model, and with a
chat model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from annotation.models import Rollout, StepLabel
from annotation.pairs.jobs import import_job_run
from annotation.pairs.tasks import import_job_start
from annotation.people.roles import Role
from tests.browser import seed
from tests.browser.seed_import import CATALOGUES
from tests.browser.test_new_project import checked_and_imported, upload
from tests.factories import cot
from tests.training.chat_server import structured
from tests.training.speaking_server import serving
from training.rollouts.batches import batch_run
from training.rollouts.tasks import rollouts_run

pytestmark = pytest.mark.browser
LogIn = Callable[[User], None]


@pytest.fixture(autouse=True)
def _workers(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    """Their work is done when its message is sent."""
    settings.RUNS_DIR = tmp_path / "runs"
    settings.POLICY_HOSTS = ["127.0.0.1"]
    monkeypatch.setattr(import_job_start, "delay", lambda pk: import_job_run(job_id=pk))
    monkeypatch.setattr(rollouts_run, "delay", lambda pk: batch_run(batch_id=pk))


def first_one_judged(page: Page, log_in: LogIn) -> None:
    page.context.clear_cookies()
    log_in(seed.person_seed("ann", Role.ANNOTATOR))
    page.goto("/label/?project=kitchen-shop")
    page.locator("#label-form[data-ready]").wait_for()
    for key in ("1", "1", "1", "1", "1", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#receipt")).to_contain_text("Receipt")
    assert StepLabel.objects.filter(verdict="correct").count() == 5


def test_a_table_becomes_a_step_to_judge_with_no_model_at_all(
    page: Page, log_in: LogIn, lead: User
) -> None:
    log_in(lead)
    upload(page, "Kitchen shop", CATALOGUES / "kitchen.csv")
    checked_and_imported(page, 8)
    part = page.locator("section", has=page.get_by_role("heading", name="The catalogue writer"))
    part.last.get_by_role("button", name="Write").press("Enter")
    expect(page.get_by_text("catalogue writer writes about 8 pairs.")).to_be_visible()
    expect(page.get_by_role("cell", name="8 (100 %)")).to_be_visible()
    assert Rollout.objects.filter(parse_error="").count() == 8
    first_one_judged(page, log_in)


def test_a_chat_model_is_named_and_its_first_step_is_there_to_judge(
    page: Page, log_in: LogIn, lead: User
) -> None:
    log_in(lead)
    upload(page, "Kitchen shop", CATALOGUES / "kitchen.csv")
    checked_and_imported(page, 8)
    with serving(lambda body, _: (200, structured())) as server:
        page.get_by_label("Address").press_sequentially(server.url)
        page.get_by_label("Model", exact=True).press_sequentially("the-model")
        part = page.locator("section", has=page.get_by_role("heading", name="A chat model"))
        part.last.get_by_role("button", name="Write").press("Enter")
        expect(page.get_by_role("cell", name="8 (100 %)")).to_be_visible()
    expect(page.get_by_role("cell", name="960")).to_be_visible()
    first_one_judged(page, log_in)


def test_cots_of_one_s_own_are_looked_at_kept_and_judged_by_the_keyboard(
    page: Page, log_in: LogIn, lead: User, tmp_path: Path
) -> None:
    log_in(lead)
    upload(page, "Kitchen shop", CATALOGUES / "kitchen.csv")
    checked_and_imported(page, 8)
    rows = [
        {
            "query": "不粘平底锅 28厘米",
            "product_id": "CK-1",
            "cot": cot(tier="4", attribute="all"),
        },
        {"query": "不含塑料的水杯", "product_id": "CK-8", "cot": "nothing that has five steps"},
    ]
    file = tmp_path / "written.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    part = page.locator("section", has=page.get_by_role("heading", name="My own")).last
    part.get_by_label("File").set_input_files(file)
    part.get_by_label("Who wrote them").press_sequentially("a colleague")
    part.get_by_role("button", name="Upload and look at it").press("Enter")
    expect(
        page.get_by_text("The first chains of thought, as they would be kept")
    ).to_be_visible()
    expect(page.get_by_text("shoes shoes same").first).to_be_visible()
    page.get_by_role("button", name="Check the whole file").press("Enter")
    assert not Rollout.objects.exists()
    page.get_by_role("button", name="Import 2 rows").press("Enter")
    page.get_by_role("link", name="See who has written what").press("Enter")
    expect(page.get_by_role("row", name="a colleague")).to_contain_text("1 (50 %)")
    assert Rollout.objects.filter(policy="a colleague", parse_error="").count() == 1
    first_one_judged(page, log_in)

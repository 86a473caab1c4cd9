"""From the admin: the form, the summary, the launch, and a real worker that brings it home."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from config.celery import app
from tests.flows.trainable import trainable_make
from training.models import Checkpoint, TrainingRun
from training.runs.checkpoints import seed_policy

pytestmark = [pytest.mark.browser, pytest.mark.flow]
LogIn = Callable[[User], None]
UNTIL_FINISHED_MS = 120_000  # an upper bound for a busy machine
OVERRIDES = "[eval]\nmax_tokens = 64\nbootstrap = 20\n"


@pytest.fixture
def train_worker(live_server: Any, settings: Any, tmp_path: Path) -> Iterator[None]:
    """A worker of the train queue on this process's broker; the trainer is a real child."""
    settings.RUNS_DIR = tmp_path
    app.amqp.queues.select_add("train")
    with start_worker(app, pool="solo", queues=["train"], perform_ping_check=False):
        yield


def test_an_engineer_launches_a_tiny_run_and_sees_it_finish(
    page: Page, log_in: LogIn, engineer: User, train_worker: None
) -> None:
    trainable_make()
    seed_policy()
    log_in(engineer)
    page.goto("/admin/training/trainingrun/")
    page.get_by_role("link", name="Launch run").click()
    page.wait_for_load_state()  # the script that follows the method is there
    expect(page.get_by_label("rl.updates")).to_be_visible()
    page.get_by_label("Project").select_option(label="tiny")
    page.get_by_label("Method").select_option("sft")
    expect(page.get_by_label("rl.updates")).to_have_count(0)
    expect(page.get_by_label("Project").locator("option:checked")).to_have_text("tiny")
    page.get_by_label("Preset").select_option("quick")
    expect(page.get_by_label("sampling.rollouts")).to_have_value("2")
    page.get_by_label("Policy").select_option(label="seed")
    page.get_by_label("fit.epochs").fill("1")
    page.get_by_label("Overrides").fill(OVERRIDES)
    page.get_by_role("button", name="Check before launch").click()

    summary = page.locator("#preflight")
    expect(summary.get_by_role("row", name="training pairs")).to_contain_text("3")
    expect(summary.get_by_role("row", name="evaluation pairs")).to_contain_text("1")
    expect(summary.get_by_role("row", name="labelled steps")).to_contain_text("15")
    assert not TrainingRun.objects.exists(), "nothing starts before it is confirmed"
    page.get_by_role("button", name="Launch run").click()

    run = TrainingRun.objects.get()
    page.wait_for_url(f"**/training/runs/{run.pk}/")
    expect(page.locator("#live .chip").first).to_have_text(
        "Finished", timeout=UNTIL_FINISHED_MS
    )
    run.refresh_from_db()
    assert (run.state, run.error, run.created_by) == ("finished", "", engineer)
    assert run.config["fit"] == {"epochs": 1.0}
    assert run.config["sampling"] == {"rollouts": 2}
    assert Checkpoint.objects.get(run=run).name == f"tiny-sft-{run.pk}"
    page.goto("/admin/training/trainingrun/")
    expect(page.locator("#result_list")).to_contain_text("Finished")

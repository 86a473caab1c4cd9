"""Whose labels a release hangs on, as a lead sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from annotation.deciding.resolution import item_resolve
from annotation.models import Project, QueueItem
from annotation.people.roles import Role
from tests.factories import labels_for, make_item, make_project, make_user, submit
from tests.training.world import ledger_line, run_make, trainable
from training.job.folder import LEDGER
from training.job.ledger import ledger_append
from training.models import TrainingRun
from training.runs.snapshot import snapshot_build
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh

pytestmark = pytest.mark.django_db
HALF = 0.5 / (0.5**0.5 + 1e-4)  # (1 - 1/2) / (std of 1 and 0 + eps)


@pytest.fixture
def item(settings: Any, tmp_path: Path) -> QueueItem:
    """Anna and ben say tier 3, chen says 2."""
    settings.RUNS_DIR = tmp_path
    project = make_project(overlap=3, slug="shop")
    trainable(project)
    item = make_item(project)
    for name, tier in (("anna", "3"), ("ben", "3"), ("chen", "2")):
        submit(item, make_user(username=name), labels_for(tier=tier))
    item.refresh_from_db()
    item_resolve(item=item)
    truth_refresh(project=project)
    return item


@pytest.fixture
def run(item: QueueItem) -> TrainingRun:
    """Two rollouts of the item's pair: tier 3 was right, 4 was wrong."""
    made = run_make(item.project, release=release_cut(project=item.project), state="finished")
    folder = snapshot_build(run=made)
    line = ledger_line(item.rollout.pair, 1, advantages=[[HALF] * 5, [-HALF] * 5])
    ledger_append(folder / LEDGER, [line])
    return made


@pytest.fixture
def lead() -> Client:
    client = Client()
    client.force_login(make_user(Role.LEAD, "mira"))
    return client


def cells(client: Client, project: Project) -> dict[str, list[int]]:
    """Name -> labels, truths, changed, lost."""
    rows = client.get(f"/quality/{project.slug}/influence/").context["rows"]
    return {
        row.person.username: [
            row.labels, row.without.truths, row.without.changed, row.without.lost,
        ]
        for row in rows
    }  # fmt: skip


def test_it_counts_what_would_be_lost_without_each_person(
    item: QueueItem, run: TrainingRun, lead: Client
) -> None:
    assert cells(lead, item.project) == {
        "anna": [5, 5, 0, 1], "ben": [5, 5, 0, 1], "chen": [5, 5, 0, 0],
    }  # fmt: skip


def test_a_run_is_replayed_without_a_person(
    item: QueueItem, run: TrainingRun, lead: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    anna = User.objects.get(username="anna")
    part = lead.get(f"/quality/shop/influence/{run.pk}/{anna.pk}/").content.decode()
    assert "step rewards differ" in part
    call_command("replay", run=run.pk, release=1, drop_annotator="anna")
    assert "step rewards differ" in capsys.readouterr().out


def test_without_a_release_or_labels_the_page_says_so(lead: Client) -> None:
    project = make_project(slug="new")
    assert "No release yet" in lead.get("/quality/new/influence/").content.decode()
    trainable(project)
    release_cut(project=project)
    text = lead.get("/quality/new/influence/").content.decode()
    assert "hangs on nobody" in text


def test_only_leads_see_it(item: QueueItem) -> None:
    for role in (Role.ANNOTATOR, Role.ML_ENGINEER):
        client = Client()
        client.force_login(make_user(role))
        assert client.get("/quality/shop/influence/").status_code == 403

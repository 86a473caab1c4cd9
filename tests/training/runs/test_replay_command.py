"""``manage.py replay``: which rewards another release flips, and what it refuses."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotation.models import Pair
from annotation.people.roles import Role
from tests.api.clients import client_of
from tests.factories import make_project
from tests.training.world import ledger_line, release_make, run_make, trainable
from training.job.folder import LEDGER
from training.job.ledger import ledger_append
from training.models import TrainingRun
from training.runs.snapshot import snapshot_build
from verifier.models import GroundTruth

pytestmark = pytest.mark.django_db
HALF = 0.5 / (0.5**0.5 + 1e-4)  # (1 - 1/2) / (std of 1 and 0 + eps)


@pytest.fixture
def pair(settings: Any, tmp_path: Path) -> Pair:
    settings.RUNS_DIR = tmp_path
    pair, _ = trainable(make_project())
    return pair


def launched(pair: Pair, **values: Any) -> TrainingRun:
    """A run whose ledger has one group: two rollouts, the second wrong on the tier alone."""
    run = run_make(pair.project, **values)
    folder = snapshot_build(run=run)
    advantages = [[HALF] * 5, [-HALF] * 5]
    ledger_append(folder / LEDGER, [ledger_line(pair, 1, advantages=advantages)])
    return run


def replayed(run: TrainingRun, release: int, **options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("replay", run=run.pk, release=release, json=True, stdout=out, **options)
    body: dict[str, Any] = json.loads(out.getvalue())
    return body


def tier_three(pair: Pair) -> None:
    GroundTruth.objects.filter(pair=pair, kind=5).update(value="3", source="adjudicated")


def test_its_own_release_changes_nothing(pair: Pair) -> None:
    body = replayed(launched(pair), 1)
    assert (body["groups"], body["steps"], body["flips"]) == (1, 10, 0)
    assert (body["changed"], body["signs"], body["ranks"]) == ([], 0, 0)
    assert body["largest"] < 1e-6


def test_a_tier_that_was_decided_anew_turns_the_advantages_around(
    pair: Pair, tmp_path: Path
) -> None:
    run = launched(pair)
    tier_three(pair)
    release_make(pair.project)
    body = replayed(run, 2, out=str(tmp_path / "out.jsonl"))
    assert body["flips_by_step"] == {"5": 2}
    assert (body["signs"], body["ranks"]) == (10, 2)
    assert body["largest"] == pytest.approx(2 * HALF, abs=1e-6)
    (row,) = body["changed"]
    assert row["moved"] == pytest.approx(20 * HALF, abs=1e-4)
    assert row["flips"][0] == {
        "rollout": 0, "kind": 5, "before": 1.0, "after": 0.0,
        "source_before": "consensus", "source_after": "adjudicated",
    }  # fmt: skip
    assert json.loads((tmp_path / "out.jsonl").read_text()) == row


def test_in_words_it_says_how_much_changes(pair: Pair) -> None:
    run = launched(pair)
    tier_three(pair)
    release_make(pair.project)
    out = StringIO()
    call_command("replay", run=run.pk, release=2, stdout=out)
    assert "1 groups, 2 of 10 step rewards differ, 1 groups change" in out.getvalue()


def test_settings_by_which_the_truth_chose_the_rollouts_are_refused_by_name(
    pair: Pair,
) -> None:
    run = launched(pair, config={"rl": {"dynamic": True, "replay": True}})
    tier_three(pair)
    release_make(pair.project)
    with pytest.raises(CommandError, match=r"with rl\.replay, rl\.dynamic the truth also"):
        replayed(run, 2)
    assert replayed(run, 1)["flips"] == 0, "its own release can be replayed"


@pytest.mark.parametrize(
    ("run", "release", "reason"),
    [(999, 1, "there is no run 999"), (0, 7, r"has no release 7 \(releases: 1\)")],
)
def test_what_does_not_exist_is_named(pair: Pair, run: int, release: int, reason: str) -> None:
    made = launched(pair)
    with pytest.raises(CommandError, match=reason):
        call_command("replay", run=run or made.pk, release=release)


def test_a_run_without_its_ledger_is_refused_with_the_reasons_it_may_have(pair: Pair) -> None:
    run = launched(pair)
    (snapshot_build(run=run) / LEDGER).unlink()
    with pytest.raises(CommandError, match="has no ledger here: it was launched with"):
        replayed(run, 1)


def test_a_method_without_advantages_is_refused(pair: Pair) -> None:
    with pytest.raises(CommandError, match="sft makes no advantages: nothing to replay"):
        replayed(launched(pair, method="sft"), 1)


def test_the_api_tells_the_same_and_names_a_release_that_does_not_exist(pair: Pair) -> None:
    run = launched(pair)
    tier_three(pair)
    release_make(pair.project)
    client = client_of(Role.LEAD)
    path = f"/api/v1/runs/{run.pk}/replay/"
    told = client.get(path, {"release": 2}).json()
    wanted = replayed(run, 2)
    same = {"groups", "steps", "flips", "flips_by_step", "signs", "ranks", "largest", "unheard"}
    assert {name: told[name] for name in same} == {name: wanted[name] for name in same}
    assert told["changed_groups"] == 1
    assert told["changed"][0]["flips"] == wanted["changed"][0]["flips"]
    refused = client.get(path, {"release": 9})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["release"])

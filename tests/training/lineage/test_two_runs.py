"""Two runs side by side, on the page, in the API and on the command line."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from annotation.models import Pair
from annotation.people.roles import Role
from tests.api.clients import client_of as api_of
from tests.factories import make_project, make_user
from tests.training.two_runs import decided, launched, two_runs
from tests.training.world import (
    policy_make,
    release_make,
    rm_make,
    run_make,
    trainable,
)
from training.lineage.two_runs import runs_compared, setting_changes
from training.models import TrainingRun
from verifier.models import GroundTruth
from verifier.services.withdrawal import truth_withdraw

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(settings: Any, tmp_path: Path) -> Pair:
    settings.RUNS_DIR = tmp_path
    pair, _ = trainable(make_project(overlap=2, slug="shop"))
    return pair


@pytest.fixture
def runs(pair: Pair) -> tuple[TrainingRun, TrainingRun]:
    return two_runs(pair, Pair.objects.get(split="test"), "anna", "ben")


def address(runs: tuple[TrainingRun, TrainingRun], more: str = "") -> str:
    return f"/training/compare/{runs[0].pk}/{runs[1].pk}/{more}"


def client_of(role: Role) -> Client:
    client = Client()
    client.force_login(make_user(role))
    return client


def test_it_names_the_truth_that_differs_and_who_changed_it(
    runs: tuple[TrainingRun, TrainingRun], pair: Pair
) -> None:
    lead = make_user(Role.LEAD)
    truths = runs_compared(*runs, reader=lead, rewards=False).truths
    assert truths is not None
    (row,) = (row for row in truths.rows if row.first and row.second)
    assert (truths.changed, truths.gone, row.pair, row.kind) == (1, 0, pair, 5)
    assert row.first is not None
    assert row.second is not None
    assert (row.first.value, row.first.source, row.first.people.n) == ("4", "consensus", 0)
    assert (row.second.value, row.second.source) == ("3", "consensus")
    assert row.second.people.names == ("anna", "ben")


def test_engineers_are_told_how_many_people_and_no_names(
    runs: tuple[TrainingRun, TrainingRun],
) -> None:
    text = client_of(Role.LEAD).get(address(runs)).content.decode()
    assert "anna, ben" in text
    text = client_of(Role.ML_ENGINEER).get(address(runs)).content.decode()
    assert "anna" not in text
    assert "2 people" in text
    answer = api_of(Role.ML_ENGINEER).get(f"/api/v1/compare/?a={runs[0].pk}&b={runs[1].pk}")
    assert answer.status_code == 200
    assert "anna" not in answer.content.decode()


def test_a_truth_that_a_lead_took_back_says_who_and_why(pair: Pair) -> None:
    policy = policy_make()
    first = launched(pair, policy)
    lead = make_user(Role.LEAD, "mira")
    truth = GroundTruth.objects.get(pair=pair, kind=5)
    truth_withdraw(truth=truth, lead=lead, reason="the picture was another one")
    second = launched(pair, policy)
    truths = runs_compared(first, second, reader=lead, rewards=False).truths
    assert truths is not None
    (row,) = truths.rows
    assert (truths.changed, truths.gone, truths.new) == (0, 1, 0)
    assert (row.second, row.withdrawn_by) == (None, "mira")
    assert row.withdrawn_reason == "the picture was another one"


def test_only_settings_that_come_to_another_value_differ(
    runs: tuple[TrainingRun, TrainingRun],
) -> None:
    first, second = runs
    rows = {row.name: (row.first, row.second) for row in setting_changes(first, second)}
    assert rows == {"release": ("1", "2"), "rl.kl": ("0.02", "0.5")}
    first.config = {"rl": {"kl": 0.5}, "data": {"train_limit": 7}}
    rows = {row.name: (row.first, row.second) for row in setting_changes(first, second)}
    assert rows == {"release": ("1", "2"), "data.train_limit": ("7", "0")}


def test_a_configuration_that_this_version_does_not_know_is_compared_as_it_is(
    runs: tuple[TrainingRun, TrainingRun],
) -> None:
    first, second = runs
    first.config = {"gone": {"key": 1}}
    rows = {row.name: (row.first, row.second) for row in setting_changes(first, second)}
    assert rows["gone.key"] == ("1", None)
    assert rows["rl.kl"] == (None, "0.5")


def test_each_runs_rewards_flip_under_the_others_release(
    runs: tuple[TrainingRun, TrainingRun],
) -> None:
    rewards = runs_compared(*runs, reader=None, rewards=True).rewards
    assert rewards is not None
    one, other = rewards
    assert one.report is not None
    assert (one.release, one.report.flips_by_step, one.report.signs) == (
        2,
        {"1": 2, "2": 2, "5": 2},
        10,
    )
    assert other.report is not None
    assert (other.release, other.report.flips_by_step) == (1, {})
    text = client_of(Role.LEAD).get(address(runs, "?rewards=1")).content.decode()
    assert "6 of 10 step rewards differ" in text
    assert f"/lineage/run/{runs[0].pk}/update/1/" in text


def test_answers_are_scored_on_the_shared_pairs_by_the_newest_release(
    runs: tuple[TrainingRun, TrainingRun],
) -> None:
    before, after = runs_compared(*runs, reader=None, rewards=False).evaluations
    assert before.shared is not None
    assert (before.shared.pairs, before.shared.first, before.shared.second) == (2, 0.0, 0.0)
    assert after.shared is not None
    # by release 2 the tiers are 4 and 3; run 1 says 1 to both, run 2 says 4 to both:
    # F1 of tier 4 is 2/3, of tier 3 it is 0
    assert [after.shared.first, after.shared.second] == pytest.approx([0, 1 / 3])


def told(*numbers: int, **options: Any) -> str:
    out = StringIO()
    call_command("compare_runs", *numbers, stdout=out, **options)
    return out.getvalue()


def test_the_command_prints_the_same_in_words_and_as_json(
    runs: tuple[TrainingRun, TrainingRun], pair: Pair
) -> None:
    text = told(runs[0].pk, runs[1].pk)
    assert "rl.kl: 0.02 -> 0.5" in text
    assert (
        f"step 5 of pair {pair.pk} (red chair): 4 (consensus) -> 3 (consensus by anna, ben)"
        in text
    )
    assert f"run {runs[0].pk} under release 2: 6 of 10 step rewards flip" in text
    assert "macro F1 0.000 and 0.333, difference +0.333" in text
    body = json.loads(told(runs[0].pk, runs[1].pk, json=True))
    api = api_of(Role.LEAD)
    url = f"/api/v1/compare/?a={runs[0].pk}&b={runs[1].pk}&rewards=true"
    assert api.get(url).json() == body


def test_a_run_page_leads_there(runs: tuple[TrainingRun, TrainingRun]) -> None:
    first, second = runs
    elsewhere = run_make(make_project(), policy=first.policy)
    client = client_of(Role.ML_ENGINEER)
    chooser = f"/training/compare/{first.pk}/"
    assert chooser in client.get(f"/training/runs/{first.pk}/").content.decode()
    text = client.get(chooser).content.decode()
    assert address((first, second)) in text
    assert address((first, elsewhere)) not in text
    assert address((first, first)) not in text


def test_what_cannot_be_compared_is_refused_with_the_reason(
    runs: tuple[TrainingRun, TrainingRun],
) -> None:
    first, _ = runs
    elsewhere = run_make(make_project(slug="other"), policy=first.policy)
    api, client = api_of(Role.LEAD), client_of(Role.LEAD)
    for other, reason in (
        (elsewhere, " of other: their pairs"),
        (first, "compared with itself"),
    ):
        page = client.get(address((first, other)))
        assert page.status_code == 422
        assert reason in page.content.decode()
        answer = api.get(f"/api/v1/compare/?a={first.pk}&b={other.pk}")
        assert answer.status_code == 422
        assert reason in answer.json()["detail"]
        with pytest.raises(CommandError, match=reason):
            told(first.pk, other.pk)
    assert client.get(f"/training/compare/{first.pk}/999999/").status_code == 404
    assert api.get(f"/api/v1/compare/?a={first.pk}&b=999999").status_code == 404
    with pytest.raises(CommandError, match="there is no run 999999"):
        told(first.pk, 999999)


def parts_of(first: TrainingRun, second: TrainingRun) -> tuple[str, list[str], list[str]]:
    """Why there are no truths, no rewards, no answers."""
    two = runs_compared(first, second, reader=None, rewards=True)
    return (
        two.refusal,
        [row.refusal for row in two.rewards or []],
        [row.refusal for row in two.evaluations],
    )


def test_each_part_says_why_it_has_nothing_and_the_others_stay(
    runs: tuple[TrainingRun, TrainingRun], pair: Pair
) -> None:
    first, second = runs
    bare = run_make(pair.project, policy=first.policy, release=first.release, state="running")
    _, rewards, answers = parts_of(bare, second)
    assert f"run {bare.pk} has no ledger here" in rewards[0]
    assert rewards[1] == "", "the other one has its ledger"
    assert answers == [f"run {bare.pk} has not finished (running)"] * 2
    done = run_make(pair.project, policy=first.policy, release=first.release, state="finished")
    _, rewards, answers = parts_of(first, done)
    assert rewards == ["both learned from release 1"] * 2
    assert answers == [f"the answers of run {done.pk} are not on this machine"] * 2
    TrainingRun.objects.filter(pk=done.pk).update(release=None)
    done.refresh_from_db()
    refusal, rewards, _ = parts_of(first, done)
    assert refusal == f"run {done.pk} has no release of the ground truth"
    assert rewards[0] == refusal
    judge = run_make(
        pair.project, "rm", policy=rm_make(), release=first.release, state="finished"
    )
    _, rewards, answers = parts_of(judge, second)
    assert "rm makes no advantages" in rewards[0]
    assert answers == [f"run {judge.pk} trained no policy, so it answers no pairs"] * 2
    for other in (bare, done, judge):
        assert (
            client_of(Role.LEAD).get(address((first, other), "?rewards=1")).status_code == 200
        )


def test_a_verdict_on_a_text_is_named_with_its_pair(pair: Pair) -> None:
    policy = policy_make()
    first = launched(pair, policy)
    decided(pair, "4", "anna", "ben")
    second = launched(pair, policy, release=release_make(pair.project))
    truths = runs_compared(first, second, reader=None, rewards=False).truths
    assert truths is not None
    assert truths.by_step == {1: 1, 2: 1}
    assert [row.pair for row in truths.rows] == [pair, pair]
    assert {row.second.people.names for row in truths.rows if row.second} == {("anna", "ben")}


def test_a_project_without_another_run_says_so(pair: Pair) -> None:
    run = run_make(pair.project)
    text = client_of(Role.LEAD).get(f"/training/compare/{run.pk}/").content.decode()
    assert "No other run in this project" in text


@pytest.mark.parametrize("role", [Role.ANNOTATOR])
def test_annotators_see_no_comparison(
    role: Role, runs: tuple[TrainingRun, TrainingRun]
) -> None:
    assert client_of(role).get(address(runs)).status_code == 403
    api: APIClient = api_of(role)
    assert api.get(f"/api/v1/compare/?a={runs[0].pk}&b={runs[1].pk}").status_code == 403

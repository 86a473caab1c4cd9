"""Run pages and the disagreements list, without a browser."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from django.test import Client

from annotation.models import Project
from annotation.people.roles import Role
from tests.browser import seed, seed_training
from tests.training.world import appointed
from training.models import Checkpoint, EvalReport, RmGate, RunMetric, TrainingRun
from training.rl.base.monitors import MONITORS
from training.runs.alarms import TEXTS
from training.runs.run_page import run_view

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return seed.project_seed()


@pytest.fixture
def engineer(client: Client) -> Client:
    client.force_login(seed.person_seed("eve", Role.ML_ENGINEER))
    return client


def test_the_remaining_time_is_the_median_update_times_what_is_left(project: Project) -> None:
    run = seed_training.run(project, step=10)  # of 60, 6 s an update
    RunMetric.objects.filter(run=run, step=10).update(data={"seconds": 500.0})
    assert run_view(run).eta_seconds == 50 * 6.0


def test_a_run_without_measures_has_no_estimate_and_no_curves(project: Project) -> None:
    view = run_view(seed_training.run(project, state="queued", step=0))
    assert (view.eta_seconds, view.charts, view.percent) == (None, [], 0)


def test_polling_goes_on_while_the_run_lives_and_ends_with_286(
    engineer: Client, project: Project
) -> None:
    run = seed_training.run(project)
    url = f"/training/runs/{run.pk}/live/"
    assert engineer.get(url).status_code == 200
    TrainingRun.objects.update(state="finished")
    assert engineer.get(url).status_code == 286
    page = engineer.get(f"/training/runs/{run.pk}/").content.decode()
    assert "hx-trigger" not in page


def test_a_finished_run_cannot_be_cancelled(engineer: Client, project: Project) -> None:
    run = seed_training.run(project, state="finished", step=60)
    answer = engineer.post(f"/training/runs/{run.pk}/cancel/")
    assert answer.status_code == 409
    assert b"the run has ended already" in answer.content


def test_the_measures_carry_their_interval(engineer: Client, project: Project) -> None:
    run = seed_training.run(project)
    page = engineer.get(f"/training/runs/{run.pk}/").content.decode()
    assert "0.563 (0.512 to 0.611)" in page


def test_a_run_that_judges_nothing_right_does_not_end_green(
    engineer: Client, project: Project
) -> None:
    run = seed_training.run(project, state="finished", step=60)
    pages = (f"/training/runs/{run.pk}/", "/training/runs/")
    for url in pages:
        assert 'class="chip good"' in engineer.get(url).content.decode()
    EvalReport.objects.filter(run=run).delete()
    for moment in ("before", "after"):
        EvalReport.objects.create(run=run, moment=moment, metrics={"macro_f1": 0.0, "n": 8})
    for url in pages:
        page = engineer.get(url).content.decode()
        assert 'class="chip warn"' in page
        assert 'class="chip good"' not in page
    assert "Macro F1 is 0 after this run" in engineer.get(pages[0]).content.decode()


def test_a_finished_run_offers_what_its_checkpoint_is_good_for(
    engineer: Client, project: Project, django_capture_on_commit_callbacks: Any
) -> None:
    run = seed_training.run(project, state="finished", step=60)
    left = Checkpoint.objects.create(name="left", path="left", run=run)
    url = f"/training/runs/{run.pk}/"
    sample = f"rolloutbatch/launch/?project={project.pk}&amp;policy={left.pk}"
    assert sample in engineer.get(url).content.decode()
    compare = f"/admin/training/evalreport/?run__project__id__exact={project.pk}"
    assert compare in engineer.get(url).content.decode()
    assert engineer.get(compare).status_code == 200
    assert engineer.post(f"{url}score/").status_code == 422, "a policy scores nothing"
    Checkpoint.objects.filter(pk=left.pk).update(kind="rm")
    assert "Measure it at the gate" in engineer.get(url).content.decode()
    with (
        mock.patch("training.judges.tasks.rm_gate.delay") as measured,
        mock.patch("training.scoring.tasks.steps_score.delay") as sent,
        django_capture_on_commit_callbacks(execute=True),
    ):
        assert engineer.post(f"{url}score/").status_code == 302
        appointed(project, left)
        assert "Score rollouts with it" in engineer.get(url).content.decode()
        assert engineer.post(f"{url}score/").status_code == 302
    measured.assert_called_once_with(RmGate.objects.get().pk)
    sent.assert_called_once_with(left.pk, project.pk)
    TrainingRun.objects.update(state="running")
    assert f"{url}score/" not in engineer.get(url).content.decode()


def test_the_log_is_shown_as_text(engineer: Client, project: Project) -> None:
    run = seed_training.run(project)
    TrainingRun.objects.update(log_tail="<b>loss</b>", error="out of memory")
    page = engineer.get(f"/training/runs/{run.pk}/").content.decode()
    assert "&lt;b&gt;loss&lt;/b&gt;" in page
    assert "out of memory" in page


def test_a_decided_disagreement_is_shown_with_the_reason_why_not_again(
    client: Client, project: Project
) -> None:
    first = seed_training.disagreements(project)[0]
    client.force_login(seed.person_seed("lea", Role.LEAD))
    url = f"/training/disagreements/{first.pk}/decide/"
    row = client.post(url, {"decision": "human_right"}, headers={"HX-Request": "true"})
    assert b"people right" in row.content
    again = client.post(url, {"decision": "rm_right"}, headers={"HX-Request": "true"})
    assert b"decided already" in again.content
    assert client.post(url, {"decision": "rm_right"}).status_code == 409


def test_a_lead_reads_a_run_and_has_no_button(client: Client, project: Project) -> None:
    row = seed_training.run(project)
    client.force_login(seed.person_seed("lea", Role.LEAD))
    page = client.get(f"/training/runs/{row.pk}/").content.decode()
    assert "step 34 of 60" in page
    assert f"/training/runs/{row.pk}/cancel/" not in page
    assert client.post(f"/training/runs/{row.pk}/cancel/").status_code == 403


def test_an_engineer_reads_disagreements_and_decides_none(
    engineer: Client, project: Project
) -> None:
    first = seed_training.disagreements(project)[0]
    url = f"/training/disagreements/{first.pk}/decide/"
    page = engineer.get("/training/disagreements/").content.decode()
    assert f'id="d-{first.pk}"' in page
    assert url not in page
    assert engineer.post(url, {"decision": "rm_right"}).status_code == 403


def test_an_alarm_of_the_newest_update_is_shown_with_the_step_it_began_at(
    engineer: Client, project: Project
) -> None:
    run = seed_training.run(project, step=4)
    for step, codes in ((1, ["rm_drift"]), (2, []), (3, ["rm_drift"]), (4, ["rm_drift"])):
        RunMetric.objects.filter(run=run, step=step).update(data={"alarms": codes})
    page = engineer.get(f"/training/runs/{run.pk}/").content.decode()
    assert "Reward model drift" in page
    assert "since step 3" in page
    assert "Entropy collapse" not in page


def test_an_alarm_that_has_passed_is_not_shown(engineer: Client, project: Project) -> None:
    run = seed_training.run(project, step=2)
    RunMetric.objects.filter(run=run, step=1).update(data={"alarms": ["entropy_collapse"]})
    RunMetric.objects.filter(run=run, step=2).update(data={"alarms": []})
    assert run_view(run).alarms == []


def test_every_alarm_has_its_words() -> None:
    assert set(TEXTS) == set(MONITORS)


def test_the_seconds_of_an_update_are_told_apart(engineer: Client, project: Project) -> None:
    run = seed_training.run(project, step=2)
    spent = {"seconds": 4.0, "seconds_generation": 1.0, "seconds_reward": 0.4}
    RunMetric.objects.filter(run=run).update(data=spent)
    assert run_view(run).shares == {"generation": 25, "reward": 10, "update": 65}
    page = engineer.get(f"/training/runs/{run.pk}/").content.decode()
    assert "sampling 25 %, rewards 10 %, learning 65 %" in page


@pytest.mark.parametrize(
    ("kept", "proven", "words"),
    [
        (
            40,
            True,
            "The result is the policy of update 40 of 60; kappa_quadratic was",
        ),
        (0, False, "The result is the policy that the run started from: no later point had a"),
        (
            0,
            True,
            "started from: no later point's gain in kappa_quadratic was beyond",
        ),
    ],
)
def test_a_run_with_validation_queries_says_whose_policy_it_left(
    engineer: Client, project: Project, kept: int, proven: bool, words: str
) -> None:
    run = seed_training.run(project, state="finished", step=60)
    curve = {"pairs": 43, "queries": 9, "by": "kappa_quadratic", "kept": kept, "proven": proven}
    run.report = {"curve": curve | {"points": [[0, 0.41], [20, None], [40, 0.52], [60, 0.5]]}}
    run.save()
    page = " ".join(engineer.get(f"/training/runs/{run.pk}/").content.decode().split())
    assert words in page
    assert "43 pairs of 9 validation queries" in page
    assert "On the validation queries" in page
    assert "40: 0.52" in page
    assert [dot.title for dot in run_view(run).charts[-1].dots] == [
        "0: 0.41",
        "40: 0.52",
        "60: 0.5",
    ]

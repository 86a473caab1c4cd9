"""What the pages and lists of training ask the database does not grow with what there is."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation.people.roles import Role
from tests.factories import make_project, make_user
from tests.training.admin_door import LAUNCH
from tests.training.world import (
    differences,
    pair_make,
    policy_make,
    resolve,
    rm_make,
    rollout_make,
    run_make,
    truth_make,
)
from training.disagreements.bulk import bulk_decision_create
from training.disagreements.disagreements import disagreement_decide
from training.disagreements.workbench import DisagreementFilter
from training.models import Checkpoint, EvalReport, RunMetric, ScoringJob, StepScore
from training.rollouts.batches import batch_create
from verifier.services.release import release_cut

pytestmark = pytest.mark.django_db

ADMIN = (
    "trainingrun", "checkpoint", "evalreport", "rolloutbatch", "scoringjob", "disagreement",
)  # fmt: skip
PAGES = {
    Role.ML_ENGINEER: (
        "/training/runs/", "/training/runs/{run}/", "/training/runs/{run}/live/",
        LAUNCH, "/admin/training/rolloutbatch/launch/",
        "/admin/training/rolloutbatch/{batch}/change/", "/admin/verifier/verifierrelease/",
        "/admin/verifier/groundtruth/", *(f"/admin/training/{name}/" for name in ADMIN),
        "/api/v1/checkpoints/", "/api/v1/runs/", "/api/v1/runs/{run}/",
        "/api/v1/runs/{run}/metrics/",
    ),
    Role.LEAD: ("/training/disagreements/", "/training/disagreements/?state=all&step=3"),
}  # fmt: skip


def grow(size: int, lead: User) -> dict[str, int]:
    """``size`` more projects, each with a run, its measures, a policy, a reward model, a batch,
    three disagreements (one settled, one sent back), a bulk decision and a release."""
    for _ in range(size):
        project = make_project()
        number = project.pk
        pairs = [pair_make(project, f"query {n}", f"title {n}") for n in range(3)]
        truth_make(pairs[0])
        policy = policy_make(name=f"policy {number}")
        run = run_make(project, policy=policy, state="finished", step=1, total_steps=2)
        Checkpoint.objects.create(name=f"left {number}", path="/left", run=run)
        RunMetric.objects.bulk_create(
            RunMetric(run=run, step=step, data={"reward": 0.5}) for step in (1, 2)
        )
        EvalReport.objects.create(run=run, moment="after", metrics={"macro_f1": 0.5, "n": 3})
        batch = batch_create(project=project, policy=policy, pairs=pairs, n=1)
        rm = rm_make(name=f"rm {number}")
        ScoringJob.objects.create(project=project, rm=rm)
        for pair in pairs:
            rollout = rollout_make(pair)
            resolve(rollout, {3: "correct"})
            StepScore.objects.create(step=rollout.steps.get(kind=3), rm=rm, p=0.1)
        listed = differences(project, rm)
        disagreement_decide(disagreement=listed[0], lead=lead, decision="human_right")
        disagreement_decide(disagreement=listed[1], lead=lead, decision="requeue")
        wanted = DisagreementFilter(project=project.slug)
        bulk_decision_create(wanted=wanted, lead=lead, decision="rm_right")
        release_cut(project=project)
    return {"run": run.pk, "batch": batch.pk}


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code in (200, 286), url
    return len(captured)


@pytest.mark.parametrize("role", PAGES)
def test_one_five_and_ten_of_everything_take_as_many_queries(
    client: Client, role: Role
) -> None:
    lead = make_user(Role.LEAD)
    client.force_login(lead if role is Role.LEAD else make_user(role))
    counts: dict[str, list[int]] = {address: [] for address in PAGES[role]}
    for more in (1, 4, 5):
        values = grow(more, lead)
        for address in PAGES[role]:
            url = address.format(**values)
            client.get(url)  # what is read once a process
            counts[address].append(queries(client, url))
    assert {address: n for address, n in counts.items() if len(set(n)) > 1} == {}
    assert max(n[0] for n in counts.values()) <= 45

"""Batches, scores, disagreements, releases, influence and thresholds over the API."""

from __future__ import annotations

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from annotation.models import Project
from annotation.people.roles import Role
from tests.api.clients import client_of
from tests.factories import make_item, make_pair, make_project, make_resolved, make_user, submit
from tests.training.world import (
    appointed,
    differences,
    disputed,
    pair_make,
    policy_make,
    rm_make,
    truth_make,
)
from training.disagreements.tasks import bulk_decide
from training.models import Checkpoint, Disagreement, RolloutBatch
from training.rollouts.catalogue.writer import WRITER
from training.rollouts.tasks import rollouts_run
from training.scoring.tasks import steps_score

pytestmark = pytest.mark.django_db
P = dict.fromkeys(range(1, 6), 0.9)
RIGHT = dict.fromkeys(range(1, 6), "correct")


@pytest.fixture
def project() -> Project:
    return make_project()


def test_a_batch_is_started_for_the_pairs_that_have_none_and_tried_again_when_it_failed(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(rollouts_run, "delay", sent.append)
    engineer, body = client_of(Role.ML_ENGINEER), {"project": project.slug, "policy": "policy"}
    policy_make()
    for name in ("a", "b", "c"):
        pair_make(project, name, name)
    with django_capture_on_commit_callbacks(execute=True):
        answer = engineer.post("/api/v1/batches/", body | {"pairs": 2, "n": 3}, format="json")
    assert answer.status_code == 202
    batch = answer.json()
    assert (batch["pairs"], batch["n"], batch["state"], sent) == (2, 3, "queued", [batch["id"]])
    empty = engineer.post("/api/v1/batches/", body | {"splits": ["test"]}, format="json")
    assert empty.status_code == 422
    wrong = engineer.post("/api/v1/batches/", {"policy": "no", "n": 0}, format="json")
    assert (wrong.status_code, set(wrong.json()["errors"])) == (400, {"project", "policy", "n"})
    url = f"/api/v1/batches/{batch['id']}/"
    assert engineer.post(f"{url}retry/").status_code == 422
    RolloutBatch.objects.update(state="failed", error="away")
    with django_capture_on_commit_callbacks(execute=True):
        assert engineer.post(f"{url}retry/").json()["error"] == ""
    assert sent == [batch["id"]] * 2
    assert engineer.post(f"{url}queue/").json() == {"opened": 0, "covered": 0}
    assert client_of(Role.LEAD).post("/api/v1/batches/", body).status_code == 403


def test_the_writer_that_needs_no_model_can_be_named_before_anybody_used_it(
    project: Project,
) -> None:
    make_pair(project)
    body = {"project": project.slug, "policy": WRITER, "temperature": 0}
    answer = client_of(Role.ML_ENGINEER).post("/api/v1/batches/", body, format="json")
    assert (answer.status_code, answer.json()["pairs"]) == (202, 1)


def test_only_a_reward_model_in_charge_is_told_to_score(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(steps_score, "delay", lambda rm, pk: sent.append((rm, pk)))
    engineer, body = client_of(Role.ML_ENGINEER), {"project": project.slug}
    assert engineer.post("/api/v1/scoring/", body, format="json").status_code == 409
    rm = appointed(project, rm_make())
    with django_capture_on_commit_callbacks(execute=True):
        answer = engineer.post("/api/v1/scoring/", body, format="json")
    assert (answer.status_code, answer.json()["rm"], sent) == (202, "rm", [(rm.pk, project.pk)])


def test_scores_and_disagreements_are_listed_and_one_is_decided(project: Project) -> None:
    rollout = disputed(project, rm_make(), "a", P, RIGHT | {3: "incorrect"})
    (listed,) = differences(project, Checkpoint.objects.get())
    lead = client_of(Role.LEAD)
    scores = lead.get(f"/api/v1/scores/?project={project.slug}&rm=rm").json()["results"]
    assert {(row["rollout"], row["kind"], row["p"]) for row in scores} == {
        (rollout.pk, kind, 0.9) for kind in range(1, 6)
    }
    (row,) = lead.get("/api/v1/disagreements/?step=3&human=incorrect").json()["results"]
    assert (row["id"], row["kind"], row["human"]) == (listed.pk, 3, "incorrect")
    assert lead.get("/api/v1/disagreements/?step=5").json()["results"] == []
    url = f"/api/v1/disagreements/{listed.pk}/decide/"
    wrong = lead.post(url, {"decision": "perhaps"}, format="json")
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["decision"])
    assert lead.post(url, {"decision": "rm_right"}, format="json").json()["state"] == "rm_right"
    assert lead.post(url, {"decision": "rm_right"}, format="json").status_code == 409


def test_all_that_match_are_decided_where_they_are_as_many_as_were_seen(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    monkeypatch.setattr(bulk_decide, "delay", bulk_decide)
    rm, lead = rm_make(), client_of(Role.LEAD)
    for name in ("a", "b"):
        disputed(project, rm, name, P, RIGHT | {3: "incorrect"})
    differences(project, rm)
    body = {"project": project.slug, "decision": "human_right"}
    url = "/api/v1/disagreements/bulk/"
    assert lead.post(url, body | {"expected": 3}, format="json").status_code == 409
    with django_capture_on_commit_callbacks(execute=True):
        answer = lead.post(url, body | {"expected": 2}, format="json")
    assert (answer.status_code, answer.json()["matched"]) == (202, 2)
    assert set(Disagreement.objects.values_list("state", flat=True)) == {"human_right"}
    assert [row["decided"] for row in lead.get(url).json()] == [2]


def test_a_release_is_cut_once_for_the_same_truth_and_tells_what_it_holds(
    project: Project,
) -> None:
    lead, body = client_of(Role.LEAD), {"project": project.slug}
    assert lead.post("/api/v1/releases/", body, format="json").status_code == 422
    truth_make(make_pair(project))
    cut = lead.post("/api/v1/releases/", body, format="json")
    assert (cut.status_code, cut.json()["number"]) == (201, 1)
    assert lead.post("/api/v1/releases/", body, format="json").json() == cut.json()
    truth = lead.get(f"/api/v1/releases/{cut.json()['id']}/truth/").json()
    assert truth
    assert lead.get("/api/v1/releases/999/truth/").status_code == 404
    listed = lead.get(f"/api/v1/releases/?project={project.slug}").json()["results"]
    assert [row["sha256"] for row in listed] == [cut.json()["sha256"]]


def test_influence_counts_what_would_be_lost_without_each_person() -> None:
    project = make_project(overlap=1)
    item, anna, lead = make_item(project), make_user(username="anna"), client_of(Role.LEAD)
    url = f"/api/v1/influence/?project={project.slug}"
    assert lead.get(url).json() == {"release": None, "run": None, "people": []}
    submit(item, anna)
    make_resolved(make_pair(project, "blue shoes"))
    lead.post("/api/v1/releases/", {"project": project.slug}, format="json")
    people = lead.get(url).json()["people"]
    assert {row["person"] for row in people} >= {"anna"}
    unknown = lead.get("/api/v1/influence/run/?run=1&person=anna")
    assert unknown.status_code == 404
    wrong = lead.get("/api/v1/influence/run/?run=x")
    assert list(wrong.json()["errors"]) == ["run", "person"]


def test_leads_set_what_a_launch_must_meet(project: Project) -> None:
    lead, url = client_of(Role.LEAD), f"/api/v1/thresholds/?project={project.slug}"
    assert lead.get(url).json()["alpha"] == 0.5
    changed = lead.patch(url, {"alpha": None, "rm_gated": False}, format="json").json()
    assert (changed["alpha"], changed["rm_gated"]) == (None, False)
    assert changed["stale_share"] == 0.05, "what is not sent stays"
    wrong = lead.patch(url, {"stale_share": 2}, format="json")
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["stale_share"])
    engineer = client_of(Role.ML_ENGINEER)
    assert engineer.patch(url, {"alpha": None}, format="json").status_code == 403


def test_a_checkpoint_is_named_by_the_folder_of_a_model(settings: Settings) -> None:
    engineer, url = client_of(Role.ML_ENGINEER), "/api/v1/checkpoints/"
    body = {"name": "mine", "path": str(settings.SEED_POLICY)}
    made = engineer.post(url, body, format="json")
    assert (made.status_code, made.json()["kind"]) == (201, "policy")
    empty = engineer.post(url, body | {"path": "/nowhere"}, format="json")
    assert empty.status_code == 422
    assert made.json()["prompt_version"] == "1"
    wrong = engineer.post(url, body | {"style": "shouted"}, format="json")
    assert list(wrong.json()["errors"]) == ["style"]
    unknown = engineer.post(url, body | {"prompt_version": "9"}, format="json")
    assert list(unknown.json()["errors"]) == ["prompt_version"]

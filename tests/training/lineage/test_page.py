"""Who sees which lineage, as a page, a graph and OpenLineage events."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation.models import Resolution, StepLabel
from annotation.people.roles import Role
from tests.api.clients import client_of as api_of
from tests.factories import make_item, make_project, make_user, submit
from tests.training.world import policy_make, release_make, run_make
from training.models import Checkpoint, RewardGroup
from verifier.models import ReleaseRow

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return make_user(Role.ANNOTATOR, "anna")


@pytest.fixture
def group(anna: User) -> RewardGroup:
    """Anna's tier, decided, released, and rewarded in one update of a run."""
    project = make_project(overlap=1, slug="shop")
    item = make_item(project)
    submit(item, anna)
    pair = item.rollout.pair
    decided = Resolution.objects.create(
        item=item, pair=pair, kind=5, verdict="correct", value="2", source="adjudicated",
        n=1, agreement=1.0, decided_by=make_user(Role.LEAD, "mira"), cause="tie",
    )  # fmt: skip
    release = release_make(project)
    ReleaseRow.objects.create(release=release, resolution=decided, pair=pair, kind=5)
    run = run_make(project, policy=policy_make(), release=release, state="finished")
    Checkpoint.objects.create(name="after", path="/models/after", run=run)
    return RewardGroup.objects.create(
        run=run, update=3, pair=pair, release=release, text_offset=0,
        rewards=[0, 0, 0, 0, 1, 0, 0, 0, 0, 0], advantages=[0, 0, 0, 0, 0.7, 0, 0, 0, 0, -0.7],
        sources=[0, 0, 0, 0, 1, 0, 0, 0, 0, 1], step_sha256=[b""] * 10,
    )  # fmt: skip


def tier_label() -> StepLabel:
    return StepLabel.objects.get(kind=5)


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_label_leads_to_the_rewards_that_it_decided(group: RewardGroup, anna: User) -> None:
    client = Client()
    client.force_login(anna)
    text = page(client, f"/lineage/label/{tier_label().pk}/")
    assert "release 1" in text
    assert f"run {group.run_id}, srpo" in text
    assert "update 3: 1 of 2 right" in text
    assert "anna" in text


def test_an_update_leads_back_to_the_people_and_names_them_to_leads_alone(
    group: RewardGroup,
) -> None:
    path = f"/lineage/run/{group.run_id}/update/3/pair/{group.pair_id}/"
    client = Client()
    client.force_login(make_user(Role.LEAD, "lena"))
    assert ">anna<" in page(client, path)
    client.force_login(make_user(Role.ML_ENGINEER, "igor"))
    text = page(client, path)
    assert ">anna<" not in text
    assert "an annotator" in text
    step = f"/lineage/step/{tier_label().item.rollout.steps.get(kind=5).pk}/"
    assert "update 3" in page(client, step)
    assert client.get(path.replace("update/3", "update/4")).status_code == 404


def test_somebody_elses_label_is_refused(group: RewardGroup) -> None:
    client = Client()
    client.force_login(make_user(Role.ANNOTATOR, "ben"))
    assert client.get(f"/lineage/label/{tier_label().pk}/").status_code == 403
    step = tier_label().item.rollout.steps.get(kind=5)
    assert client.get(f"/lineage/step/{step.pk}/").status_code == 403


def test_a_label_of_which_nothing_came_says_so(anna: User) -> None:
    submit(make_item(make_project(overlap=1)), anna)
    client = Client()
    client.force_login(anna)
    # its author is a step before it: that is all
    text = page(client, f"/lineage/label/{tier_label().pk}/")
    assert "Nothing has come of it yet." in text


def test_the_graph_is_answered_to_programs(group: RewardGroup) -> None:
    client = api_of(Role.LEAD)
    body = client.get(f"/api/v1/lineage/?label={tier_label().pk}").json()
    kinds = [node["kind"] for node in body["nodes"]]
    assert sorted(kinds) == ["label", "person", "release", "resolution", "run", "update"]
    (update,) = (node for node in body["nodes"] if node["kind"] == "update")
    assert update["facts"]["rewards"] == [1.0, 0.0]
    assert update["facts"]["advantages"] == pytest.approx([0.7, -0.7])
    assert [f"run:{group.run_id}", f"update:{group.pk}"] in body["edges"]


@pytest.mark.parametrize("query", ["", "label=1&step=2", "run=1", "run=1&update=0", "label=x"])
def test_a_query_that_names_no_one_thing_is_refused(query: str) -> None:
    assert api_of(Role.LEAD).get(f"/api/v1/lineage/?{query}").status_code == 400


def test_what_is_not_there_is_404_and_other_peoples_403(group: RewardGroup) -> None:
    lead = api_of(Role.LEAD)
    assert lead.get("/api/v1/lineage/?label=999999").status_code == 404
    assert lead.get("/api/v1/lineage/?run=1&update=9&pair=1").status_code == 404
    other = api_of(Role.ANNOTATOR)
    assert other.get(f"/api/v1/lineage/?label={tier_label().pk}").status_code == 403


def test_openlineage_events_chain_labels_release_and_checkpoints(group: RewardGroup) -> None:
    url = f"/api/v1/lineage/?label={tier_label().pk}&format=openlineage"
    decided, released, trained = api_of(Role.ML_ENGINEER).get(url).json()
    assert decided["job"] == {"namespace": "shop", "name": "decide.adjudicated"}
    assert [row["name"] for row in decided["inputs"]] == [f"label/{tier_label().pk}"]
    assert [row["name"] for row in released["outputs"]] == ["release/1"]
    assert trained["job"]["name"] == "train.srpo"
    assert trained["eventType"] == "COMPLETE"
    assert [row["name"] for row in trained["inputs"]] == ["release/1", "checkpoint/policy"]
    assert [row["name"] for row in trained["outputs"]] == ["checkpoint/after"]
    names = {
        "eventType",
        "eventTime",
        "run",
        "job",
        "inputs",
        "outputs",
        "producer",
        "schemaURL",
    }
    assert all(set(event) == names for event in (decided, released, trained))

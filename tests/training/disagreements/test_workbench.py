"""The leads' workbench: confusion, trend, filters, impact and bulk decisions."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.cot.intervals import wilson
from annotation.models import Pair, Project, QueueItem, Rollout
from annotation.people.roles import Role, role_grant
from tests.factories import make_project
from tests.training.world import (
    differences,
    pair_make,
    resolve,
    rm_make,
    rollout_make,
)
from training.disagreements.bulk import bulk_decision_create, bulk_decision_run
from training.disagreements.disagreements import disagreement_decide
from training.disagreements.workbench import (
    DisagreementFilter,
    confusion_matrix,
    disagreement_trend,
    disagreements_filtered,
)
from training.models import BulkDecision, Checkpoint, Disagreement, StepScore

pytestmark = pytest.mark.django_db
ALL = DisagreementFilter()


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def rm() -> Checkpoint:
    return rm_make()


@pytest.fixture
def lead() -> User:
    return role_grant(user=User.objects.create_user("lena"), role=Role.LEAD)


def disputed(
    pair: Pair, rm: Checkpoint, p: dict[int, float], verdicts: dict[int, str]
) -> Rollout:
    rollout = rollout_make(pair, index=pair.rollouts.count())
    resolve(rollout, verdicts)
    for kind, value in p.items():
        StepScore.objects.create(step=rollout.steps.get(kind=kind), rm=rm, p=value)
    return rollout


@pytest.fixture
def three(project: Project, rm: Checkpoint) -> list[Disagreement]:
    """Step 3: one pair with two rollouts (confidence 0.6), one alone (0.9); step 5: 0.8."""
    many, alone = pair_make(project, "a", "a"), pair_make(project, "b", "b", split="test")
    Pair.objects.filter(pk=alone.pk).update(query_type="negation")
    disputed(many, rm, {3: 0.6, 4: 0.9}, {3: "incorrect", 4: "correct"})
    rollout_make(many, index=7)
    disputed(alone, rm, {3: 0.9, 5: 0.2}, {3: "incorrect", 5: "correct"})
    return differences(project, rm)


def shown(wanted: DisagreementFilter) -> list[tuple[int, float, int]]:
    rows = disagreements_filtered(wanted)
    return [(row.step.kind, row.confidence, row.impact) for row in rows]


def test_the_list_is_sorted_by_confidence_times_impact(three: list[Disagreement]) -> None:
    assert shown(ALL) == [(3, 0.6, 2), (3, 0.9, 1), (5, 0.8, 1)]  # 1.2, 0.9, 0.8


def test_impact_of_an_open_step_counts_the_same_reasoning_elsewhere(
    project: Project, rm: Checkpoint
) -> None:
    pair = pair_make(project, "a", "a")
    disputed(pair, rm, {1: 0.9}, {1: "incorrect"})
    rollout_make(pair, index=5)  # the same text
    rollout_make(pair, "nothing readable", index=6)
    (difference,) = differences(project, rm)
    assert difference.impact == 2


def test_the_confusion_matrix_counts_every_decided_and_scored_step(
    three: list[Disagreement], rm: Checkpoint
) -> None:
    rows = {row.kind: row for row in confusion_matrix(ALL, rm)}
    assert (rows[3].both_correct, rows[3].rm_only, rows[3].human_only) == (0, 2, 0)
    assert (rows[4].both_correct, rows[4].rate) == (1, 0.0)
    assert (rows[5].human_only, rows[5].n, rows[5].rate) == (1, 1, 1.0)
    assert (rows[1].n, rows[1].rate) == (0, None)
    negation = DisagreementFilter(query_type="negation")
    assert [row.n for row in confusion_matrix(negation, rm)] == [0, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("wanted", "kinds"),
    [
        (DisagreementFilter(step="3"), [3, 3]),
        (DisagreementFilter(human="correct"), [5]),
        (DisagreementFilter(query_type="negation", step="3"), [3]),
        (DisagreementFilter(split="train"), [3]),
        (DisagreementFilter(q="B"), [3, 5]),
        (DisagreementFilter(state="requeued"), []),
        (DisagreementFilter(rm="999"), []),
        (DisagreementFilter(project="other"), []),
        (DisagreementFilter(step="x", human="x", state="all"), [3, 3, 5]),
    ],
)
def test_every_filter_narrows_the_list(
    three: list[Disagreement], wanted: DisagreementFilter, kinds: list[int]
) -> None:
    assert [kind for kind, _, _ in shown(wanted)] == kinds


def test_the_trend_follows_reward_models_with_an_interval(
    three: list[Disagreement], rm: Checkpoint
) -> None:
    newer = rm_make(path="/models/rm-2", name="rm-2")
    for old in StepScore.objects.filter(rm=rm):
        StepScore.objects.create(step=old.step, rm=newer, p=0.9)
    first, second = disagreement_trend(ALL)
    assert (first.rm, first.n, first.differ, first.rate) == ("rm", 4, 3, 0.75)
    assert (second.number, second.differ, second.rate) == (2, 2, 0.5)
    assert first.low < 0.75 < first.high
    assert [row.n for row in disagreement_trend(DisagreementFilter(step="5"))] == [1, 1]


def test_the_interval_by_hand() -> None:
    # 5 of 10 with z 2: middle 0.5, half 2 * sqrt(0.025 + 0.01) / 1.4
    low, high = wilson(5, 10, z=2.0)
    assert low == pytest.approx(0.5 - 0.2673, abs=1e-4)
    assert high == pytest.approx(0.5 + 0.2673, abs=1e-4)
    assert wilson(0, 4)[0] == 0.0


def test_a_bulk_decision_stores_the_filter_and_decides_what_it_matches(
    three: list[Disagreement], lead: User
) -> None:
    wanted = DisagreementFilter(step="3")
    bulk = bulk_decision_create(wanted=wanted, lead=lead, decision="rm_right", expected=2)
    assert bulk.filter["step"] == "3"
    bulk_decision_run(bulk_id=bulk.pk)
    assert bulk_decision_run(bulk_id=bulk.pk) is None, "delivered twice"
    bulk.refresh_from_db()
    assert (bulk.state, bulk.decided) == ("done", 2)
    states = {row.step.kind: row.state for row in Disagreement.objects.all()}
    assert states == {3: "rm_right", 5: "open"}
    assert {row.decided_by for row in Disagreement.objects.filter(state="rm_right")} == {lead}


def test_a_row_listed_after_the_click_is_left_alone(
    project: Project, rm: Checkpoint, three: list[Disagreement], lead: User
) -> None:
    bulk = bulk_decision_create(wanted=ALL, lead=lead, decision="human_right")
    disputed(pair_make(project, "c", "c"), rm, {3: 0.9}, {3: "incorrect"})
    differences(project, rm)
    bulk_decision_run(bulk_id=bulk.pk)
    assert Disagreement.objects.filter(state="open").count() == 1


def test_what_refuses_is_counted_with_its_reason_and_the_rest_goes_on(
    three: list[Disagreement], lead: User
) -> None:
    blocked = next(row for row in three if row.impact == 2)
    QueueItem.objects.create(
        project=blocked.project, rollout=blocked.step.rollout, overlap=1, kinds=[1]
    )
    bulk = bulk_decision_create(wanted=ALL, lead=lead, decision="requeue")
    done = bulk_decision_run(bulk_id=bulk.pk)
    assert done is not None
    # The requeue of step 3 takes step 5 of the same rollout along.
    assert (done.matched, done.decided, done.refused) == (3, 2, 1)
    assert done.refusal == "the rollout is in the queue already"


def test_a_run_that_was_cut_short_goes_on_with_what_is_open(
    three: list[Disagreement], lead: User
) -> None:
    bulk = bulk_decision_create(wanted=ALL, lead=lead, decision="guideline_gap")
    disagreement_decide(disagreement=three[0], lead=lead, decision="guideline_gap")
    BulkDecision.objects.filter(pk=bulk.pk).update(
        state="running", decided=1, lease_expires_at=None
    )
    done = bulk_decision_run(bulk_id=bulk.pk)
    assert done is not None
    assert done.decided == 3


def test_bulk_decisions_that_make_no_sense_are_refused(
    three: list[Disagreement], lead: User
) -> None:
    other = User.objects.create_user("ann")
    with pytest.raises(Denied):
        bulk_decision_create(wanted=ALL, lead=other, decision="requeue")
    with pytest.raises(Invalid, match="decision must be"):
        bulk_decision_create(wanted=ALL, lead=lead, decision="maybe")
    with pytest.raises(Invalid, match="nothing open"):
        bulk_decision_create(wanted=DisagreementFilter(step="1"), lead=lead, decision="requeue")
    with pytest.raises(Conflict, match="3 match now, not 2"):
        bulk_decision_create(wanted=ALL, lead=lead, decision="requeue", expected=2)


def test_a_cell_of_the_matrix_is_a_link_that_filters_and_toggles(
    client: Client, three: list[Disagreement], rm: Checkpoint, lead: User
) -> None:
    client.force_login(lead)
    page = client.get("/training/disagreements/").content.decode()
    link = f"?step=5&amp;human=correct&amp;rm={rm.pk}&amp;state=all"
    assert link in page
    chosen = {"step": "5", "human": "correct", "rm": str(rm.pk), "state": "all"}
    filtered = client.get("/training/disagreements/", chosen).content.decode()
    assert filtered.count('id="d-') == 1
    assert 'data-key="shift-5" aria-current="true"' in filtered


def test_a_bulk_decision_by_the_page_needs_the_number_that_was_shown(
    client: Client, three: list[Disagreement], lead: User
) -> None:
    client.force_login(lead)
    url = "/training/disagreements/bulk/"
    form = {"step": "3", "state": "open", "decision": "rm_right", "expected": "1"}
    assert client.post(url, form).status_code == 409
    answer = client.post(url, form | {"expected": "2"})
    assert answer["Location"] == "/training/disagreements/?step=3"
    assert BulkDecision.objects.get().matched == 2
    client.force_login(role_grant(user=User.objects.create_user("eve"), role=Role.ML_ENGINEER))
    assert client.post(url, form).status_code == 403

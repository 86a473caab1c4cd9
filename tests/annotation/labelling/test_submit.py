"""Submitting, and submitting again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from annotation.cot.errors import Conflict, Denied, InvalidLabels
from annotation.cot.labels import LabelInput
from annotation.cot.steps import HEADINGS, StepKind
from annotation.labelling.queue import item_skip, queue_claim
from annotation.labelling.submit import label_submit
from annotation.models import Assignment, Project, QueueItem, StepLabel, Submission
from tests.factories import (
    cot,
    labels_for,
    make_item,
    make_project,
    make_user,
    submit,
)

pytestmark = pytest.mark.django_db
LEASE = timedelta(seconds=settings.LEASE_SECONDS)


@pytest.fixture
def project() -> Project:
    return make_project(overlap=1)


def test_the_same_client_key_gives_the_first_receipt_and_no_second_labels(
    project: Project,
) -> None:
    make_item(project)
    user = make_user()
    claim = queue_claim(annotator=user, project=project)
    assert claim is not None
    receipts = {
        label_submit(
            assignment=claim, annotator=user, client_key="once", labels=labels_for()
        ).pk
        for _ in range(3)
    }
    assert len(receipts) == 1
    assert StepLabel.objects.count() == 5


def test_another_key_after_the_submit_is_a_conflict(project: Project) -> None:
    make_item(project)
    user = make_user()
    claim = queue_claim(annotator=user, project=project)
    assert claim is not None
    label_submit(assignment=claim, annotator=user, client_key="a", labels=labels_for())
    with pytest.raises(Conflict):
        label_submit(assignment=claim, annotator=user, client_key="b", labels=labels_for())


def test_a_key_of_another_item_is_a_conflict(project: Project) -> None:
    user = make_user()
    first = submit(make_item(project), user)
    make_item(project)
    claim = queue_claim(annotator=user, project=project)
    assert claim is not None
    with pytest.raises(Conflict, match="another item"):
        label_submit(
            assignment=claim, annotator=user, client_key=first.client_key, labels=labels_for()
        )


def test_the_item_is_labelled_when_the_last_person_has_submitted() -> None:
    item = make_item(make_project(overlap=2))
    submit(item, make_user())
    item.refresh_from_db()
    assert item.state == QueueItem.State.OPEN
    submit(item, make_user())
    item.refresh_from_db()
    assert item.state == QueueItem.State.LABELLED


def test_bad_labels_store_nothing_and_name_the_step(project: Project) -> None:
    item = make_item(project)
    with pytest.raises(InvalidLabels) as caught:
        submit(item, make_user(), [LabelInput(3, "correct", "related")])
    assert list(caught.value.by_kind) == [3]
    assert not Submission.objects.exists()


def test_somebody_elses_claim_cannot_be_submitted(project: Project) -> None:
    make_item(project)
    claim = queue_claim(annotator=make_user(), project=project)
    assert claim is not None
    with pytest.raises(Denied):
        label_submit(
            assignment=claim, annotator=make_user(), client_key="k", labels=labels_for()
        )


def test_a_late_submit_counts_while_nobody_took_the_slot(project: Project) -> None:
    make_item(project)
    user, now = make_user(), timezone.now() - 2 * LEASE
    claim = queue_claim(annotator=user, project=project, now=now)
    assert claim is not None
    label_submit(assignment=claim, annotator=user, client_key="late", labels=labels_for())
    claim.refresh_from_db()
    assert claim.state == Assignment.State.SUBMITTED


def test_a_late_submit_is_a_conflict_once_somebody_else_has_the_slot(project: Project) -> None:
    make_item(project)
    user, now = make_user(), timezone.now()
    claim = queue_claim(annotator=user, project=project, now=now - 2 * LEASE)
    queue_claim(annotator=make_user(), project=project, now=now)
    assert claim is not None
    with pytest.raises(Conflict, match="somebody else has it now"):
        label_submit(assignment=claim, annotator=user, client_key="k", labels=labels_for())


def test_a_late_submit_counts_again_when_the_other_person_gave_the_slot_back(
    project: Project,
) -> None:
    make_item(project)
    user, other, now = make_user(), make_user(), timezone.now()
    claim = queue_claim(annotator=user, project=project, now=now - 2 * LEASE)
    taken = queue_claim(annotator=other, project=project, now=now)
    assert claim is not None
    assert taken is not None
    item_skip(assignment=taken, annotator=other, how="to_others", reason="no time")
    label_submit(assignment=claim, annotator=user, client_key="k", labels=labels_for())
    claim.refresh_from_db()
    assert claim.state == Assignment.State.SUBMITTED


def test_a_missing_step_can_only_be_incorrect_but_its_true_value_is_asked(
    project: Project,
) -> None:
    text = cot().split(HEADINGS[StepKind.FINAL])[0]
    item, user = make_item(project, text=text), make_user()
    assert item.reason == "malformed"
    with pytest.raises(InvalidLabels) as caught:
        submit(item, user, [LabelInput(5, "correct", "2")])
    assert "missing" in caught.value.by_kind[5]
    submit(item, user, [LabelInput(5, "incorrect", "2")])
    assert StepLabel.objects.get().value == "2"


def test_an_override_of_the_rules_needs_a_reason_when_they_are_enforced(
    project: Project,
) -> None:
    make_item(project)
    user = make_user()
    claim = queue_claim(annotator=user, project=project)
    assert claim is not None
    labels = labels_for(tier="4")
    with pytest.raises(InvalidLabels, match="give tier 2, not 4"):
        label_submit(
            assignment=claim, annotator=user, client_key="k", labels=labels, rules_enforced=True
        )
    given = [*labels[:4], LabelInput(5, "incorrect", "4", reason="sold in red too")]
    label_submit(
        assignment=claim, annotator=user, client_key="k", labels=given, rules_enforced=True
    )

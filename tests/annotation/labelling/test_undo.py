"""Taking a submission back, and skipping."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from annotation.cot.attributes import AttributeMark
from annotation.cot.errors import AlreadySubmitted, Conflict, Denied, DraftConflict, Invalid
from annotation.cot.labels import LabelInput
from annotation.deciding.resolution import item_resolve
from annotation.labelling.items import items_due_for_resolution
from annotation.labelling.queue import draft_save, item_skip, queue_claim
from annotation.labelling.submit import label_submit, submission_undo
from annotation.models import Assignment, Project, QueueItem, StepLabel, Submission
from annotation.people.roles import Role
from tests.factories import (
    cot,
    labels_for,
    make_item,
    make_project,
    make_user,
    submit,
)

pytestmark = pytest.mark.django_db
COLOR = AttributeMark("color red", "match")


@pytest.fixture
def project() -> Project:
    return make_project(overlap=1)


class TestUndo:
    def test_it_opens_the_claim_again_and_the_labels_do_not_count(
        self, project: Project
    ) -> None:
        item, user = make_item(project), make_user()
        submission = submit(item, user)
        again = submission_undo(submission=submission, annotator=user)
        item.refresh_from_db()
        assert (item.state, again.state) == (QueueItem.State.OPEN, Assignment.State.CLAIMED)
        label_submit(
            assignment=again, annotator=user, client_key="2", labels=labels_for(tier="3")
        )
        valid = StepLabel.objects.filter(submission__undone_at=None, kind=5)
        assert [label.value for label in valid] == ["3"]
        assert StepLabel.objects.filter(kind=5).count() == 2

    def test_it_brings_back_exactly_what_was_submitted_whatever_the_draft_was(
        self, project: Project
    ) -> None:
        make_item(project, text=cot().replace("red blue no", "color red: blue, no"))
        user = make_user()
        claim = queue_claim(annotator=user, project=project)
        assert claim is not None
        old = {"1": {"verdict": "incorrect", "value": "", "comment": "typed and taken out"}}
        draft_save(assignment=claim, annotator=user, base_version=0, draft=old)
        label_submit(
            assignment=claim,
            annotator=user,
            client_key="k",
            labels=[
                LabelInput(1, "correct", comment="well read", comment_start=3, comment_end=9),
                LabelInput(2, "unsure", reason="no size given"),
                LabelInput(3, "correct"),
                LabelInput(4, "incorrect", "all", attributes=(COLOR,)),
                LabelInput(5, "incorrect", "3", reason="sold in red too", hint_shown=True),
            ],
            active_ms=4200,
            rules_enforced=True,
        )
        again = submission_undo(submission=Submission.objects.get(), annotator=user)
        again.refresh_from_db()
        empty: dict[str, Any] = {
            "verdict": "", "value": "", "reason": "", "comment": "", "comment_start": None,
            "comment_end": None, "attributes": [],
        }  # fmt: skip
        span = {"comment_start": 3, "comment_end": 9}
        color = [{"name": "color red", "state": "match"}]
        assert again.draft == {
            "1": empty | {"verdict": "correct", "comment": "well read"} | span,
            "2": empty | {"verdict": "unsure", "reason": "no size given"},
            "3": empty | {"verdict": "correct", "value": "match"},
            "4": empty | {"verdict": "incorrect", "value": "all", "attributes": color},
            "5": empty | {"verdict": "incorrect", "value": "3", "reason": "sold in red too"},
            "active_ms": 4200,
            "hint_shown": True,
        }
        with pytest.raises(DraftConflict):  # by the window that still shows the old draft
            draft_save(assignment=again, annotator=user, base_version=1, draft=old)

    def test_it_is_possible_exactly_until_the_item_is_decided(self, project: Project) -> None:
        item, user = make_item(project), make_user()
        submission = submit(item, user)
        last = timezone.now() + timedelta(seconds=settings.UNDO_SECONDS)
        assert list(items_due_for_resolution(now=last)) == [item]
        before = submission.created_at + timedelta(seconds=settings.UNDO_SECONDS - 1)
        assert list(items_due_for_resolution(now=before)) == []
        long_after = timezone.now() + timedelta(days=3)
        submission_undo(submission=submission, annotator=user, now=long_after)
        again = Assignment.objects.get()
        assert again.state == Assignment.State.CLAIMED

    def test_the_second_of_two_windows_hears_that_the_labels_are_stored(
        self, project: Project
    ) -> None:
        item, user = make_item(project), make_user()
        submission = submit(item, user)
        with pytest.raises(AlreadySubmitted) as refused:
            label_submit(
                assignment=submission.assignment,
                annotator=user,
                client_key="window b",
                labels=labels_for(),
            )
        assert refused.value.receipt == submission.pk

    def test_it_is_refused_once_the_item_is_decided(self, project: Project) -> None:
        item, user = make_item(project), make_user()
        submission = submit(item, user)
        item_resolve(item=item)
        with pytest.raises(Conflict, match="decided meanwhile"):
            submission_undo(submission=submission, annotator=user)

    def test_it_is_refused_twice_and_to_others(self, project: Project) -> None:
        user = make_user()
        submission = submit(make_item(project), user)
        with pytest.raises(Denied):
            submission_undo(submission=submission, annotator=make_user())
        submission_undo(submission=submission, annotator=user)
        with pytest.raises(Conflict, match="before"):
            submission_undo(submission=submission, annotator=user)


class TestSkip:
    def test_to_me_puts_it_at_the_end_of_my_queue(self, project: Project) -> None:
        first, second, user = make_item(project, priority=9), make_item(project), make_user()
        claim = queue_claim(annotator=user, project=project)
        assert claim is not None
        item_skip(assignment=claim, annotator=user, how="to_me")
        following = submit(second, user)
        last = queue_claim(annotator=user, project=project)
        assert following.assignment.item_id == second.pk
        assert last is not None
        assert last.item_id == first.pk

    def test_to_others_never_comes_back_to_me(self, project: Project) -> None:
        item, user = make_item(project), make_user()
        claim = queue_claim(annotator=user, project=project)
        assert claim is not None
        item_skip(assignment=claim, annotator=user, how="to_others", reason="I sell it")
        assert queue_claim(annotator=user, project=project) is None
        other = queue_claim(annotator=make_user(), project=project)
        assert other is not None
        assert other.item_id == item.pk

    def test_unrateable_takes_it_out_of_the_queue_with_the_reason(
        self, project: Project
    ) -> None:
        item, user = make_item(project), make_user()
        claim = queue_claim(annotator=user, project=project)
        assert claim is not None
        item_skip(assignment=claim, annotator=user, how="unrateable", reason="not English")
        item.refresh_from_db()
        assert (item.state, item.note) == ("dropped", "unrateable: not English")
        assert queue_claim(annotator=make_user(), project=project) is None

    def test_only_a_lead_may_drop(self, project: Project) -> None:
        item, user, lead = make_item(project), make_user(), make_user(Role.LEAD)
        claim = queue_claim(annotator=user, project=project)
        assert claim is not None
        with pytest.raises(Denied):
            item_skip(assignment=claim, annotator=user, how="drop", reason="x")
        item_skip(assignment=claim, annotator=user, how="to_me")
        by_lead = queue_claim(annotator=lead, project=project)
        assert by_lead is not None
        item_skip(assignment=by_lead, annotator=lead, how="drop", reason="duplicate")
        item.refresh_from_db()
        assert item.state == QueueItem.State.DROPPED

    def test_a_reason_and_a_known_way_are_needed(self, project: Project) -> None:
        make_item(project)
        user = make_user()
        claim = queue_claim(annotator=user, project=project)
        assert claim is not None
        with pytest.raises(Invalid, match="say why"):
            item_skip(assignment=claim, annotator=user, how="to_others", reason=" ")
        with pytest.raises(Invalid, match="skip with one of"):
            item_skip(assignment=claim, annotator=user, how="away", reason="x")

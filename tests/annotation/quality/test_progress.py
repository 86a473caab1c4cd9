"""What the pages read: why a queue is empty, accounting, agreement, the outbox."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from annotation.cot.steps import StepKind
from annotation.deciding.resolution import item_resolve
from annotation.deciding.select import resolutions_after
from annotation.labelling.queue import item_skip, queue_claim
from annotation.labelling.queue_select import queue_state
from annotation.labelling.recent import recent_submissions
from annotation.labelling.submit import submission_undo
from annotation.models import Resolution
from annotation.quality.agreement import agreement_table, kappa_table
from annotation.quality.progress import (
    home_summary,
    item_counts,
    label_count,
    served_counts,
    throughput,
)
from tests.factories import labels_for, make_item, make_project, make_user, submit

pytestmark = pytest.mark.django_db


def test_an_empty_project_is_empty() -> None:
    assert queue_state(make_user(), make_project()).why == "empty"


def test_an_item_held_by_somebody_else_says_until_when() -> None:
    project, now = make_project(overlap=1), timezone.now()
    make_item(project)
    user, other = make_user(), make_user()
    assert queue_state(user, project, now).why == "ready"
    claim = queue_claim(annotator=other, project=project, now=now)
    state = queue_state(user, project, now)
    assert claim is not None
    assert (state.why, state.leased, state.leased_until) == ("held", 1, claim.expires_at)
    assert queue_state(other, project, now).why == "ready"
    after = now + timedelta(seconds=settings.LEASE_SECONDS)
    assert queue_state(user, project, after).why == "ready"


def test_what_i_skipped_and_what_i_judged_are_told_apart() -> None:
    project, user = make_project(overlap=2), make_user()
    first = make_item(project)
    submit(first, user)
    assert queue_state(user, project).why == "done"
    make_item(project)
    claim = queue_claim(annotator=user, project=project)
    assert claim is not None
    item_skip(assignment=claim, annotator=user, how="to_others", reason="x")
    state = queue_state(user, project)
    assert (state.why, state.skipped, state.judged, state.open_items) == ("skipped", 1, 1, 2)


def test_served_is_the_sum_of_what_became_of_it() -> None:
    project, user = make_project(overlap=1), make_user()
    submit(make_item(project), user)
    make_item(project)
    queue_claim(annotator=user, project=project)
    counts = served_counts(project)
    assert (counts["served"], counts["submitted"], counts["claimed"]) == (2, 1, 1)
    assert item_counts(project) == {
        "open": 1, "labelled": 1, "split": 0, "resolved": 0, "dropped": 0,
    }  # fmt: skip
    row = home_summary(user)[0]
    assert (row["items"], row["open"], row["mine"], row["holding"]) == (2, 1, 1, 1)
    assert throughput(project)[0]["submitted"] == 1


def test_undone_labels_are_not_counted() -> None:
    project, user = make_project(overlap=1), make_user()
    submission = submit(make_item(project), user)
    assert label_count(project) == 5
    assert list(recent_submissions(user)) == [submission]
    submission_undo(submission=submission, annotator=user)
    assert label_count(project) == 0
    assert not recent_submissions(user)


def test_agreement_is_by_value_and_ordinal_for_the_tier() -> None:
    # Tiers 2-2, 2-3, 1-1 of two coders; the ordinal distances of the values 1 < 2 < 3 with
    # counts 2, 3, 1: d(1,2)^2 = (2/2 + 3/2)^2 = 6.25, d(2,3)^2 = (3/2 + 1/2)^2 = 4,
    # d(1,3)^2 = (2/2 + 3 + 1/2)^2 = 20.25. Observed 2 * 4 / 6;
    # expected 2 * (6 * 6.25 + 3 * 4 + 2 * 20.25) / (6 * 5).
    project = make_project(overlap=2)
    for one, other in (("2", "2"), ("2", "3"), ("1", "1")):
        item = make_item(project)
        submit(item, make_user(), labels_for(tier=one))
        submit(item, make_user(), labels_for(tier=other))
    rows = {row["kind"]: row for row in agreement_table(project)}
    expected = 2 * (6 * 6.25 + 3 * 4 + 2 * 20.25) / 30
    assert rows[5]["alpha"] == pytest.approx(1 - (8 / 6) / expected)
    assert (rows[5]["level"], rows[5]["n_items"], rows[5]["n_labels"]) == ("ordinal", 3, 6)
    assert rows[3]["alpha"] is None
    assert "same value" in rows[3]["undefined_reason"]


def test_kappa_names_the_two_people() -> None:
    project, users = make_project(overlap=2), [make_user(), make_user()]
    for tier in ("2", "3"):
        item = make_item(project)
        for user in users:
            submit(item, user, labels_for(tier=tier))
    (row,) = kappa_table(project, StepKind.FINAL)
    assert row["pair"] == (users[0].username, users[1].username)
    assert (row["kappa"], row["n"]) == (1.0, 2)


def test_a_reader_pulls_past_its_position() -> None:
    project = make_project(overlap=1)
    item = make_item(project)
    submit(item, make_user())
    item_resolve(item=item)
    ids = list(Resolution.objects.order_by("pk").values_list("pk", flat=True))
    rows, reached = resolutions_after(ids[1], 2, project)
    assert [row.pk for row in rows] == ids[2:4]
    assert reached == ids[3]
    rows, reached = resolutions_after(reached, 2, project)
    assert ([row.pk for row in rows], reached) == (ids[4:], ids[4])

"""Claiming: exactly ``overlap`` distinct people an item, leases that end by the clock."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from annotation.cot.errors import Conflict, Denied, DraftConflict
from annotation.labelling.queue import claim_heartbeat, draft_save, queue_claim
from annotation.models import Assignment, Project
from tests.factories import make_item, make_project, make_user, submit

LEASE = timedelta(seconds=settings.LEASE_SECONDS)


@pytest.mark.django_db(transaction=True)
def test_fifty_claimers_at_once_fill_every_slot_exactly_once() -> None:
    project = make_project(overlap=2)
    items = [make_item(project) for _ in range(20)]
    users = [make_user() for _ in range(50)]
    barrier = Barrier(len(users))

    def claim(user: User) -> tuple[int, int, int] | None:
        try:
            barrier.wait()
            got = queue_claim(annotator=user, project=project)
            return (got.item_id, got.slot, got.annotator_id) if got else None
        finally:
            connection.close()

    with ThreadPoolExecutor(len(users)) as pool:
        claims = [claim for claim in pool.map(claim, users) if claim]

    assert len(claims) == 40  # 20 items x 2 people, 10 claimers leave with nothing
    assert len({(item, slot) for item, slot, _ in claims}) == 40
    assert Counter(item for item, _, _ in claims) == {item.pk: 2 for item in items}
    assert Assignment.objects.count() == 40


@pytest.mark.django_db
class TestOneAtATime:
    @pytest.fixture
    def project(self) -> Project:
        return make_project(overlap=1)

    def test_the_highest_priority_comes_first_then_the_oldest(self, project: Project) -> None:
        old, new, urgent = make_item(project), make_item(project), make_item(project, 5)
        order = []
        for _ in range(3):
            claim = queue_claim(annotator=make_user(), project=project)
            order.append(claim and claim.item_id)
        assert order == [urgent.pk, old.pk, new.pk]

    def test_a_disagreement_goes_before_new_items(self, project: Project) -> None:
        make_item(project)
        disagreement = make_item(project, reason="disagreement")
        claim = queue_claim(annotator=make_user(), project=project)
        assert claim is not None
        assert claim.item_id == disagreement.pk

    def test_an_unfinished_claim_comes_back_before_anything_new(self, project: Project) -> None:
        make_item(project), make_item(project)
        user = make_user()
        first = queue_claim(annotator=user, project=project)
        assert queue_claim(annotator=user, project=project) == first

    def test_nobody_judges_an_item_twice(self) -> None:
        project = make_project(overlap=2)
        item, user = make_item(project), make_user()
        submit(item, user)
        assert queue_claim(annotator=user, project=project) is None

    def test_a_lease_that_ran_out_gives_the_slot_to_the_next_claimer(
        self, project: Project
    ) -> None:
        make_item(project)
        now = timezone.now()
        late = queue_claim(annotator=make_user(), project=project, now=now)
        other = make_user()
        assert queue_claim(annotator=other, project=project, now=now) is None
        taken = queue_claim(annotator=other, project=project, now=now + LEASE)
        assert late is not None
        assert taken is not None
        assert (taken.item_id, taken.slot) == (late.item_id, late.slot)
        late.refresh_from_db()
        assert late.state == Assignment.State.EXPIRED

    def test_a_heartbeat_keeps_the_slot(self, project: Project) -> None:
        make_item(project)
        now, user = timezone.now(), make_user()
        claim = queue_claim(annotator=user, project=project, now=now)
        assert claim is not None
        claim_heartbeat(assignment=claim, annotator=user, now=now + LEASE / 2)
        assert queue_claim(annotator=make_user(), project=project, now=now + LEASE) is None

    def test_a_heartbeat_after_the_slot_was_given_away_is_a_conflict(
        self, project: Project
    ) -> None:
        make_item(project)
        now, user = timezone.now(), make_user()
        claim = queue_claim(annotator=user, project=project, now=now)
        queue_claim(annotator=make_user(), project=project, now=now + LEASE)
        assert claim is not None
        with pytest.raises(Conflict, match="no longer yours"):
            claim_heartbeat(assignment=claim, annotator=user)

    def test_somebody_elses_claim_cannot_be_renewed(self, project: Project) -> None:
        make_item(project)
        claim = queue_claim(annotator=make_user(), project=project)
        assert claim is not None
        with pytest.raises(Denied):
            claim_heartbeat(assignment=claim, annotator=make_user())

    def test_a_stale_draft_is_refused_and_shows_the_saved_one(self, project: Project) -> None:
        make_item(project)
        user = make_user()
        claim = queue_claim(annotator=user, project=project)
        assert claim is not None
        version = draft_save(
            assignment=claim, annotator=user, base_version=0, draft={"1": "correct"}
        )
        assert version == 1
        with pytest.raises(DraftConflict) as caught:
            draft_save(assignment=claim, annotator=user, base_version=0, draft={"1": "other"})
        assert (caught.value.version, caught.value.draft) == (1, {"1": "correct"})

    def test_a_draft_survives_the_loss_of_the_slot_and_a_new_claim(self) -> None:
        project = make_project(overlap=1)
        make_item(project)
        now, user, other = timezone.now(), make_user(), make_user()
        claim = queue_claim(annotator=user, project=project, now=now)
        assert claim is not None
        draft_save(assignment=claim, annotator=user, base_version=0, draft={"a": 1}, now=now)
        queue_claim(annotator=other, project=project, now=now + LEASE)
        again = queue_claim(annotator=user, project=project, now=now + 2 * LEASE)
        assert again is not None
        assert again.pk != claim.pk
        assert (again.draft, again.draft_version) == ({"a": 1}, 1)

"""An item that somebody could not or would not judge: one vote, a record, and a way back."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.deciding.resolution import StepDecision, item_adjudicate, item_resolve
from annotation.exports.formats import ExportFilter, format_named
from annotation.exports.jobs import export_write
from annotation.labelling.passed import passed_by_everybody, waiting_for_lead
from annotation.labelling.queue import draft_save, item_skip, queue_claim
from annotation.labelling.skips import item_drop, skip_take_back
from annotation.labelling.submit import submission_undo
from annotation.models import Assignment, Project, QueueItem, Resolution, Submission
from annotation.people.roles import Role
from tests.factories import make_item, make_project, make_user, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project(overlap=2)


@pytest.fixture
def item(project: Project) -> QueueItem:
    return make_item(project)


def give_back(item: QueueItem, how: str, reason: str = "no picture") -> Assignment:
    """By a new annotator."""
    person = make_user()
    claim = queue_claim(annotator=person, project=item.project)
    assert claim is not None
    item_skip(assignment=claim, annotator=person, how=how, reason=reason)
    item.refresh_from_db()
    claim.refresh_from_db()
    return claim


ALL_FIVE = {
    1: StepDecision("correct"),
    2: StepDecision("correct"),
    3: StepDecision("correct", "match"),
    4: StepDecision("correct", "none"),
    5: StepDecision("correct", "2"),
}


class TestUnrateable:
    def test_one_persons_word_leaves_the_item_to_the_others(self, item: QueueItem) -> None:
        give_back(item, "unrateable")
        assert item.state == QueueItem.State.OPEN
        other = queue_claim(annotator=make_user(), project=item.project)
        assert other is not None
        assert other.item_id == item.pk

    def test_everybody_saying_so_drops_the_item_with_their_reasons(
        self, item: QueueItem
    ) -> None:
        give_back(item, "unrateable", "no picture")
        give_back(item, "unrateable", "not English")
        assert (item.state, item.note) == ("dropped", "unrateable: no picture; not English")
        assert item.closed_at is not None

    @pytest.mark.parametrize("labels_first", [True, False])
    def test_beside_labels_it_is_a_leads_to_decide(
        self, item: QueueItem, labels_first: bool
    ) -> None:
        if labels_first:
            submit(item, make_user())
        give_back(item, "unrateable")
        if not labels_first:
            submit(item, make_user())
        assert item_resolve(item=item) == "split"
        assert not Resolution.objects.exists()

    def test_the_lead_decides_every_step_or_drops_it(self, item: QueueItem) -> None:
        submit(item, make_user())
        give_back(item, "unrateable")
        item_resolve(item=item)
        lead = make_user(Role.LEAD)
        with pytest.raises(Invalid, match="decide step 2 too"):
            item_adjudicate(item=item, lead=lead, decisions={1: ALL_FIVE[1]})
        item_adjudicate(item=item, lead=lead, decisions=ALL_FIVE)
        item.refresh_from_db()
        assert item.state == QueueItem.State.RESOLVED
        assert Resolution.objects.filter(source="adjudicated").count() == 5

    def test_a_lead_drops_it_and_nobody_else_may(self, item: QueueItem) -> None:
        submit(item, make_user())
        give_back(item, "unrateable")
        item_resolve(item=item)
        with pytest.raises(Denied):
            item_drop(item=item, lead=make_user(), reason="broken")
        with pytest.raises(Invalid, match="say why"):
            item_drop(item=item, lead=make_user(Role.LEAD), reason=" ")
        dropped = item_drop(item=item, lead=make_user(Role.LEAD), reason="broken")
        assert (dropped.state, dropped.note) == ("dropped", "drop: broken")
        with pytest.raises(Conflict, match="closed"):
            item_drop(item=item, lead=make_user(Role.LEAD), reason="broken")

    def test_the_vote_can_be_undone_and_labels_given_instead(self, item: QueueItem) -> None:
        claim = give_back(item, "unrateable")
        vote = Submission.objects.get()
        submission_undo(submission=vote, annotator=claim.annotator)
        submit(item, claim.annotator)
        submit(item, make_user())
        assert item_resolve(item=item) == "resolved"

    def test_the_page_of_the_lead_shows_the_reason_and_drops(
        self, client: Client, item: QueueItem
    ) -> None:
        submit(item, make_user())
        give_back(item, "unrateable", "the picture is of a dog")
        item_resolve(item=item)
        client.force_login(make_user(Role.LEAD))
        page = client.get(f"/adjudication/{item.pk}/").content.decode()
        assert "the picture is of a dog" in page
        assert page.count("data-optional") == 0  # no step counts as agreed
        client.post(f"/adjudication/{item.pk}/drop/", {"reason": "a dog"})
        item.refresh_from_db()
        assert item.state == QueueItem.State.DROPPED


class TestTakeBack:
    def test_what_was_passed_to_others_is_mine_again_with_its_draft(
        self, project: Project, item: QueueItem
    ) -> None:
        person = make_user()
        claim = queue_claim(annotator=person, project=project)
        assert claim is not None
        draft_save(assignment=claim, annotator=person, base_version=0, draft={"1": {"a": 1}})
        item_skip(assignment=claim, annotator=person, how="to_others", reason="I sell it")
        assert queue_claim(annotator=person, project=project) is None
        skip_take_back(assignment=claim, annotator=person)
        again = queue_claim(annotator=person, project=project)
        assert again is not None
        assert (again.pk, again.draft, again.skip, again.reason) == (
            claim.pk, {"1": {"a": 1}}, "", "",
        )  # fmt: skip
        with pytest.raises(Conflict, match="taken back before"):
            skip_take_back(assignment=claim, annotator=person)

    def test_not_when_others_have_every_slot_but_when_their_lease_is_over(self) -> None:
        item = make_item(make_project(overlap=1))
        claim = give_back(item, "to_others")
        now = timezone.now()
        assert queue_claim(annotator=make_user(), project=item.project, now=now)
        with pytest.raises(Conflict, match="others have this item"):
            skip_take_back(assignment=claim, annotator=claim.annotator)
        later = now + timedelta(seconds=settings.LEASE_SECONDS)
        mine = skip_take_back(assignment=claim, annotator=claim.annotator, now=later)
        assert mine.state == Assignment.State.CLAIMED

    def test_not_somebody_elses_and_not_of_a_closed_item(self, item: QueueItem) -> None:
        claim = give_back(item, "to_others")
        with pytest.raises(Denied):
            skip_take_back(assignment=claim, annotator=make_user())
        item_drop(item=item, lead=make_user(Role.LEAD), reason="duplicate")
        with pytest.raises(Conflict, match="closed"):
            skip_take_back(assignment=claim, annotator=claim.annotator)

    def test_the_page_after_a_skip_offers_it(self, client: Client, item: QueueItem) -> None:
        client.force_login(make_user())
        client.get("/label/")
        claim = Assignment.objects.get()
        form = {"how": "to_others", "reason": "I sell it"}
        after = client.post(f"/label/{claim.pk}/skip/", form, follow=True)
        assert f"/label/{claim.pk}/unskip/" in after.content.decode()
        again = client.post(f"/label/{claim.pk}/unskip/", follow=True).content.decode()
        assert f'data-assignment="{claim.pk}"' in again


class TestPassedByEverybody:
    def test_a_lead_is_told_when_the_last_annotator_passes(self, item: QueueItem) -> None:
        people = [make_user(), make_user()]
        for person in people:
            assert passed_by_everybody() == []
            claim = queue_claim(annotator=person, project=item.project)
            assert claim is not None
            item_skip(assignment=claim, annotator=person, how="to_others", reason="no idea")
        assert list(waiting_for_lead(item.project)) == [item]

    def test_also_when_the_other_half_was_judged_after_the_skip(self, item: QueueItem) -> None:
        give_back(item, "to_others")
        submit(item, make_user())
        assert passed_by_everybody(item.project) == [item.pk]

    def test_somebody_new_takes_it_off_the_list(self, item: QueueItem) -> None:
        give_back(item, "to_others")
        assert passed_by_everybody() == [item.pk]
        make_user()
        assert passed_by_everybody() == []

    def test_a_pool_is_everybody_where_there_is_one(self, item: QueueItem) -> None:
        claim = give_back(item, "to_others")
        make_user()
        item.project.pool.set([claim.annotator])
        assert passed_by_everybody() == [item.pk]

    def test_whom_it_is_reserved_for_is_everybody_for_it(self, item: QueueItem) -> None:
        claim = give_back(item, "to_others")
        item.reserved_for.set([make_user()])
        assert passed_by_everybody() == []
        item.reserved_for.set([claim.annotator])
        make_user()
        assert passed_by_everybody() == [item.pk]

    def test_the_lead_sees_it_decides_it_and_it_is_resolved(
        self, client: Client, item: QueueItem
    ) -> None:
        give_back(item, "to_others", "never heard of it")
        lead = make_user(Role.LEAD)
        client.force_login(lead)
        assert "passed by everybody" in client.get("/adjudication/").content.decode()
        assert "1 item was passed by everybody" in client.get("/").content.decode()
        assert "never heard of it" in client.get(f"/adjudication/{item.pk}/").content.decode()
        item_adjudicate(item=item, lead=lead, decisions=ALL_FIVE)
        item.refresh_from_db()
        assert item.state == QueueItem.State.RESOLVED

    def test_an_open_item_that_others_can_take_is_not_the_leads(self, item: QueueItem) -> None:
        give_back(item, "to_others")
        make_user()
        with pytest.raises(Conflict, match="not waiting for adjudication"):
            item_adjudicate(item=item, lead=make_user(Role.LEAD), decisions=ALL_FIVE)


def test_skips_are_exported_with_their_reasons_and_votes_that_were_undone_are_not(
    item: QueueItem, tmp_path: Path
) -> None:
    passed = give_back(item, "to_others", "I sell it")
    undone = give_back(item, "unrateable", "a slip")
    submission_undo(
        submission=Submission.objects.get(assignment=undone), annotator=undone.annotator
    )
    vote = give_back(item, "unrateable", "no picture")
    format = format_named("skips")
    path = tmp_path / "skips.jsonl"
    export_write(format=format, chosen=ExportFilter(item.project), path=path)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [
        (row["claim_id"], row["how"], row["reason"], row["item_state"]) for row in rows
    ] == [
        (passed.pk, "to_others", "I sell it", "open"),
        (vote.pk, "unrateable", "no picture", "open"),
    ]
    assert {row["query"] for row in rows} == {"red shoes"}

"""A lead takes a truth back: service, page, API and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.exports.formats import ExportFilter
from annotation.exports.rows import rollout_rows
from annotation.labelling.queue import queue_open
from annotation.models import Pair, PairValues, Project, QueueItem, Resolution
from annotation.people.roles import Role
from tests.factories import (
    cot,
    labels_for,
    make_pair,
    make_project,
    make_resolved,
    make_rollout,
    make_user,
)
from verifier.affected import rollouts_affected
from verifier.models import GroundTruth, Watermark
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh
from verifier.services.withdrawal import truth_withdraw, withdrawn_reopen

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    project = make_project(overlap=1)
    project.reuse_audit_percent = 0
    project.save()
    return project


@pytest.fixture
def pair(project: Project) -> Pair:
    return make_pair(project)


@pytest.fixture
def lead() -> User:
    return make_user(Role.LEAD)


def decided(pair: Pair, tier: str = "2") -> QueueItem:
    item = make_resolved(pair, labels_for(tier=tier))
    truth_refresh()
    return item


def truth_of(pair: Pair, kind: int = 5) -> GroundTruth:
    return GroundTruth.objects.get(pair=pair, kind=kind, superseded_at=None)


def withdrawn(pair: Pair, lead: User, kind: int = 5) -> GroundTruth:
    return truth_withdraw(truth=truth_of(pair, kind), lead=lead, reason="wrong product")


def values(pair: Pair) -> set[int]:
    rows = GroundTruth.objects.filter(pair=pair, superseded_at=None)
    return set(rows.values_list("kind", flat=True))


def test_the_row_leaves_the_next_release(project: Project, pair: Pair, lead: User) -> None:
    decided(pair)
    first = release_cut(project=project)
    row = withdrawn(pair, lead)
    second = release_cut(project=project)
    assert (row.withdrawn_by, row.withdrawn_reason) == (lead, "wrong product")
    assert values(pair) == {1, 2, 3, 4}
    assert (first.counts["5"], second.counts["5"]) == ({"consensus": 1}, {})


def test_neither_the_outbox_nor_an_older_decision_brings_it_back(
    pair: Pair, lead: User
) -> None:
    decided(pair, tier="3")
    decided(pair, tier="2")
    withdrawn(pair, lead)
    truth_refresh()
    assert 5 not in values(pair)
    Watermark.objects.all().delete()  # everything is read from the beginning
    truth_refresh()
    assert 5 not in values(pair)
    assert Resolution.objects.filter(kind=5, withdrawn_at=None).count() == 0
    assert Resolution.objects.filter(kind=4, withdrawn_at=None).count() == 2


def test_a_newer_decision_takes_its_place(pair: Pair, lead: User) -> None:
    decided(pair, tier="3")
    withdrawn(pair, lead)
    decided(pair, tier="4")
    assert truth_of(pair).value == "4"


def test_a_decision_that_was_not_read_yet_is_newer(pair: Pair, lead: User) -> None:
    decided(pair, tier="3")
    make_resolved(pair, labels_for(tier="4"))
    withdrawn(pair, lead)
    truth_refresh()
    assert truth_of(pair).value == "4"


def test_an_imported_value_stays_away_until_another_is_imported(
    project: Project, lead: User
) -> None:
    pair = make_pair(project, gold={"5": "4"})
    truth_refresh()
    withdrawn(pair, lead)
    Watermark.objects.all().delete()
    truth_refresh()
    assert values(pair) == set()
    PairValues.objects.create(project=project, pair=pair, gold={"5": "1"})
    truth_refresh()
    assert truth_of(pair).value == "1"


def test_the_step_is_asked_again_where_it_was_reused(pair: Pair, lead: User) -> None:
    decided(pair)
    assert queue_open(rollout=make_rollout(pair)) is None
    withdrawn(pair, lead)
    withdrawn(pair, lead, kind=2)
    item = queue_open(rollout=make_rollout(pair))
    assert item is not None
    assert item.kinds == [2, 5]


def test_exports_leave_a_withdrawn_decision_out(
    project: Project, pair: Pair, lead: User
) -> None:
    decided(pair)
    withdrawn(pair, lead)
    [row] = rollout_rows(ExportFilter(project=project))
    assert [step["kind"] for step in row["decided"]] == [1, 2, 3, 4]


def test_a_value_judged_every_rollout_of_its_pair_and_a_verdict_its_own_text(
    pair: Pair, lead: User
) -> None:
    same = decided(pair).rollout_id
    other = make_rollout(pair, cot().replace("color blue", "color green")).pk
    make_rollout(make_pair(pair.project, "blue shoes"))
    judged = {kind: list(rollouts_affected(truth_of(pair, kind))) for kind in (2, 5)}
    assert [row.pk for row in judged[5]] == [same, other]
    assert [row.pk for row in judged[2]] == [same]


def test_chosen_rollouts_are_asked_again_about_that_step(pair: Pair, lead: User) -> None:
    rollout = decided(pair).rollout_id
    row = withdrawn(pair, lead)
    for _ in range(2):
        opened = withdrawn_reopen(truth=row, lead=lead, rollouts=[rollout], reason="stale")
    item = QueueItem.objects.get(state="open")
    assert (item.reason, item.kinds, item.note) == ("stale", [5], "withdrawn: wrong product")
    assert (opened.opened, opened.items) == (0, [item]), "it is in the queue once"


def test_what_cannot_be_is_refused(pair: Pair, lead: User) -> None:
    rollout = decided(pair).rollout_id
    truth = truth_of(pair)
    with pytest.raises(Denied):
        truth_withdraw(truth=truth, lead=make_user(), reason="x")
    with pytest.raises(Invalid):
        truth_withdraw(truth=truth, lead=lead, reason=" ")
    with pytest.raises(Conflict, match="stands"):
        withdrawn_reopen(truth=truth, lead=lead, rollouts=[rollout], reason="stale")
    row = withdrawn(pair, lead)
    with pytest.raises(Conflict, match="already"):
        truth_withdraw(truth=truth, lead=lead, reason="x")
    with pytest.raises(Denied):
        withdrawn_reopen(truth=row, lead=make_user(), rollouts=[rollout], reason="stale")
    with pytest.raises(Invalid, match="stale, audit"):
        withdrawn_reopen(truth=row, lead=lead, rollouts=[rollout], reason="new")
    for rollouts in ([], [rollout, 0]):
        with pytest.raises(Invalid, match="choose"):
            withdrawn_reopen(truth=row, lead=lead, rollouts=rollouts, reason="stale")


def test_a_superseded_truth_is_not_the_one_to_withdraw(pair: Pair, lead: User) -> None:
    decided(pair, tier="3")
    old = truth_of(pair)
    decided(pair, tier="4")
    with pytest.raises(Conflict, match="newer"):
        truth_withdraw(truth=old, lead=lead, reason="x")


class TestPages:
    def test_a_lead_finds_withdraws_and_asks_again(
        self, client: Client, pair: Pair, lead: User
    ) -> None:
        decided(pair)
        client.force_login(lead)
        home, truth = f"/quality/{pair.project.slug}/truth/", truth_of(pair)
        assert (
            f"/quality/truth/{truth.pk}/" in client.get(home + "?q=red&step=5").content.decode()
        )
        assert "Nothing here" in client.get(home + "?q=lamp").content.decode()
        url = f"/quality/truth/{truth.pk}/"
        page = client.post(url + "withdraw/", {"reason": "odd"}, follow=True).content.decode()
        assert "Withdrawn: the next release leaves it out." in page
        assert url in client.get(home + "?show=withdrawn").content.decode()
        again = client.post(url + "withdraw/", {"reason": "odd"})
        assert again.status_code == 409
        rollout = rollouts_affected(truth).get().pk
        form = {"rollout": [rollout], "reason": "audit"}
        told = client.post(url + "reopen/", form, follow=True).content.decode()
        assert "1 rollout is in the queue." in told

    def test_an_engineer_looks_and_does_not_touch(self, client: Client, pair: Pair) -> None:
        decided(pair)
        client.force_login(make_user(Role.ML_ENGINEER))
        url = f"/quality/truth/{truth_of(pair).pk}/"
        assert "Withdraw this truth" not in client.get(url).content.decode()
        assert client.post(url + "withdraw/", {"reason": "x"}).status_code == 403


class TestApi:
    def test_a_lead_reads_withdraws_and_asks_again(
        self, client: Client, pair: Pair, lead: User
    ) -> None:
        rollout = decided(pair).rollout_id
        client.force_login(lead)
        home = f"/api/v1/truths/?project={pair.project.slug}"
        [row] = client.get(home + "&kind=5").json()["results"]
        assert (row["value"], row["source"], row["withdrawn_at"]) == ("2", "consensus", None)
        url = f"/api/v1/truths/{row['id']}/"
        early = {"reason": "stale", "rollouts": [rollout]}
        assert post(client, url + "reopen/", early) == 409
        assert post(client, url + "withdraw/", {"reason": ""}) == 400
        assert post(client, url + "withdraw/", {"reason": "odd"}) == 200
        assert post(client, url + "withdraw/", {"reason": "odd"}) == 409
        assert post(client, "/api/v1/truths/0/withdraw/", {"reason": "odd"}) == 404
        assert post(client, url + "reopen/", early) == 200
        shown = client.get(url).json()
        assert (shown["withdrawn_by"], shown["rollouts"]) == (lead.username, [rollout])
        assert [r["id"] for r in client.get(home + "&withdrawn=true").json()["results"]] == [
            row["id"]
        ]

    @pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.ML_ENGINEER])
    def test_others_are_refused(self, client: Client, pair: Pair, role: Role) -> None:
        decided(pair)
        client.force_login(make_user(role))
        url = f"/api/v1/truths/{truth_of(pair).pk}/"
        assert post(client, url + "withdraw/", {"reason": "x"}) == 403
        assert post(client, url + "reopen/", {"reason": "stale", "rollouts": [1]}) == 403


def post(client: Client, url: str, body: Mapping[str, object]) -> int:
    return client.post(url, body, content_type="application/json").status_code

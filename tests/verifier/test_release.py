"""Freezing ground truth."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from annotation.cot.labels import LabelInput
from annotation.cot.rules import parse_rules, rules_edited
from annotation.cot.steps import StepKind
from annotation.deciding.resolution import StepDecision, item_adjudicate, item_reopen
from annotation.models import Project, Resolution
from annotation.people.roles import Role
from annotation.quality.guidelines import guideline_save
from tests.factories import labels_for, make_pair, make_project, make_resolved, make_user
from verifier.models import ReleaseRow, VerifierRelease
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh
from verifier.truth import Truth, parse_table

pytestmark = pytest.mark.django_db


def test_a_release_is_a_truth_table_with_its_sum_and_its_counts() -> None:
    project, user = make_project(), make_user()
    pair = make_pair(project, gold={"5": "3"}, silver={"3": "match"})
    truth_refresh(project=project)
    release = release_cut(project=project, user=user)
    rows = parse_table(release.payload).rows()
    assert rows == [
        [str(pair.pk), 3, "match", "silver", None],
        [str(pair.pk), 5, "3", "gold", None],
    ]
    assert release.sha256 in release.payload
    assert release.counts == {"1": {}, "2": {}, "3": {"silver": 1}, "4": {}, "5": {"gold": 1}}
    assert (release.number, release.created_by) == (1, user)


def test_verdicts_on_texts_of_steps_1_and_2_are_frozen_as_well() -> None:
    project = make_project()
    item = make_resolved(make_pair(project), labels_for(query="incorrect"))
    truth_refresh(project=project)
    release = release_cut(project=project)
    steps = {step.kind: step for step in item.rollout.steps.all()}
    table = parse_table(release.payload)
    assert table.steps() == sorted(
        [[steps[1].sha256, 1, "incorrect", "consensus"],
         [steps[2].sha256, 2, "correct", "consensus"]]
    )  # fmt: skip
    assert release.counts == {str(kind): {"consensus": 1} for kind in StepKind}
    behind = {row.kind: row.pk for row in item.resolutions.filter(kind__gte=3)}
    assert {row[1]: row[4] for row in table.rows()} == behind


def test_another_verdict_on_a_text_alone_gives_another_release() -> None:
    project = make_project()
    item = make_resolved(make_pair(project))
    truth_refresh(project=project)
    first = release_cut(project=project)
    lead = make_user(Role.LEAD)
    item_reopen(item=item, lead=lead, reason="look again")
    item_adjudicate(item=item, lead=lead, decisions={1: StepDecision("incorrect")})
    truth_refresh(project=project)
    second = release_cut(project=project)
    assert second.sha256 != first.sha256
    assert parse_table(second.payload).rows() == parse_table(first.payload).rows()


def test_unchanged_truth_gives_the_same_release_and_changed_truth_the_next() -> None:
    project = make_project()
    make_pair(project, gold={"5": "3"})
    truth_refresh(project=project)
    first = release_cut(project=project)
    assert release_cut(project=project) == first
    make_pair(project, gold={"5": "1"})
    truth_refresh(project=project)
    second = release_cut(project=project)
    assert (second.number, VerifierRelease.objects.count()) == (2, 2)
    first.refresh_from_db()
    assert len(parse_table(first.payload)) == 1


def test_the_command_refreshes_and_prints_what_it_froze() -> None:
    project, out = make_project(), StringIO()
    make_pair(project, gold={"5": "3"})
    call_command("cut_release", project.slug, stdout=out)
    assert "release 1  sha256 " in out.getvalue()
    assert "step 5: gold 1" in out.getvalue()
    assert "step 3: nothing" in out.getvalue()
    with pytest.raises(CommandError, match="there is no project 'nope'"):
        call_command("cut_release", "nope")


class TestAdmin:
    @pytest.fixture
    def client(self) -> Client:
        client = Client()
        client.force_login(make_user(Role.ML_ENGINEER))
        return client

    def test_adding_a_release_refreshes_and_freezes(self, client: Client) -> None:
        project = make_project()
        make_pair(project, gold={"5": "4"})
        response = client.post("/admin/verifier/verifierrelease/add/", {"project": project.pk})
        assert response.status_code == 302
        release = VerifierRelease.objects.get()
        assert release.counts["5"] == {"gold": 1}
        page = client.get(f"/admin/verifier/verifierrelease/{release.pk}/truth.json")
        assert page.content.decode() == release.payload

    def test_a_release_is_shown_but_cannot_be_changed_or_deleted(self, client: Client) -> None:
        release = release_cut(project=make_project(), empty=True)
        url = f"/admin/verifier/verifierrelease/{release.pk}"
        assert client.get(f"{url}/change/").status_code == 200
        assert client.post(f"{url}/change/", {"number": 7}).status_code == 403
        assert client.post(f"{url}/delete/", {"post": "yes"}).status_code == 403

    def test_an_empty_release_is_refused_in_words(self, client: Client) -> None:
        add = "/admin/verifier/verifierrelease/add/"
        page = client.post(add, {"project": make_project().pk}, follow=True).content.decode()
        assert "there is nothing to freeze" in page
        assert not VerifierRelease.objects.exists()

    def test_a_release_is_called_after_its_project(self, client: Client) -> None:
        project = make_project()
        make_pair(project, gold={"5": "4"})
        truth_refresh(project=project)
        release = release_cut(project=project)
        page = client.get("/admin/verifier/verifierrelease/").content.decode()
        assert str(release) == f"{project.name}, release 1"
        assert str(release) in page

    @pytest.mark.parametrize("model", ["groundtruth", "watermark", "verifierrelease"])
    def test_the_lists_open(self, client: Client, model: str) -> None:
        project = make_project()
        make_pair(project, gold={"5": "4"})
        truth_refresh(project=project)
        assert client.get(f"/admin/verifier/{model}/").status_code == 200

    def test_an_annotator_gets_no_truth(self) -> None:
        release = release_cut(project=make_project(), empty=True)
        client = Client()
        client.force_login(make_user())
        url = f"/admin/verifier/verifierrelease/{release.pk}/truth.json"
        assert client.get(url).status_code == 302


def changed_guideline(project: Project, **tiers: str) -> None:
    """The next version: other tiers by "category_attribute"."""
    cells = dict(parse_rules(project.rules).tiers)
    cells |= {cell: tiers.get("_".join(cell), tier) for cell, tier in cells.items()}
    rules = rules_edited(project.rules, cells)
    guideline_save(project=project, author=None, text="changed", rules=rules)


def refreshed(project: Project) -> VerifierRelease:
    truth_refresh(project=project)
    return release_cut(project=project)


class TestStale:
    """labels_for() says: match, none, tier 2."""

    def test_a_tier_of_a_changed_rule_is_left_out_and_counted(self) -> None:
        project = make_project(overlap=1)
        pair = make_pair(project)
        make_resolved(pair)
        make_resolved(make_pair(project), labels_for(attribute="all", tier="4"))
        first = refreshed(project)
        changed_guideline(project, match_none="1")
        second = refreshed(project)
        assert second.sha256 != first.sha256
        assert second.counts["5"] == {"consensus": 1, "masked_stale": 1}
        assert second.counts["3"] == {"consensus": 2}
        tiers = {row[0]: row[2] for row in parse_table(second.payload).rows() if row[1] == 5}
        assert list(tiers.values()) == ["4"]
        assert str(pair.pk) not in tiers

    def test_a_changed_meaning_of_a_step_leaves_out_its_older_verdicts_and_labels(self) -> None:
        project = make_project(overlap=1)
        make_resolved(make_pair(project))
        refreshed(project)
        guideline_save(
            project=project, author=None, text="n", rules=project.rules, changed_kinds=[1, 3]
        )
        release = refreshed(project)
        assert [release.counts[kind] for kind in "123"] == [
            {"masked_stale": 1}, {"consensus": 1}, {"masked_stale": 1},
        ]  # fmt: skip
        assert sorted(release.rows.values_list("kind", flat=True)) == [2, 4, 5]

    def test_a_rule_changed_back_gives_the_first_sum_again(self) -> None:
        project = make_project(overlap=1)
        make_resolved(make_pair(project))
        first = refreshed(project)
        changed_guideline(project, match_none="1")
        assert refreshed(project).sha256 != first.sha256
        changed_guideline(project, match_none="2")
        assert refreshed(project).sha256 == first.sha256

    def test_a_tier_that_the_new_rule_gives_as_well_stands(self) -> None:
        project = make_project(overlap=1)
        make_resolved(make_pair(project), labels_for(tier="1"))
        first = refreshed(project)
        changed_guideline(project, match_none="1")
        assert refreshed(project) == first

    def test_imported_values_are_never_stale(self) -> None:
        project = make_project()
        make_pair(project, gold={"3": "match", "4": "none", "5": "2"})
        first = refreshed(project)
        changed_guideline(project, match_none="1")
        assert refreshed(project) == first

    def test_what_people_say_under_the_new_rule_comes_before_a_leads_word_under_the_old(
        self,
    ) -> None:
        project = make_project(overlap=1)
        pair, lead = make_pair(project), make_user(Role.LEAD)
        item = make_resolved(pair)
        item_reopen(item=item, lead=lead, reason="check")
        item_adjudicate(item=item, lead=lead, decisions={5: StepDecision("correct", "2")})
        assert refreshed(project).counts["5"] == {"adjudicated": 1}
        changed_guideline(project, match_none="1")
        project.refresh_from_db()
        make_resolved(pair, labels_for(tier="1"), reason="stale")
        release = refreshed(project)
        assert release.counts["5"] == {"consensus": 1}
        assert parse_table(release.payload).lookup(str(pair.pk), StepKind.FINAL) == Truth(
            "1", "consensus", Resolution.objects.filter(kind=5).latest("pk").pk
        )


class TestRows:
    def test_every_truth_has_a_row_with_the_decision_behind_it(self) -> None:
        project = make_project(overlap=1)
        item = make_resolved(make_pair(project))
        silver = make_pair(project, silver={"5": "4"})
        release = refreshed(project)
        behind = dict(item.resolutions.values_list("kind", "pk"))
        rows = release.rows.order_by("pair", "kind")
        assert list(rows.values_list("pair", "kind", "resolution", "is_truth", "is_label")) == [
            *((item.rollout.pair_id, kind, behind[kind], True, True) for kind in range(1, 6)),
            (silver.pk, 5, None, True, False),
        ]
        hashes = [step.sha256 for step in item.rollout.steps.order_by("kind")[:2]]
        assert list(rows.values_list("step_sha256", flat=True)) == [*hashes, "", "", "", ""]

    def test_a_label_that_is_not_the_pairs_truth_is_frozen_too(self) -> None:
        project = make_project(overlap=1)
        pair = make_pair(project)
        old = make_resolved(pair, labels_for(tier="1"))
        new = make_resolved(pair, reason="audit")
        release = refreshed(project)
        tiers = release.rows.filter(kind=5).order_by("resolution")
        assert list(tiers.values_list("resolution__item", "is_truth", "is_label")) == [
            (old.pk, False, True),
            (new.pk, True, True),
        ]

    def test_new_labels_alone_give_another_release(self) -> None:
        project = make_project(overlap=1)
        pair = make_pair(project)
        lead = make_user(Role.LEAD)
        item = make_resolved(pair)
        item_reopen(item=item, lead=lead, reason="check")
        decisions = {3: StepDecision("correct", "match")}
        item_adjudicate(item=item, lead=lead, decisions=decisions)
        first = refreshed(project)
        make_resolved(pair, [LabelInput(3, "correct", "match")], reason="audit")
        second = refreshed(project)
        assert parse_table(second.payload).lookup(str(pair.pk), StepKind.CATEGORY) == (
            parse_table(first.payload).lookup(str(pair.pk), StepKind.CATEGORY)
        )
        assert second.number == first.number + 1

    def test_what_a_lead_withdrew_is_no_label(self) -> None:
        project = make_project(overlap=1)
        item = make_resolved(make_pair(project))
        Resolution.objects.filter(item=item, kind=4).update(withdrawn_at=timezone.now())
        release = refreshed(project)
        assert sorted(release.rows.values_list("kind", flat=True)) == [1, 2, 3, 5]

    def test_an_unchanged_release_writes_its_rows_once(self) -> None:
        project = make_project(overlap=1)
        make_resolved(make_pair(project))
        assert refreshed(project) == refreshed(project)
        assert ReleaseRow.objects.count() == 5

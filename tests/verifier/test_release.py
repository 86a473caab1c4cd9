"""Freezing ground truth."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from annotation.cot.steps import StepKind
from annotation.deciding.resolution import StepDecision, item_adjudicate, item_reopen
from annotation.people.roles import Role
from tests.factories import labels_for, make_pair, make_project, make_resolved, make_user
from verifier.models import VerifierRelease
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh
from verifier.truth import parse_table

pytestmark = pytest.mark.django_db


def test_a_release_is_a_truth_table_with_its_sum_and_its_counts() -> None:
    project, user = make_project(), make_user()
    pair = make_pair(project, gold={"5": "4"}, silver={"3": "match"})
    truth_refresh(project=project)
    release = release_cut(project=project, user=user)
    rows = parse_table(release.payload).rows()
    assert rows == [
        [str(pair.pk), 3, "match", "silver", None],
        [str(pair.pk), 5, "4", "gold", None],
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
    make_pair(project, gold={"5": "4"})
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
    make_pair(project, gold={"5": "4"})
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

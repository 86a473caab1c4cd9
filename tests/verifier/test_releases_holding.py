"""Which releases a truth is in."""

from __future__ import annotations

import pytest
from django.test import Client

from annotation.models import Pair
from annotation.people.roles import Role
from tests.api.clients import client_of as api_of
from tests.factories import labels_for, make_pair, make_project, make_resolved, make_user
from verifier.affected import releases_holding
from verifier.models import GroundTruth
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh
from verifier.services.withdrawal import truth_withdraw

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> Pair:
    return make_pair(make_project(overlap=1))


def decided(pair: Pair, tier: str) -> GroundTruth:
    make_resolved(pair, labels_for(tier=tier))
    truth_refresh()
    return GroundTruth.objects.get(pair=pair, kind=5, superseded_at=None)


def held_by(truth: GroundTruth) -> list[int]:
    truth.refresh_from_db()
    return [release.number for release in releases_holding(truth)]


def test_each_truth_is_in_the_releases_that_were_cut_while_it_stood(pair: Pair) -> None:
    first = decided(pair, "2")
    assert held_by(first) == []
    release_cut(project=pair.project)
    decided(make_pair(pair.project), "1")
    release_cut(project=pair.project)
    second = decided(pair, "3")
    release_cut(project=pair.project)
    assert (held_by(first), held_by(second)) == ([1, 2], [3])


def test_a_verdict_on_a_text_and_an_imported_value_are_found_as_well(pair: Pair) -> None:
    gold = GroundTruth.objects.create(
        project=pair.project, pair=pair, kind=5, value="4", source="gold"
    )
    release_cut(project=pair.project)
    decision = decided(pair, "2")
    release_cut(project=pair.project)
    text = GroundTruth.objects.get(pair=pair, kind=1)
    assert [held_by(truth) for truth in (gold, decision, text)] == [[1], [2], [2]]


def test_the_page_and_the_api_name_them_also_of_a_withdrawn_truth(
    pair: Pair, client: Client
) -> None:
    truth = decided(pair, "2")
    lead = make_user(Role.LEAD)
    client.force_login(lead)
    address = f"/quality/truth/{truth.pk}/"
    assert "No release holds it." in client.get(address).content.decode()
    release_cut(project=pair.project)
    truth_withdraw(truth=truth, lead=lead, reason="another product")
    release_cut(project=pair.project)
    assert [row.number for row in client.get(address).context["releases"]] == [1]
    assert "In the releases" in client.get(address).content.decode()
    assert api_of(Role.LEAD).get(f"/api/v1/truths/{truth.pk}/").json()["releases"] == [1]

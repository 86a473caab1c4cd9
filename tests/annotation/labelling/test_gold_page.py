"""The gold pages: what a person is told, and what only leads may do."""

from __future__ import annotations

import pytest
from django.test import Client

from annotation.deciding.resolution import item_resolve
from annotation.models import GoldDispute, GoldItem, GoldTry, Pause, Project, QueueItem
from annotation.people.roles import Role
from tests.factories import (
    make_item,
    make_pair,
    make_project,
    make_rollout,
    make_user,
    submit,
)

pytestmark = pytest.mark.django_db
RIGHT = {
    "verdict-1": "correct", "verdict-2": "correct", "value-3": "match",
    "value-4": "none", "value-5": "2",
}  # fmt: skip
SETTINGS = {
    "gold_percent": "10", "gold_onboarding": "1", "gold_tries": "2", "pause_below": "90",
    "pause_window": "1", "review_percent": "0", "consensus": "majority",
    "order": "oldest", "autopilot": "to_release",
    "reuse_audit_percent": "7", "explore_percent": "15", "reuse": "on",
}  # fmt: skip


def seeded(client: Client) -> tuple[Project, GoldItem]:
    """A project that a lead has set up through the pages, with one gold and one open item."""
    project = make_project(overlap=1)
    make_rollout(make_pair(project, gold={"3": "match", "4": "none", "5": "2"}))
    make_item(project)
    client.force_login(make_user(Role.LEAD))
    home = f"/quality/{project.slug}/"
    assert client.post(home + "settings/", SETTINGS).status_code == 302
    refused = client.post(home + "settings/", SETTINGS | {"gold_percent": "many"})
    assert refused.status_code == 422
    page = client.post(home + "gold/add/", {"limit": "5"}, follow=True).content.decode()
    assert "1 gold item was added." in page
    return project, GoldItem.objects.get(project=project)


def submit_gold(client: Client, project: Project, **changed: str) -> str:
    """Where the answer leads."""
    client.get(f"/label/?project={project.slug}")
    claim = GoldTry.objects.get(answered_at=None).item.assignments.get(state="claimed")
    answer = client.post(f"/label/{claim.pk}/submit/?project={project.slug}", RIGHT | changed)
    assert answer.status_code == 302, answer.content
    return str(answer["Location"])


def test_wrong_steps_are_named_but_answers_only_after_the_last_attempt(client: Client) -> None:
    project, gold = seeded(client)
    gold.note = "Blue is not red."
    gold.save()
    client.force_login(make_user())
    link = submit_gold(client, project, **{"value-5": "4", "reason-5": "x"})
    first = client.get(link).content.decode()
    assert "1 step was not right" in first
    assert "2 Mismatch" not in first
    assert "Blue is not red." not in first
    assert client.post(f"{link}retry/").status_code == 302
    link = submit_gold(client, project, **{"value-5": "3", "reason-5": "x"})
    last = client.get(link).content.decode()
    assert "2 Mismatch" in last
    assert "Blue is not red." in last
    assert "Try again" not in last


def test_a_right_answer_goes_straight_on(client: Client) -> None:
    project, _ = seeded(client)
    client.force_login(make_user())
    link = submit_gold(client, project)
    assert link.startswith("/label/")
    assert b"every step was right" in client.get(link).content


def test_a_paused_person_reads_why_and_a_lead_lets_them_go_on(client: Client) -> None:
    project, _ = seeded(client)
    person = make_user()
    client.force_login(person)
    submit_gold(client, project, **{"value-5": "4", "reason-5": "x"})
    page = client.get(f"/label/?project={project.slug}").content.decode()
    assert "You are paused" in page
    assert "67 %" in page
    pause = Pause.objects.get()
    lift = f"/quality/pauses/{pause.pk}/lift/"
    assert client.post(lift).status_code == 403
    client.force_login(make_user(Role.LEAD))
    assert str(person) in client.get(f"/quality/{project.slug}/gold/").content.decode()
    client.post(lift, {"note": "talked"})
    client.force_login(person)
    assert b"You are paused" not in client.get(f"/label/?project={project.slug}").content


def test_a_dispute_goes_to_a_lead_and_back(client: Client) -> None:
    project, gold = seeded(client)
    person = make_user()
    client.force_login(person)
    link = submit_gold(client, project, **{"value-5": "4", "reason-5": "x"})
    client.post(f"{link}dispute/", {"reason": "Tier 4, by the text."})
    assert "a lead will look at it" in client.get(link).content.decode()
    dispute = GoldDispute.objects.get()
    client.force_login(make_user(Role.LEAD))
    assert b"Tier 4, by the text." in client.get(f"/quality/{project.slug}/gold/").content
    item_page = f"/quality/gold/{gold.pk}/"
    assert b"Uphold the gold" in client.get(item_page).content
    form = {"decision": "change", "answer-3": "match", "answer-4": "none", "answer-5": "4"}
    client.post(f"/quality/disputes/{dispute.pk}/decide/", form | {"note": "Yes."})
    page = client.get(item_page).content.decode()
    assert "gold was changed" in page
    assert "against" not in page
    assert "give tier 2, not 4" in page, "the rules table objects"
    client.force_login(person)
    assert "You were right" in client.get(link).content.decode()


def test_a_resolved_item_is_made_gold_by_a_button(client: Client) -> None:
    project = make_project(overlap=1)
    item = make_item(project)
    submit(item, make_user())
    item_resolve(item=item)
    client.force_login(make_user(Role.LEAD))
    client.post(f"/quality/items/{item.pk}/gold/", {"note": "clear case"})
    gold = GoldItem.objects.get()
    assert (gold.rollout, gold.note) == (item.rollout, "clear case")
    client.post(f"/quality/gold/{gold.pk}/retire/", {"active": "0"})
    gold.refresh_from_db()
    assert not gold.active


def test_feedback_is_ones_own_and_gold_is_for_leads(client: Client) -> None:
    project, gold = seeded(client)
    client.force_login(make_user())
    link = submit_gold(client, project, **{"value-5": "4", "reason-5": "x"})
    client.force_login(make_user())
    assert client.get(link).status_code == 404
    for page in (f"/quality/{project.slug}/gold/", f"/quality/gold/{gold.pk}/"):
        assert client.get(page).status_code == 403
    assert QueueItem.objects.filter(state="gold").count() == 1

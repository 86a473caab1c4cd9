"""The start page tells everybody which round is open and what waits for them."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation.people.roles import Role
from tests.factories import make_project, make_user
from tests.training.rounds.played import PLAN, decided, facts, round_make, sampled, shop_make
from tests.training.world import pair_make
from training.models import Checkpoint
from training.rounds.rounds import round_advance, round_start, round_stop

pytestmark = pytest.mark.django_db
ADDRESS = "/training/rounds/waiting/"


def client_of(role: Role) -> Client:
    client = Client()
    client.force_login(make_user(role))
    return client


def part(client: Client) -> str:
    answer = client.get(ADDRESS, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_start_page_fetches_it_for_every_role() -> None:
    make_project()
    for role in (Role.ANNOTATOR, Role.LEAD, Role.ML_ENGINEER):
        assert f'hx-get="{ADDRESS}"' in client_of(role).get("/").content.decode()


def test_without_a_round_leads_and_engineers_may_start_one_and_annotators_see_nothing() -> None:
    make_project()
    for role in (Role.LEAD, Role.ML_ENGINEER):
        assert 'href="/circle/"' in part(client_of(role))
    assert part(client_of(Role.ANNOTATOR)).strip() == ""


def test_each_role_has_the_button_of_what_waits_for_it_and_no_other() -> None:
    project = shop_make()
    row = round_make(project)
    annotator, lead, engineer = (
        client_of(role) for role in (Role.ANNOTATOR, Role.LEAD, Role.ML_ENGINEER)
    )
    for client in (annotator, lead, engineer):
        page = part(client)
        assert "Waits for a worker: 0 of 2 rollouts are sampled" in page
        assert "btn" not in page
    sampled(row)
    label = f'href="/label/?project={project.slug}"'
    assert label in part(annotator)
    assert label not in part(engineer)
    row.items.update(state="split")
    assert f'href="/adjudication/?project={project.slug}"' in part(lead)
    assert "btn" not in part(annotator)
    row.items.update(state="open")
    decided(row)
    advance = f'action="/circle/{project.slug}/advance/"'
    for client in (lead, engineer):
        assert advance in part(client)
    assert "Cut the release" not in part(annotator)
    round_advance(round_id=row.pk)
    round_advance(round_id=row.pk)
    run = facts(row).judging
    assert run is not None
    run.state = "failed"
    run.save()
    assert f'href="/training/runs/{run.pk}/"' in part(engineer)
    assert f"/training/runs/{run.pk}/" not in part(lead)
    round_stop(round_id=row.pk, reason="")
    assert "No round is open" in part(lead)


def test_an_annotator_who_may_not_label_there_is_not_sent_to_the_queue() -> None:
    project, stranger = shop_make(), client_of(Role.ANNOTATOR)
    sampled(round_make(project))
    project.pool.add(make_user(Role.ANNOTATOR))
    page = part(stranger)
    assert "Waits for annotators" in page
    assert "btn" not in page


def test_of_two_projects_the_one_that_waits_for_the_person_comes_first() -> None:
    round_make(shop_make())
    second = make_project()
    pair_make(second, "green chair", "a green chair")
    policy = Checkpoint.objects.get(name="seed")
    sampled(round_start(project=second, policy=policy, plan=PLAN).round)
    page = part(client_of(Role.ANNOTATOR))
    assert page.index("Waits for annotators") < page.index("Waits for a worker")


def test_who_has_no_role_gets_nothing_and_who_is_logged_out_no_page() -> None:
    nobody = Client()
    nobody.force_login(User.objects.create(username="nobody"))
    assert ADDRESS not in nobody.get("/").content.decode()
    assert nobody.get(ADDRESS).status_code == 403
    assert Client().get(ADDRESS, headers={"HX-Request": "true"}).status_code == 401

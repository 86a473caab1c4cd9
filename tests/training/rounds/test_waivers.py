"""A lead lets a round's runs start though the preflight refuses them: at each door."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from annotation.cot.errors import Denied, Invalid, PreflightRefused
from annotation.models import Project, Round
from annotation.people.roles import Role
from tests.api.clients import client_of
from tests.factories import make_user
from tests.training.rounds.played import (
    PLAN,
    facts,
    round_make,
    sampled,
    shop_make,
    state,
    tick,
    trained,
)
from tests.training.rounds.played import decided as people_decide
from training.models import Checkpoint, LaunchThresholds, LaunchWaiver, TrainingRun
from training.rollouts.tasks import rollouts_run
from training.rounds.rounds import round_advance, round_start, round_stop
from training.rounds.standing import State
from training.runs.tasks import run_launch
from training.runs.waivers import Waiver

pytestmark = pytest.mark.django_db
WHY = "the first round has no gold yet"


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    for task in (rollouts_run, run_launch):
        monkeypatch.setattr(task, "delay", lambda pk: None)


@pytest.fixture
def project() -> Project:
    """Its preflight refuses every launch."""
    project = shop_make()
    LaunchThresholds.objects.filter(project=project).update(stale_share=-0.1)
    return project


def refused_round(project: Project, **more: Any) -> Round:
    """Its labels are frozen; the reward model's run would be refused."""
    policy = Checkpoint.objects.get(name="seed")
    row = round_start(project=project, policy=policy, plan=PLAN, **more).round
    sampled(row)
    people_decide(row)
    round_advance(round_id=row.pk)
    assert state(row) == State.JUDGING
    return row


def test_what_a_threshold_refuses_a_lead_passes_over_with_a_reason(project: Project) -> None:
    row, lead = refused_round(project), make_user(Role.LEAD)
    with pytest.raises(PreflightRefused):
        round_advance(round_id=row.pk)
    with pytest.raises(Invalid, match="at least 20 characters"):
        round_advance(round_id=row.pk, waiver=Waiver(lead, "because"))
    with pytest.raises(Denied, match="is not a lead"):
        round_advance(round_id=row.pk, waiver=Waiver(make_user(Role.ML_ENGINEER), WHY))
    assert facts(row).judging is None
    round_advance(round_id=row.pk, waiver=Waiver(lead, WHY))
    waiver = LaunchWaiver.objects.get()
    assert (waiver.run, waiver.lead, waiver.reason) == (facts(row).judging, lead, WHY)


def test_a_waiver_of_the_whole_round_counts_for_its_runs_and_for_no_later_round(
    project: Project,
) -> None:
    lead = make_user(Role.LEAD)
    row = refused_round(project, autopilot="whole", waiver=Waiver(lead, WHY))
    tick(row)
    trained(facts(row).judging)
    tick(row)
    assert (
        list(LaunchWaiver.objects.values_list("run__round", "lead")) == [(row.pk, lead.pk)] * 2
    )
    trained(facts(row).training)
    second = tick(row)
    assert (second.number, second.waived_by, second.waiver) == (2, None, "")


def test_without_a_waiver_the_autopilot_stops_and_says_why(project: Project) -> None:
    row = refused_round(project, autopilot="whole")
    tick(row)
    row.refresh_from_db()
    assert "decided rollouts are stale; at most -0.10 of them may be" in row.stop_reason


def test_the_page_shows_what_speaks_against_it_and_takes_the_reason_of_a_lead(
    project: Project,
) -> None:
    row, address = refused_round(project), f"/circle/{project.slug}/"
    lead, engineer = Client(), Client()
    lead.force_login(make_user(Role.LEAD))
    engineer.force_login(make_user(Role.ML_ENGINEER))
    answer = engineer.post(f"{address}advance/")
    assert answer.status_code == 422
    assert "A lead may let it start all the same" in answer.content.decode()
    assert 'name="waiver"' not in answer.content.decode()
    assert engineer.post(f"{address}advance/", {"waiver": WHY}).status_code == 403
    assert 'name="waiver"' in lead.post(f"{address}advance/").content.decode()
    assert lead.post(f"{address}advance/", {"waiver": "because"}).status_code == 422
    assert facts(row).judging is None
    assert lead.post(f"{address}advance/", {"waiver": WHY}).status_code == 302
    assert LaunchWaiver.objects.get().run == facts(row).judging


def test_only_a_lead_is_offered_a_waiver_when_a_round_starts(project: Project) -> None:
    round_stop(round_id=round_make(project).pk, reason="")
    address = f"/circle/{project.slug}/"
    engineer, lead = Client(), Client()
    engineer.force_login(make_user(Role.ML_ENGINEER))
    lead.force_login(make_user(Role.LEAD))
    assert 'name="waiver"' not in engineer.get(address).content.decode()
    assert 'name="waiver"' in lead.get(address).content.decode()
    fields = PLAN | {"decided": 0, "autopilot": "off", "waiver": WHY}
    assert engineer.post(f"{address}start/", fields).status_code == 403
    assert lead.post(f"{address}start/", fields).status_code == 302
    assert Round.objects.get(number=2).waiver == WHY
    page = lead.get(address).content.decode()
    assert WHY in page


def test_the_api_and_the_command_take_it_too(project: Project) -> None:
    row, lead = refused_round(project), client_of(Role.LEAD)
    url = f"/api/v1/rounds/{row.pk}/advance/"
    refused = lead.post(url)
    assert refused.status_code == 422
    assert refused.json()["preflight"]
    assert (
        client_of(Role.ML_ENGINEER).post(url, {"waiver": WHY}, format="json").status_code == 403
    )
    boss = make_user(Role.LEAD)
    named = ("advance", "--project", project.slug, "--waive-by", boss.username)
    with pytest.raises(CommandError, match="at least 20 characters"):
        call_command("round", *named, "--reason", "because")
    with pytest.raises(CommandError, match="nobody active is named"):
        call_command("round", *named[:-1], "nobody", "--reason", WHY)
    assert lead.post(url, {"waiver": WHY}, format="json").status_code == 202
    assert TrainingRun.objects.get().refusals
    stop = f"/api/v1/rounds/{row.pk}/stop/"
    assert lead.post(stop, {}, format="json").status_code == 200
    call_command(
        "round", "start", "--project", project.slug, "--waive-by", boss.username, "--reason",
        WHY, stdout=StringIO(),
    )  # fmt: skip
    told = lead.get(f"/api/v1/rounds/{Round.objects.get(number=2).pk}/").json()["round"]
    assert (told["waived_by"], told["waiver"]) == (boss.username, WHY)

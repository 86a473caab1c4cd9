"""The page of judges, without a browser."""

from __future__ import annotations

from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation.models import Project
from annotation.people.roles import Role, role_grant
from tests.training.judges.conftest import RmMaker
from training.judges.appointing import rm_appoint
from training.judges.gate import GateReport, Measured
from training.models import RmGate
from training.scoring.select import current_rm

pytestmark = pytest.mark.django_db
PAGE = "/training/judges/?project=shop"


@pytest.fixture
def leading(client: Client, lead: User) -> Client:
    client.force_login(lead)
    return client


def test_an_engineer_sees_the_numbers_and_has_no_button_to_appoint(
    client: Client, project: Project, rm_of: RmMaker
) -> None:
    client.force_login(role_grant(user=User.objects.create_user("e"), role=Role.ML_ENGINEER))
    assert b"No reward model yet" in client.get(PAGE).content
    rm = rm_of("chairs")
    rows = [
        Measured("majority", 0.5, 0.7, -0.2, -0.3, -0.1, 0.0, passes=False),
        Measured("auc", None, 0.5, None, None, None, 0.0, passes=False),
    ]
    report = GateReport(40, 8, 400, "", rows)
    RmGate.objects.create(project=project, rm=rm, state="done", report=report.stored())
    page = client.get(PAGE).content.decode()
    for text in ("chairs", "not enough gold: 40 of 400", "-0.300 &gt; +0.00"):
        assert text in page
    assert "Nobody is in charge" in page
    assert "/appoint/" not in page
    assert "/gate/" in page
    assert client.post(f"/training/judges/{rm.pk}/appoint/").status_code == 403
    assert client.post("/training/judges/roll-back/").status_code == 403


def test_the_steps_that_a_judge_may_reward_are_told_from_those_it_may_not(
    leading: Client, rm_of: RmMaker
) -> None:
    by_kind = {"1": {"kappa": 0.2149}, "2": {"kappa": 0.52}, "3": {"kappa": None}}
    rm_of("chairs", report={"rm": {"held_out": {"by_kind": by_kind}}})
    page = " ".join(leading.get(PAGE).content.decode().split())
    assert "where kappa reaches 0.40" in page
    cell = '<td class="num nowrap">'
    for step, kappa, told in (
        ("Query analysis", "0.215", "<b>no</b>"),
        ("Item analysis", "0.520", "yes"),
        ("Category match", "–", '<span class="muted">the verifier does</span>'),
    ):
        row = f"{step}</th> {cell}{kappa}</td> <td> {told} </td>"
        assert row in page


def test_a_lead_overrides_rolls_back_and_the_history_keeps_it(
    leading: Client, project: Project, rm_of: RmMaker, lead: User
) -> None:
    first, second = rm_of("first"), rm_of("second")
    rm_appoint(project=project, rm=first, lead=lead, reason="a pilot", override=True)
    refused = leading.post(
        f"/training/judges/{second.pk}/appoint/", {"reason": "new"}, follow=True
    )
    assert "the gate has not measured it yet" in refused.content.decode()
    body = {"reason": "looks good", "override": "1"}
    done = leading.post(f"/training/judges/{second.pk}/appoint/", body, follow=True)
    assert "second is in charge now" in done.content.decode()
    back = leading.post(
        "/training/judges/roll-back/?project=shop", {"reason": "it was not"}, follow=True
    ).content.decode()
    assert current_rm(project) == first
    assert "first is in charge again" in back
    for text in ("a pilot", "looks good", "it was not", "overridden:"):
        assert text in back
    leading.post("/training/judges/roll-back/?project=shop", {"reason": "none at all"})


def test_measuring_again_sends_the_gate(
    leading: Client, rm_of: RmMaker, django_capture_on_commit_callbacks: object
) -> None:
    rm = rm_of("rm")
    with (
        mock.patch("training.judges.page.rm_gate.delay") as sent,
        django_capture_on_commit_callbacks(execute=True),  # type: ignore[operator]
    ):
        leading.post(f"/training/judges/{rm.pk}/gate/")
    sent.assert_called_once_with(RmGate.objects.get().pk)
    assert "being measured" in leading.get(PAGE).content.decode()

"""How often an audit contradicts the answer that would have been reused."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from annotation.cot.intervals import wilson
from annotation.deciding.resolution import item_resolve
from annotation.labelling.queue import queue_open
from annotation.models import Pair, Project, Resolution
from annotation.people.roles import Role
from annotation.quality.audits import audit_rates
from tests.factories import (
    labels_for,
    make_pair,
    make_project,
    make_resolved,
    make_rollout,
    make_user,
    submit,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    project = make_project(overlap=1)
    project.reuse_audit_percent = 100
    project.save()
    return project


def audited(pair: Pair, tier: str) -> None:
    item = queue_open(rollout=make_rollout(pair))
    assert item is not None
    assert item.reason == "audit"
    submit(item, make_user(), labels_for(tier=tier))
    item_resolve(item=item)


def rates(project: Project) -> dict[int, tuple[int, int]]:
    return {row.kind: (row.n, row.contradicted) for row in audit_rates(project)}


def test_each_step_is_compared_with_the_answer_that_stood(project: Project) -> None:
    first, second = make_pair(project), make_pair(project, "blue shoes")
    make_resolved(first, labels_for(tier="2"))
    make_resolved(second, labels_for(tier="3"))
    audited(first, "4")  # contradicts 2
    audited(first, "4")  # agrees with the newest, 4
    audited(second, "3")
    assert rates(project) == {1: (3, 0), 2: (3, 0), 3: (3, 0), 4: (3, 0), 5: (3, 1)}
    tier = audit_rates(project)[-1]
    assert (tier.low, tier.high) == wilson(1, 3)


def test_a_leads_word_is_what_would_have_been_reused(project: Project) -> None:
    pair = make_pair(project)
    make_resolved(pair, labels_for(tier="2"))
    Resolution.objects.filter(kind=5).update(source="adjudicated")
    make_resolved(pair, labels_for(tier="3"))
    audited(pair, "2")
    assert rates(project)[5] == (1, 0)


def test_what_a_lead_sent_and_what_is_withdrawn_is_no_draw_of_chance(project: Project) -> None:
    pair = make_pair(project)
    make_resolved(pair, labels_for(tier="2"))
    make_resolved(pair, labels_for(tier="3"), reason="audit")
    assert rates(project) == {}
    Resolution.objects.all().update(withdrawn_at=timezone.now())
    make_resolved(pair, labels_for(tier="3"))
    audited(pair, "4")
    assert rates(project)[5] == (1, 1)


def test_the_dashboard_and_the_api_show_the_rate(client: Client, project: Project) -> None:
    client.force_login(make_user(Role.ML_ENGINEER))
    home = f"/quality/{project.slug}/"
    assert "none of these is decided yet" in client.get(home).content.decode()
    pair = make_pair(project)
    make_resolved(pair, labels_for(tier="2"))
    audited(pair, "4")
    page = client.get(home).content.decode()
    assert "Reused answers, asked again" in page
    assert "100 %" in page
    rows = client.get(f"/api/v1/audits/?project={project.slug}").json()
    assert (rows[4]["n"], rows[4]["contradicted"], rows[4]["share"]) == (1, 1, 1.0)
    assert rows[4]["low"] == pytest.approx(0.2065, abs=1e-4)  # Wilson, 1 of 1
    client.force_login(make_user())
    assert client.get(f"/api/v1/audits/?project={project.slug}").status_code == 403

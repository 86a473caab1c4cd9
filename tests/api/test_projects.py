"""Projects, their settings and guideline over the API."""

from __future__ import annotations

import pytest

from annotation.models import Project, ProjectTombstone
from annotation.people.roles import Role
from tests.api.clients import client_of
from tests.factories import make_item, make_project, make_user

pytestmark = pytest.mark.django_db


def test_a_project_is_made_changed_and_deleted() -> None:
    lead = client_of(Role.LEAD)
    made = lead.post("/api/v1/projects/", {"slug": "shop", "name": "Shop"}, format="json")
    assert (made.status_code, made.json()["overlap"]) == (201, 2)
    people = [make_user().username for _ in range(2)]
    changes = {"overlap": 1, "gold_percent": 5, "autopilot": "whole", "pool": people}
    assert lead.patch("/api/v1/projects/shop/", changes, format="json").status_code == 200
    changed = lead.get("/api/v1/projects/shop/settings/").json()
    assert {name: changed[name] for name in changes} == changes
    project = Project.objects.get()
    assert (project.gold_percent, project.pool.count(), project.guideline_version) == (5, 2, 1)
    wrong = lead.post("/api/v1/projects/shop/delete/", {"name": "Shp"}, format="json")
    assert (wrong.status_code, Project.objects.count()) == (422, 1)
    gone = lead.post("/api/v1/projects/shop/delete/", {"name": "Shop"}, format="json")
    assert (gone.status_code, gone.json()["slug"]) == (200, "shop")
    assert (Project.objects.count(), ProjectTombstone.objects.count()) == (0, 1)


def test_wrong_settings_are_named_and_none_of_them_is_stored() -> None:
    project, lead = make_project(overlap=2), client_of(Role.LEAD)
    url = f"/api/v1/projects/{project.slug}/"
    wrong = {"gold_percent": 51, "order": "backwards", "pool": ["nobody"], "name": "New"}
    answer = lead.patch(url, wrong, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"].keys() == {"gold_percent", "order", "pool"}
    small = lead.patch(url, {"pool": [make_user().username], "name": "New"}, format="json")
    assert (small.status_code, small.json()["detail"]) == (
        422,
        "an item needs 2 people; name as many, or nobody for all",
    )
    project.refresh_from_db()
    assert project.name == project.slug


def test_a_changed_overlap_reaches_open_items_when_it_is_applied() -> None:
    item, lead = make_item(make_project(overlap=2)), client_of(Role.LEAD)
    url = f"/api/v1/projects/{item.project.slug}/"
    lead.patch(url, {"overlap": 1}, format="json")
    item.refresh_from_db()
    assert item.overlap == 2
    assert lead.post(f"{url}overlap/").json() == {"items": 1}
    item.refresh_from_db()
    assert item.overlap == 1


def test_engineers_read_all_settings_and_annotators_do_not() -> None:
    url = f"/api/v1/projects/{make_project().slug}/settings/"
    assert client_of(Role.ML_ENGINEER).get(url).json()["gold_percent"] == 0
    assert client_of(Role.ANNOTATOR).get(url).status_code == 403


def test_the_next_guideline_is_saved_over_the_version_it_started_from() -> None:
    project, lead = make_project(), client_of(Role.LEAD)
    body = {"project": project.slug, "text": "# New", "changed_kinds": [4], "base": 1}
    made = lead.post("/api/v1/guidelines/", body, format="json")
    assert (made.status_code, made.json()["number"]) == (201, 2)
    assert lead.post("/api/v1/guidelines/", body, format="json").status_code == 409
    rules = {"project": project.slug, "rules": "tier = "}
    assert lead.post("/api/v1/guidelines/", rules, format="json").status_code == 422
    kinds = {"project": project.slug, "changed_kinds": [6]}
    wrong = lead.post("/api/v1/guidelines/", kinds, format="json")
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["changed_kinds"])
    anna = client_of(Role.ANNOTATOR)
    listed = anna.get(f"/api/v1/guidelines/?project={project.slug}").json()
    assert [(row["number"], row["text"], row["changed_kinds"]) for row in listed] == [
        (2, "# New", [4]),
        (1, "", []),
    ]
    assert listed[0]["rules"] == listed[1]["rules"], "what is not sent stays"

"""A project ten times as large is asked about in as many queries."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation.deciding.resolution import item_resolve
from annotation.labelling.flags import flag_raise
from annotation.models import Project, QueueItem
from annotation.people.roles import Role
from annotation.quality.guidelines import guideline_save
from tests.annotation.labelling.gold_world import answer, claim_next, make_gold, served
from tests.factories import labels_for, make_item, make_project, make_user, submit

pytestmark = pytest.mark.django_db

PAGES = (
    "/", "/adjudication/", "/adjudication/{split}/", "/flags/", "/progress/?project={slug}",
    "{q}/", "{q}/people/{person}/", "{q}/agreement/", "{q}/agreement/?by=annotator",
    "{q}/agreement/?by=week", "{q}/agreement/explain/?step=5", "{q}/review/", "{q}/guideline/",
    "{q}/guideline/edit/", "{q}/stale/", "{q}/gold/", "{q}/overlap/", "{q}/delete/",
    "/quality/items/{resolved}/", "/guideline/{slug}/",
)  # fmt: skip
LISTS = (
    "me/", "projects/", "items/?project={slug}", "items/{resolved}/", "labels/?project={slug}",
    "resolutions/?project={slug}", "agreement/?project={slug}",
)  # fmt: skip


@pytest.fixture
def project() -> Project:
    project = make_project(overlap=3, max_overlap=3)
    project.review_percent = 100
    project.save()
    return project


def grow(project: Project, lead: User, size: int) -> dict[str, object]:
    """One more item resolved, split, open, flagged and gold, each by new people, and one more
    version of the guideline, ``size`` times; the addresses' values."""
    for _ in range(size):
        resolved, split = make_item(project, priority=9), make_item(project, priority=8)
        for tier in ("2", "3", "4"):
            person = make_user()
            submit(resolved, person)
            submit(split, person, labels_for(tier=tier))
        assert item_resolve(item=resolved) == QueueItem.State.RESOLVED
        assert item_resolve(item=split) == QueueItem.State.SPLIT
        flag_raise(item=make_item(project), person=lead, reason="look")
        gold_asked(project)
        text = f"{project.guideline}x"
        guideline_save(
            project=project, author=lead, text=text, rules=project.rules, changed_kinds=[5]
        )
    values = {"resolved": resolved.pk, "split": split.pk, "person": person.pk}
    return values | {"slug": project.slug, "q": f"/quality/{project.slug}"}


def gold_asked(project: Project) -> None:
    make_gold(project)
    person, project.gold_percent = make_user(), 50
    project.save()
    assert served(person, project, draw=0.0) is not None
    answer(person, claim_next(person, project), tier="3")
    project.gold_percent = 0
    project.save()


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200, url
    return len(captured)


@pytest.mark.parametrize("addresses", [PAGES, tuple(f"/api/v1/{one}" for one in LISTS)])
def test_one_five_and_ten_of_everything_take_as_many_queries(
    client: Client, project: Project, addresses: tuple[str, ...]
) -> None:
    lead = make_user(Role.LEAD)
    client.force_login(lead)
    counts: dict[str, list[int]] = {address: [] for address in addresses}
    for more in (1, 4, 5):
        values = grow(project, lead, more)
        for address in addresses:
            url = address.format(**values)
            client.get(url)  # what is read once a process
            counts[address].append(queries(client, url))
    assert {address: n for address, n in counts.items() if len(set(n)) > 1} == {}
    assert max(n[0] for n in counts.values()) <= 48

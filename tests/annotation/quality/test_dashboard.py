"""Progress over time, the forecast, and who may see whose numbers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from annotation.deciding.resolution import item_resolve
from annotation.labelling.gold import gold_save
from annotation.labelling.queue import queue_claim
from annotation.models import Assignment, GoldTry, Pause, Project
from annotation.people.roles import SIMULATED, Role
from annotation.quality.dashboard import daily, forecast
from annotation.quality.people_rows import people_rows
from tests.factories import (
    labels_for,
    make_item,
    make_pair,
    make_project,
    make_rollout,
    make_user,
    submit,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> tuple[User, User]:
    return make_user(), make_user()


@pytest.fixture
def project(people: tuple[User, User]) -> Project:
    """One item resolved by two people, one open with one of two submissions, one untouched."""
    project = make_project(overlap=2)
    first, second = make_item(project), make_item(project)
    make_item(project)
    for person in people:
        submit(first, person, labels_for(tier="3"))
    submit(second, people[0])
    item_resolve(item=first)
    return project


def test_every_day_has_a_row_with_what_was_submitted(
    project: Project, people: tuple[User, User]
) -> None:
    now = timezone.now()
    old = Assignment.objects.filter(annotator=people[1], state="submitted")
    old.update(submitted_at=now - timedelta(days=2), active_ms=30_000)
    rows = daily(project, days=3, now=now)
    assert [row.submitted for row in rows] == [1, 0, 2]
    assert (rows[0].day, rows[0].people, rows[0].active_ms) == (
        (now - timedelta(days=2)).date(),
        1,
        30_000,
    )
    assert [row.submitted for row in daily(project, people[1], days=3, now=now)] == [1, 0, 0]


@pytest.mark.parametrize(
    ("since", "per_day"),
    [
        (timedelta(minutes=1), 72),  # an hour at least: 3 * 24
        (timedelta(hours=2), 36),
        (timedelta(days=6), 0.5),
    ],
)
def test_the_forecast_is_what_is_left_over_the_pace_since_work_began(
    project: Project, since: timedelta, per_day: float
) -> None:
    # Two open items want 4 submissions and have 1, so 3 are left; 3 were made since.
    now = timezone.now()
    rows = Assignment.objects.filter(state="submitted")
    rows.update(submitted_at=now)
    rows.filter(pk=rows.order_by("pk")[0].pk).update(submitted_at=now - since)
    expected = forecast(project, now)
    assert expected.remaining == 3
    assert expected.per_day == pytest.approx(per_day)
    assert expected.days == pytest.approx(3 / per_day)


def test_without_a_pace_there_is_no_forecast_and_without_work_it_is_done(
    project: Project,
) -> None:
    later = timezone.now() + timedelta(days=30)
    expected = forecast(project, later)
    assert (expected.remaining, expected.days, expected.done_on) == (3, None, None)
    empty = forecast(make_project(), later)
    assert (empty.remaining, empty.days, empty.done_on) == (0, 0.0, later.date())


def test_gold_neither_counts_as_work_left_nor_as_pace(project: Project) -> None:
    before = forecast(project)
    gold_save(rollout=make_rollout(make_pair(project)), lead=None, answers={"5": "2"})
    Project.objects.filter(pk=project.pk).update(gold_onboarding=1)
    project.refresh_from_db()
    newcomer = make_user()
    claim = queue_claim(annotator=newcomer, project=project)
    assert claim is not None
    submit(claim.item, newcomer)
    assert GoldTry.objects.get().answered_at is not None
    after = forecast(project)
    assert (after.remaining, after.per_day) == (before.remaining, before.per_day)


def test_a_lead_sees_progress_forecast_agreement_and_people(
    client: Client, project: Project, people: tuple[User, User]
) -> None:
    Pause.objects.create(project=project, annotator=people[0], accuracy=0.5, n=4, threshold=0.8)
    client.force_login(make_user(Role.LEAD))
    page = client.get(f"/quality/{project.slug}/").content.decode()
    assert "1 of 3 items resolved" in page
    assert "3 submissions to go." in page
    assert 'aria-label="Submissions a day"' in page
    assert f"/quality/{project.slug}/people/{people[0].pk}/" in page
    assert ">paused<" in page


def test_an_account_that_acts_by_itself_is_marked_among_the_people(
    client: Client, project: Project, people: tuple[User, User]
) -> None:
    people[1].groups.add(Group.objects.create(name=SIMULATED))
    client.force_login(make_user(Role.LEAD))
    page = client.get(f"/quality/{project.slug}/").content.decode()
    assert page.count(">simulated<") == 1
    assert [row["username"] for row in people_rows(project) if row["simulated"]] == [
        people[1].username
    ]


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ("progress", "resolved,1"),
        ("throughput", ",3,2,"),
        ("people", ",2,2,"),
        ("agreement", ",5,,1"),
        ("gold", "week,n,accuracy"),
    ],
)
def test_every_table_of_the_dashboard_is_also_csv(
    client: Client, project: Project, table: str, line: str
) -> None:
    client.force_login(make_user(Role.ML_ENGINEER))
    answer = client.get(f"/quality/{project.slug}/", {"csv": table})
    assert answer["Content-Disposition"] == f'attachment; filename="{table}.csv"'
    assert line in answer.content.decode()


def test_annotators_see_their_own_page_and_no_other(
    client: Client, project: Project, people: tuple[User, User]
) -> None:
    client.force_login(people[0])
    own = f"/quality/{project.slug}/people/{people[0].pk}/"
    assert client.get(f"/quality/{project.slug}/")["Location"] == own
    page = client.get(own).content.decode()
    assert "My work" in page
    assert str(people[1]) not in page.replace(str(people[0]), "")
    assert client.get(f"/quality/{project.slug}/people/{people[1].pk}/").status_code == 403
    assert client.get("/quality/")["Location"] == f"/quality/{project.slug}/"


def test_a_persons_page_shows_labels_against_decisions(
    client: Client, project: Project, people: tuple[User, User]
) -> None:
    client.force_login(make_user(Role.LEAD))
    url = f"/quality/{project.slug}/people/{people[0].pk}/"
    page = client.get(url).content.decode()
    assert "1 of 1 as decided" in page
    confusion = client.get(url, {"csv": "confusion"}).content.decode().splitlines()
    assert "5,3,3,1" in confusion
    days = client.get(url, {"csv": "throughput"}).content.decode().splitlines()
    assert days[-1].split(",")[1] == "2"


def test_a_name_that_looks_like_a_formula_is_only_text_in_the_csv(
    client: Client, project: Project, people: tuple[User, User]
) -> None:
    User.objects.filter(pk=people[0].pk).update(username="=1+1")
    client.force_login(make_user(Role.LEAD))
    people_csv = client.get(f"/quality/{project.slug}/", {"csv": "people"}).content.decode()
    assert "\n'=1+1," in people_csv


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_days_of_the_charts_are_in_the_language_of_the_page(
    client: Client, project: Project, language: str
) -> None:
    client.force_login(make_user(Role.LEAD))
    page = client.get(f"/quality/{project.slug}/", headers={"Accept-Language": language})
    today = timezone.now()
    english, chinese = f"{today:%B} {today.day}", f"{today.month}月{today.day}日"
    shown = f"<title>{english if language == 'en' else chinese}: 3</title>"
    assert shown in "".join(line.strip() for line in page.content.decode().splitlines())


def test_agreement_and_progress_say_how_few_items_a_number_is_of(
    client: Client, people: tuple[User, User]
) -> None:
    project = make_project(overlap=2)
    for tiers in (("2", "2"), ("3", "3"), ("2", "3")):
        item = make_item(project)
        for person, tier in zip(people, tiers, strict=True):
            submit(item, person, labels_for(tier=tier))
    client.force_login(make_user(Role.LEAD))
    for url in (
        f"/quality/{project.slug}/agreement/",
        f"/quality/{project.slug}/agreement/explain/?step=5",
        f"/progress/?project={project.slug}",
    ):
        page = client.get(url).content.decode()
        assert page.count("3 items only: take with care") == 1, "steps 1 to 4 are undefined"
    slices = client.get(f"/quality/{project.slug}/agreement/?by=week").content.decode()
    assert slices.count("n 3, few") == 1

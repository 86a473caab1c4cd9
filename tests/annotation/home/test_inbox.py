"""The lead's start page: everything that waits, the most urgent first, and one button ahead."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotation.cot.rules import DEFAULT_RULES
from annotation.deciding.resolution import item_resolve
from annotation.home.inbox import inbox
from annotation.labelling.disputes import dispute_open
from annotation.labelling.flags import flag_raise
from annotation.labelling.queue import item_skip, queue_claim
from annotation.models import Assignment, Project, QueueItem, StepLabel, Submission
from annotation.people.roles import Role
from annotation.quality.drops import alpha_drops, alpha_drops_kept
from annotation.quality.guidelines import guideline_save
from annotation.quality.pace import fast_people
from annotation.quality.progress import home_summary
from tests.annotation.labelling.gold_world import answer, claim_next, make_gold, served
from tests.factories import labels_for, make_item, make_project, make_user, submit

pytestmark = pytest.mark.django_db
# match x none: tier 2 becomes 3
STRICTER = DEFAULT_RULES.replace("none = 2", "none = 3", 1)


def told(lead: User) -> list[str]:
    return [f"{entry.project.slug}: {entry.text}" for entry in inbox(home_summary(lead))]


def hurried(project: Project, milliseconds: int) -> User:
    person = make_user()
    for _ in range(5):
        submit(make_item(project), person)
    done = Assignment.objects.filter(annotator=person, item__project=project)
    done.update(active_ms=milliseconds)
    return person


def split(project: Project) -> QueueItem:
    item = make_item(project, priority=9)
    for tier in ("2", "3", "4"):
        submit(item, make_user(), labels_for(tier=tier))
    assert item_resolve(item=item) == QueueItem.State.SPLIT
    return item


def stale(project: Project) -> None:
    item = make_item(project, priority=9)
    for _ in range(item.overlap):
        submit(item, make_user())
    assert item_resolve(item=item) == QueueItem.State.RESOLVED
    guideline_save(project=project, author=None, text="", rules=STRICTER)


def disputed(project: Project) -> None:
    project.gold_percent = 50
    project.save()
    make_gold(project)
    make_item(project)
    person = make_user()
    assert served(person, project, draw=0.0) is not None
    row = answer(person, claim_next(person, project), tier="3")
    dispute_open(gold_try=row, annotator=person, reason="the product has it")


def busy() -> Project:
    """Something of every kind but the fall of an alpha."""
    project = make_project(overlap=3, max_overlap=3)
    split(project)
    stale(project)
    disputed(project)
    flag_raise(item=make_item(project), person=make_user(Role.LEAD), reason="look")
    hurried(make_project(overlap=1), 1500)
    return project


def test_every_kind_is_told_in_order_of_urgency() -> None:
    lead, project = make_user(Role.LEAD), busy()
    fast, *rest = told(lead)
    assert re.search(r": \w+ takes 1\.5 s an item, over 5 items of the last 24 h", fast)
    assert rest == [
        f"{project.slug}: 1 item is split.",
        f"{project.slug}: 1 gold answer is disputed.",
        f"{project.slug}: 1 flag waits for an answer.",
        f"{project.slug}: 1 decided rollout does not fit the guideline any more.",
    ]


def test_the_most_urgent_is_the_one_primary_action(client: Client) -> None:
    client.force_login(make_user(Role.LEAD))
    project = make_project(overlap=3, max_overlap=3)
    flag_raise(item=make_item(project), person=make_user(Role.LEAD), reason="look")
    primary = re.compile(r'<a class="btn primary" href="([^"]+)"')
    page = client.get("/").content.decode()
    assert primary.findall(page) == [f"/flags/?project={project.slug}"]
    split(project)
    page = client.get("/").content.decode()
    assert primary.findall(page) == [f"/adjudication/?project={project.slug}"]


def test_with_nothing_to_do_the_inbox_says_so(client: Client) -> None:
    client.force_login(make_user(Role.LEAD))
    make_item(make_project())
    page = client.get("/").content.decode()
    assert "Nothing: no split, flag, dispute or stale label" in page
    assert "btn primary" not in page


def test_annotators_and_engineers_have_no_inbox(client: Client) -> None:
    make_item(make_project())
    for role in (Role.ANNOTATOR, Role.ML_ENGINEER):
        client.force_login(make_user(role))
        page = client.get("/").content.decode()
        assert "Waiting for you" not in page
        assert ("Start labelling" in page) == (role is Role.ANNOTATOR)


def test_what_everybody_passed_is_in_the_inbox() -> None:
    project, person = make_project(overlap=1), make_user()
    make_item(project)
    given = queue_claim(annotator=person, project=project)
    assert given is not None
    item_skip(assignment=given, annotator=person, how="to_others", reason="x")
    assert told(make_user(Role.LEAD)) == [f"{project.slug}: 1 item was passed by everybody."]


def test_too_fast_is_a_median_of_two_seconds_over_five_items_of_a_day() -> None:
    project = make_project(overlap=1)
    person = hurried(project, 2000)
    (row,) = fast_people()
    assert (row.person_id, row.seconds, row.n) == (person.pk, 2.0, 5)
    assert fast_people(timezone.now() + timedelta(hours=25)) == []
    work = Assignment.objects.filter(annotator=person).order_by("pk")
    Assignment.objects.filter(pk__in=[row.pk for row in work[:3]]).update(active_ms=2001)
    assert fast_people() == [], "three of five took longer"
    work.update(active_ms=0)
    assert fast_people() == [], "nothing was measured"


def test_a_fall_of_alpha_from_one_week_to_the_next_is_told_with_both_numbers() -> None:
    # The week before: 10 items 2-2 and 10 items 3-3, alpha 1. The last week: 10 items 2-2 and
    # 10 items 2-3, so 30 labels say 2 and 10 say 3: observed 20 / 40, expected
    # 2 * 30 * 10 / (40 * 39), alpha = 1 - 0.5 / 0.3846 = -0.3.
    project, one, other = make_project(overlap=2), make_user(), make_user()
    weeks = ([("2", "2")] * 10 + [("3", "3")] * 10, [("2", "2")] * 10 + [("2", "3")] * 10)
    for days, tiers in zip((10, 3), weeks, strict=True):
        for first, second in tiers:
            item = make_item(project)
            submit(item, one, labels_for(tier=first))
            submit(item, other, labels_for(tier=second))
            at = timezone.now() - timedelta(days=days)
            StepLabel.objects.filter(item=item).update(created_at=at)
    assert told(make_user(Role.LEAD)) == [
        f"{project.slug}: Agreement on step 5 Final judgment fell from 1.00 to -0.30 in a week."
    ]
    last = Submission.objects.order_by("-pk")[0]
    Submission.objects.filter(pk=last.pk).update(undone_at=timezone.now())
    assert alpha_drops([project]) == {}, "nineteen items say too little"


def test_two_weeks_of_labels_are_not_read_again_for_each_page_that_is_opened() -> None:
    lead, project = make_user(Role.LEAD), make_project()
    for cleared, reads in ((False, 1), (False, 0), (True, 1)):
        if cleared:
            cache.clear()  # as after ten minutes
        with CaptureQueriesContext(connection) as captured:
            told(lead)
        weeks = [query for query in captured if "cardinality(answers) >= 2" in query["sql"]]
        assert len(weeks) == reads
    make_project()
    assert alpha_drops_kept([project]) == {}
    with CaptureQueriesContext(connection) as captured:
        told(lead)
    assert any("cardinality(answers) >= 2" in query["sql"] for query in captured), "the new one"


def test_the_inbox_takes_as_many_queries_for_ten_projects_as_for_one(client: Client) -> None:
    client.force_login(make_user(Role.LEAD))
    counts = []
    for more in (1, 4, 5):
        for _ in range(more):
            busy()
        client.get("/")
        with CaptureQueriesContext(connection) as captured:
            client.get("/")
        counts.append(len(captured))
    assert counts[0] == counts[1] == counts[2]
    assert counts[0] <= 25

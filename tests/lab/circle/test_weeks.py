"""What simulated people did in a minute, told as four weeks; a real person's times stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from annotation.models import Project, QueueItem, Resolution, Rollout, StepLabel, Submission
from annotation.people.roles import Role
from lab.simulate.people import person_create, queue_work_off
from lab.simulate.weeks import spread
from tests.browser import seed
from tests.factories import make_user
from tests.lab.circle.test_people import wrong_at_three

NOW = datetime(2026, 11, 26, 15, 0, tzinfo=ZoneInfo("Europe/Berlin"))  # a Thursday


def minutes(count: int) -> datetime:
    return datetime(2026, 11, 26, 10, 0, tzinfo=UTC) + timedelta(minutes=count)


def test_labels_are_spread_over_working_hours_and_the_rest_lies_between_them() -> None:
    told = spread([minutes(0), minutes(1), minutes(2), minutes(3)], 1, NOW)
    # Thu 19, Fri 20, Mon 23 to Wed 25: 40 hours, a label every ten, the first after five.
    expected = ["19T14:00", "20T16:00", "24T10:00", "25T12:00"]
    assert [f"{told(minutes(n)).astimezone(NOW.tzinfo):%dT%H:%M}" for n in range(4)] == expected
    assert told(minutes(0)) - told(minutes(-7)) == timedelta(minutes=7)
    assert told(minutes(10)) - told(minutes(3)) == timedelta(minutes=7)


def test_within_a_day_the_rest_is_spread_as_the_labels_are() -> None:
    told = spread([minutes(number) for number in range(40)], 1, NOW)  # eight a day
    between = told(minutes(0)) + (told(minutes(1)) - told(minutes(0))) / 2
    half = told(minutes(0) + timedelta(seconds=30))
    assert abs(half - between) < timedelta(milliseconds=1)


def test_nothing_is_told_of_the_night_between_two_labels() -> None:
    told = spread([minutes(number) for number in range(40)], 1, NOW)
    evening, morning = minutes(7), minutes(8)
    late, early = evening + timedelta(seconds=20), morning - timedelta(seconds=20)
    assert told(late) - told(evening) == timedelta(seconds=20)
    assert told(morning) - told(early) == timedelta(seconds=20)
    assert told(morning) - told(evening) > timedelta(hours=16)


def test_nothing_is_told_to_happen_in_the_future() -> None:
    told = spread([minutes(0)], 1, NOW)
    assert told(minutes(0) + timedelta(days=30)) == NOW


@pytest.mark.django_db(transaction=True)
def test_every_time_of_the_project_moves_and_their_order_stays() -> None:
    project = labelled()
    order = moments(project)
    call_command("simulate_weeks", project=project.slug, weeks=4)
    assert moments(project) == order
    label = StepLabel.objects.select_related("submission").first()
    assert label is not None
    assert timezone.now() - label.created_at > timedelta(days=7)
    assert label.created_at >= label.submission.created_at - timedelta(seconds=5)
    late = Submission.objects.filter(created_at__gt=F("assignment__item__closed_at"))
    assert not late.exists()


@pytest.mark.django_db(transaction=True)
def test_times_of_real_people_are_left_alone() -> None:
    project = labelled()
    person = make_user(username="somebody")
    Submission.objects.update(annotator=person)
    before = moments(project)
    with pytest.raises(CommandError, match="somebody is no simulated person"):
        call_command("simulate_weeks", project=project.slug)
    assert moments(project) == before


@pytest.mark.django_db
def test_a_project_without_labels_has_no_past_to_tell() -> None:
    project = seed.project_seed()
    with pytest.raises(CommandError, match="nobody has labelled"):
        call_command("simulate_weeks", project=project.slug)


def labelled() -> Project:
    project = seed.project_seed()
    seed.item_seed(project, seed.KETTLE)
    person = person_create(username="rater", role=Role.ANNOTATOR)
    assert queue_work_off(project=project, people=[(person, wrong_at_three)]) == 1
    return project


def moments(project: Project) -> list[str]:
    """What happened, in its order; what happened at once has one place."""
    rows: dict[str, datetime | None] = {
        "project": Project.objects.get(pk=project.pk).created_at,
        **{f"rollout {r.pk}": r.created_at for r in Rollout.objects.all()},
        **{f"opened {i.pk}": i.opened_at for i in QueueItem.objects.all()},
        **{f"closed {i.pk}": i.closed_at for i in QueueItem.objects.all()},
        **{f"submission {s.pk}": s.created_at for s in Submission.objects.all()},
        **{f"resolution {r.pk}": r.created_at for r in Resolution.objects.all()},
    }
    known = [(moment, name) for name, moment in rows.items() if moment is not None]
    return [name for _, name in sorted(known)]

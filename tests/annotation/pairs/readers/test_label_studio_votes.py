"""When a Label Studio file was said, what was corrected, what came late, what was not read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotation.deciding.resolution import item_reopen, item_resolve
from annotation.models import (
    Assignment,
    Pair,
    Project,
    QueueItem,
    Resolution,
    StepLabel,
    Submission,
)
from annotation.people.roles import Role
from tests.annotation.pairs.readers.test_label_studio_answers import (
    annotation,
    choice,
    imported,
    task,
    verdicts,
)
from tests.factories import make_project, make_user

pytestmark = pytest.mark.django_db
EARLY, LATE = "2024-03-31T01:30:00Z", "2024-05-01T12:00:00Z"


@pytest.fixture
def project() -> Project:
    return make_project(overlap=2, max_overlap=3)


def by(who: str, tier: str = "2", at: str = EARLY, changed: str = "") -> dict[str, Any]:
    return annotation(
        f"{who}@example.org", *verdicts(tier), created_at=at, updated_at=changed or at
    )


def tiers() -> list[tuple[str, str]]:
    """The valid ones, by who."""
    labels = StepLabel.objects.filter(kind=5, submission__undone_at=None)
    rows = labels.order_by("annotator__username").values_list("annotator__username", "value")
    return [(name.removesuffix("@example.org"), value) for name, value in rows]


def test_labels_have_the_date_they_were_given_on(project: Project, tmp_path: Path) -> None:
    one = by("ann", at="2024-10-27T00:30:00+02:00", changed="2024-10-28T00:00:00Z")
    imported(project, tmp_path, task(one))
    given = datetime(2024, 10, 26, 22, 30, tzinfo=UTC)
    assert set(StepLabel.objects.values_list("created_at", flat=True)) == {given}
    assert Assignment.objects.get().submitted_at == given
    stored = Submission.objects.get()
    assert stored.created_at == datetime(2024, 10, 28, tzinfo=UTC)
    assert stored.imported_at is not None


@pytest.mark.parametrize("date", ["yesterday", "0001-01-01T00:00:00+14:00", "2924-01-01"])
def test_a_date_that_is_none_is_a_bad_task(project: Project, tmp_path: Path, date: str) -> None:
    report = imported(project, tmp_path, task(by("ann", at=date)))
    assert f"created_at '{date}'" in report.errors[0][1]


def test_a_corrected_verdict_takes_the_place_of_the_earlier_one(
    project: Project, tmp_path: Path
) -> None:
    imported(project, tmp_path, task(by("ann")))
    second = imported(project, tmp_path, task(by("ann", "3", changed=LATE)))
    assert (second.created, second.changed, second.existing) == (0, 1, 0)
    assert tiers() == [("ann", "3")]
    assert StepLabel.objects.filter(kind=5).count() == 2, "both are in the history"
    assert QueueItem.objects.get().state == QueueItem.State.OPEN

    again = imported(project, tmp_path, task(by("ann", "3", changed=LATE)))
    older = imported(project, tmp_path, task(by("ann")))
    assert (again.existing, older.existing, older.changed) == (1, 1, 0)
    assert tiers() == [("ann", "3")]


def test_a_corrected_verdict_counts_when_the_full_item_is_decided(
    project: Project, tmp_path: Path
) -> None:
    imported(project, tmp_path, task(by("ann"), by("bob", "3")))
    imported(project, tmp_path, task(by("ann", "3", changed=LATE), by("bob", "3")))
    item = QueueItem.objects.get()
    assert item.state == QueueItem.State.LABELLED
    assert item_resolve(item=item) == QueueItem.State.RESOLVED
    assert Resolution.objects.get(kind=5).value == "3"


def test_a_verdict_corrected_after_the_decision_is_reported_until_a_lead_reopens_it(
    project: Project, tmp_path: Path
) -> None:
    imported(project, tmp_path, task(by("ann"), by("bob")))
    item = QueueItem.objects.get()
    item_resolve(item=item)
    corrected = task(by("ann", "3", changed=LATE), by("bob"))
    report = imported(project, tmp_path, corrected)
    assert "changed what they said, but the item is resolved" in report.errors[0][1]
    assert tiers() == [("ann", "2"), ("bob", "2")]
    item_reopen(item=item, lead=make_user(Role.LEAD), reason="ann changed her mind")
    assert imported(project, tmp_path, corrected).changed == 1
    assert tiers() == [("ann", "3"), ("bob", "2")]


def test_a_changed_verdict_without_a_date_is_reported(project: Project, tmp_path: Path) -> None:
    plain = [annotation("ann@example.org", *verdicts(tier)) for tier in "23"]
    imported(project, tmp_path, task(plain[0]))
    report = imported(project, tmp_path, task(plain[1]))
    assert "something else about step 5 than before" in report.errors[0][1]
    assert tiers() == [("ann@example.org".removesuffix("@example.org"), "2")]


def test_a_late_vote_joins_the_decided_item(project: Project, tmp_path: Path) -> None:
    imported(project, tmp_path, task(by("ann"), by("bob")))
    item = QueueItem.objects.get()
    item_resolve(item=item)
    decided = Resolution.objects.count()
    report = imported(project, tmp_path, task(by("ann"), by("bob"), by("cid", "3")))
    assert (report.created, report.existing, report.joined) == (1, 2, 1)
    item.refresh_from_db()
    assert (item.state, item.overlap) == (QueueItem.State.RESOLVED, 3)
    assert QueueItem.objects.count() == 1
    assert Resolution.objects.count() == decided, "the decision stands"
    assert tiers() == [("ann", "2"), ("bob", "2"), ("cid", "3")]


def test_a_step_that_one_person_left_out_is_no_consensus_of_the_other(
    project: Project, tmp_path: Path
) -> None:
    four = annotation("bob@example.org", *verdicts()[:2], *verdicts()[3:], created_at=EARLY)
    imported(project, tmp_path, task(by("ann"), four))
    item = QueueItem.objects.get()
    assert item_resolve(item=item) == QueueItem.State.OPEN
    assert not Resolution.objects.exists()
    imported(project, tmp_path, task(by("ann"), four, by("cid")))
    assert item_resolve(item=item) == QueueItem.State.RESOLVED
    assert Resolution.objects.get(kind=3).n == 2


def test_a_late_vote_on_a_split_item_has_it_decided_anew(
    project: Project, tmp_path: Path
) -> None:
    Project.objects.update(max_overlap=2)
    imported(project, tmp_path, task(by("ann"), by("bob", "3")))
    item = QueueItem.objects.get()
    assert item_resolve(item=item) == QueueItem.State.SPLIT
    late = task(by("ann"), by("bob", "3"), by("cid", "3"))
    assert "max_overlap is 2: raise it" in imported(project, tmp_path, late).errors[0][1]
    Project.objects.update(max_overlap=3)
    imported(project, tmp_path, late)
    assert item_resolve(item=item) == QueueItem.State.RESOLVED
    assert Resolution.objects.get(kind=5).value == "3"


@pytest.mark.parametrize("lead_time", [float("inf"), float("-inf"), float("nan"), "x", -3])
def test_a_time_that_is_none_counts_as_none(
    project: Project, tmp_path: Path, lead_time: object
) -> None:
    imported(project, tmp_path, task({**by("ann"), "lead_time": lead_time}))
    assert Assignment.objects.get().active_ms == 0


@pytest.mark.parametrize(
    ("results", "told"),
    [
        ([choice("verdict_1", "Correct")], "verdict_1 'Correct' is not one of correct, "),
        ([choice("value_5", "4 Excellent")], "value_5 '4 Excellent' is not one of 4, 3, 2, 1"),
        (
            [{"from_name": "relevance", "type": "rating", "value": {"rating": 4}}],
            "annotation 1: no control but relevance (rating); those read are verdict_1 to",
        ),
        (
            [choice("verdict_1", "correct"), choice("verdict_1", "unsure")],
            "verdict_1 is answered twice, 'correct' and 'unsure'",
        ),
        (
            [{"from_name": "value_5", "value": {"choices": ["4", "3"]}}],
            "value_5 has several choices, '3', '4'",
        ),
        (["verdict_1"], "annotation 1: result is not a list of objects"),
    ],
)
@pytest.mark.parametrize("kind", ["submissions", "pairs"])
def test_what_is_not_understood_is_said_and_is_no_success(
    project: Project, tmp_path: Path, results: list[Any], told: str, kind: str
) -> None:
    file, err = tmp_path / "tasks.json", StringIO()
    file.write_text(json.dumps([task(annotation("ann@example.org", *results))]))
    words = [str(file), "--adapter", "label-studio", "--as", kind, "--project", project.slug]
    with pytest.raises(CommandError):
        call_command("import_pairs", *words, stdout=StringIO(), stderr=err)
    assert told in err.getvalue()
    assert not Submission.objects.exists()


def test_other_controls_beside_ours_are_named(project: Project, tmp_path: Path) -> None:
    mood = {"from_name": "mood", "type": "rating", "value": {"rating": 4}}
    file, out = tmp_path / "tasks.json", StringIO()
    file.write_text(json.dumps([task(annotation("ann@x.org", *verdicts(), mood))]))
    words = [str(file), "--adapter", "label-studio", "--as", "submissions"]
    call_command("import_pairs", *words, "--project", project.slug, stdout=out)
    assert "not read: mood (rating)" in out.getvalue()


def test_a_file_without_annotations_is_no_success_as_submissions(
    project: Project, tmp_path: Path
) -> None:
    file = tmp_path / "tasks.json"
    file.write_text(json.dumps([task()]))
    words = [str(file), "--adapter", "label-studio", "--as", "submissions"]
    with pytest.raises(CommandError, match=r"no task of tasks\.json has an annotation"):
        call_command("import_pairs", *words, project=project.slug, stdout=StringIO())
    assert Pair.objects.count() == 1


def test_bad_tasks_are_a_success_when_they_are_expected(
    project: Project, tmp_path: Path
) -> None:
    file, out = tmp_path / "tasks.json", StringIO()
    bad = task(annotation("bob@x.org", choice("verdict_1", "Correct")))
    file.write_text(json.dumps([task(by("ann")), bad]))
    words = [str(file), "--adapter", "label-studio", "--as", "submissions", "--skip-bad"]
    call_command("import_pairs", *words, project=project.slug, stdout=out, stderr=StringIO())
    assert "1 submissions of people stored" in out.getvalue()
    assert "1 bad tasks" in out.getvalue()

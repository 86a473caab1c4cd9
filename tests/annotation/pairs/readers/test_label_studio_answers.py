"""Label Studio annotations as the submissions of their people."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from annotation.exports.formats import ExportFilter, format_named
from annotation.exports.jobs import export_write
from annotation.labelling.queue import queue_claim
from annotation.labelling.submissions_import import SubmissionReport, submissions_import
from annotation.models import Pair, Project, QueueItem, Rollout, StepLabel, Submission
from tests.factories import (
    cot,
    labels_for,
    make_item,
    make_project,
    make_user,
    submit,
)

pytestmark = pytest.mark.django_db
STEPS = {f"step_{n}": f"## {part.strip()}" for n, part in enumerate(cot().split("## ")[1:], 1)}


def choice(name: str, value: str) -> dict[str, Any]:
    return {"from_name": name, "type": "choices", "value": {"choices": [value]}}


def verdicts(value: str = "2") -> list[dict[str, Any]]:
    """All correct, but the tier by its value alone; the steps claim tier 2."""
    steps = [choice(f"verdict_{kind}", "correct") for kind in (1, 2, 3, 4)]
    return [*steps, choice("value_5", value)]


def annotation(who: Any, *results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"completed_by": who, "result": list(results), "lead_time": 1.5, **more}


def task(*annotations: dict[str, Any], **data: Any) -> dict[str, Any]:
    facts = {"query": "red shoes", "title": "Blue trail shoes", **STEPS, **data}
    return {"data": facts, "annotations": list(annotations)}


def imported(
    project: Project, folder: Path, *tasks: dict[str, Any], origin: str = "ls.example.org"
) -> SubmissionReport:
    file = folder / "tasks.json"
    file.write_text(json.dumps(tasks))
    return submissions_import(project=project, path=file, origin=origin)


def test_each_person_has_a_submission_of_their_own_and_nothing_is_gold(tmp_path: Path) -> None:
    project, known = make_project(overlap=2), make_user()
    User.objects.filter(pk=known.pk).update(email="Ann@Example.org")
    report = imported(
        project,
        tmp_path,
        task(
            annotation({"id": 7, "email": "ann@example.org"}, *verdicts("2")),
            annotation(8, *verdicts("3")),
        ),
    )
    assert (report.created, report.people, report.errors) == (2, 1, [])
    assert Pair.objects.get().gold == {}
    item = QueueItem.objects.get()
    assert (item.state, item.overlap) == (QueueItem.State.LABELLED, 2)
    tiers = StepLabel.objects.filter(kind=5).values_list("annotator", "verdict", "value")
    made = User.objects.get(username="label-studio-8")
    assert set(tiers) == {(known.pk, "correct", "2"), (made.pk, "incorrect", "3")}
    assert not made.is_active
    assert not made.has_usable_password()
    assert set(StepLabel.objects.filter(kind=4).values_list("value", flat=True)) == {"none"}
    assert set(Submission.objects.values_list("assignment__active_ms", flat=True)) == {1500}


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    project, one = make_project(overlap=1), task(annotation("bo@x.org", *verdicts()))
    imported(project, tmp_path, one)
    again = imported(project, tmp_path, one)
    assert (again.created, again.existing, again.people) == (0, 1, 0)
    assert (Submission.objects.count(), QueueItem.objects.count()) == (1, 1)


def test_an_item_waits_for_the_people_that_the_file_does_not_bring(tmp_path: Path) -> None:
    project = make_project(overlap=2)
    imported(project, tmp_path, task(annotation(1, *verdicts())))
    item = QueueItem.objects.get()
    assert item.state == QueueItem.State.OPEN
    claim = queue_claim(annotator=make_user(), project=project)
    assert claim is not None
    assert (claim.item_id, claim.slot) == (item.pk, 1)


def test_an_export_of_ours_comes_back_with_its_people(tmp_path: Path) -> None:
    project = make_project(overlap=1)
    person = make_user()
    submit(make_item(project), person, labels_for(tier="3"))
    file = tmp_path / "tasks.json"
    chosen = ExportFilter(project)
    export_write(format=format_named("label-studio"), chosen=chosen, path=file)
    report = submissions_import(project=project, path=file)
    assert (report.created, report.existing) == (0, 1), "in its own project it is known"

    other = make_project(overlap=1)
    assert submissions_import(project=other, path=file).created == 1
    labels = StepLabel.objects.filter(item__project=other, annotator=person)
    labelled = list(labels.order_by("kind").values_list("verdict", "value"))
    assert labelled == [
        ("correct", ""),
        ("correct", ""),
        ("correct", "match"),
        ("correct", "none"),
        ("incorrect", "3"),
    ]
    made = Rollout.objects.get(pair__project=other)
    assert (made.policy, made.prompt_version) == ("seed", "own"), "nobody here asked for it"


def test_a_bad_task_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    project = make_project(overlap=1, max_overlap=1)
    two = task(annotation(1, *verdicts()), annotation(2, *verdicts()))
    contradiction = annotation(3, choice("verdict_5", "correct"), choice("value_5", "4"))
    report = imported(
        project,
        tmp_path,
        two,
        task(contradiction),
        task(annotation(4, *verdicts()), step_1="", step_2="", step_3="", step_4="", step_5=""),
        task(annotation(5, *verdicts()), query=""),
    )
    assert [line for line, _ in report.errors] == [1, 2, 3, 4]
    assert "overlap" in report.errors[0][1]
    assert "step 5" in report.errors[1][1]
    assert report.errors[2][1] == "the task has no step_1 to step_5"
    assert report.errors[3][1] == "the query is missing"
    assert (report.created, report.people) == (0, 0)
    assert not Submission.objects.exists()
    assert not QueueItem.objects.exists()
    assert not User.objects.exists()


def test_what_was_cancelled_or_left_empty_says_nothing(tmp_path: Path) -> None:
    cancelled = annotation(1, *verdicts(), was_cancelled=True)
    report = imported(make_project(), tmp_path, task(cancelled, annotation(2)), task())
    assert (report.tasks, report.created) == (0, 0)
    assert Pair.objects.count() == 1


def test_an_unsure_verdict_keeps_its_comment_as_the_reason(tmp_path: Path) -> None:
    note = {"from_name": "comment_1", "type": "textarea", "value": {"text": ["two meanings"]}}
    unsure = [choice("verdict_1", "unsure"), note, choice("verdict_2", "unsure")]
    imported(make_project(overlap=1), tmp_path, task(annotation(1, *unsure)))
    reasons = StepLabel.objects.order_by("kind").values_list("verdict", "reason")
    assert list(reasons) == [
        ("unsure", "two meanings"),
        ("unsure", "no reason was given in Label Studio"),
    ]


def test_the_command_stores_submissions_and_refuses_other_formats(tmp_path: Path) -> None:
    file = tmp_path / "tasks.json"
    file.write_text(json.dumps([task(annotation(1, *verdicts()))]))
    out = StringIO()
    words = [str(file), "--project", make_project(overlap=1).slug, "--as", "submissions"]
    words += ["--origin", "ls.example.org"]
    call_command("import_pairs", *words, "--adapter", "label-studio", stdout=out)
    assert out.getvalue().startswith("1 annotated tasks read, 1 submissions of people stored")
    with pytest.raises(CommandError, match="needs --adapter label-studio"):
        call_command("import_pairs", *words)

"""The training, search and exchange formats, on one small decided project."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from annotation.cot.attributes import AttributeMark
from annotation.deciding.resolution import item_resolve
from annotation.exports.formats import ExportFilter, format_named, formats
from annotation.exports.jobs import export_job_create, export_job_run, export_write
from annotation.labelling.queue import item_skip, queue_claim
from annotation.models import Product, Project, Rollout, Step
from tests.annotation.exports.world import RIGHT, WRONG, decided_project
from tests.factories import (
    labels_for,
    make_item,
    make_pair,
    make_project,
    make_rollout,
    make_user,
    open_item,
    submit,
)
from training.models import Checkpoint, StepScore

pytestmark = pytest.mark.django_db

PROMPT = "query: red shoes\ntitle: Blue trail shoes\n---\n"


def rows_of(name: str, **chosen: str) -> list[dict[str, Any]]:
    format = format_named(name)
    return list(format.records(ExportFilter(decided_project(), **chosen)))


def passed_on(project: Project) -> None:
    """One more item, which somebody gave back."""
    item, person = make_item(project), make_user()
    claim = queue_claim(annotator=person, project=project)
    assert claim is not None
    assert claim.item_id == item.pk
    item_skip(assignment=claim, annotator=person, how="to_others", reason="no idea")


@pytest.mark.parametrize("name", sorted(formats()))
def test_every_format_writes_at_most_what_it_promised(name: str, tmp_path: Path) -> None:
    format, chosen = format_named(name), ExportFilter(decided_project())
    passed_on(chosen.project)
    target = tmp_path / f"out{format.suffix}"
    written = export_write(format=format, chosen=chosen, path=target)
    assert 0 < written <= format.total(chosen)


def test_sft_holds_the_verified_rollout_alone() -> None:
    (row,) = rows_of("sft")
    assert (row["prompt"], row["completion"]) == (PROMPT, RIGHT)


@pytest.mark.parametrize(
    ("version", "shown"), [("1", False), ("2", True), ("catalogue-1", True), ("own", True)]
)
def test_a_prompt_is_that_of_the_rollout_and_the_newest_where_a_writer_was_asked(
    version: str, shown: bool
) -> None:
    project = decided_project()
    Product.objects.update(description="of soft leather")
    Rollout.objects.update(prompt_version=version)
    (row,) = format_named("sft").records(ExportFilter(project))
    assert ("description: of soft leather\n" in row["prompt"]) == shown


def test_a_preference_is_the_verified_over_the_refuted_rollout_of_the_pair() -> None:
    (row,) = rows_of("preference")
    assert (row["prompt"], row["chosen"], row["rejected"]) == (PROMPT, RIGHT, WRONG)


def test_stepwise_supervision_stops_at_the_first_undecided_step() -> None:
    right, wrong, partly = rows_of("prm")
    assert right["labels"] == [True] * 5
    assert wrong["labels"] == [True] * 4 + [False]
    assert partly["labels"] == [True]
    assert "".join(f"{text}\n" for text in right["completions"]) == RIGHT
    assert right["sources"] == ["consensus"] * 5
    assert all(row["prompt"] == PROMPT for row in (right, wrong, partly))


def test_prm800k_rates_one_minus_one_and_null() -> None:
    ratings = [
        [step["completions"][0]["rating"] for step in row["label"]["steps"]]
        for row in rows_of("prm800k")
    ]
    assert ratings == [[1, 1, 1, 1, 1], [1, 1, 1, 1, -1], [1, None, 1, None, None]]


def test_processbench_names_the_first_error_and_leaves_out_the_undecided() -> None:
    right, wrong = rows_of("processbench")
    assert (right["label"], right["final_answer_correct"]) == (-1, True)
    assert (wrong["label"], wrong["final_answer_correct"]) == (4, False)


def test_prompts_carry_the_truth_in_columns() -> None:
    (row,) = rows_of("prompts")
    assert (row["category"], row["attribute"], row["tier"]) == ("match", "none", "2")
    assert row["sources"] == {"3": "consensus", "4": "consensus", "5": "consensus"}


def test_the_native_record_tells_human_and_reward_model_apart() -> None:
    project = decided_project()
    rm = Checkpoint.objects.create(name="rm-1", path="/m", kind=Checkpoint.Kind.RM)
    step = Step.objects.filter(kind=5).order_by("pk")[0]
    StepScore.objects.create(step=step, rm=rm, p=0.25)
    first, _, partly = format_named("native").records(ExportFilter(project))
    final = first["steps"][4]
    assert final["rm"] == {"p": 0.25, "version": "rm-1"}
    assert (final["human"]["verdict"], final["human"]["value"]) == ("correct", "2")
    assert (partly["steps"][1]["human"], partly["steps"][1]["rm"]) == (None, None)
    assert (first["tier"], partly["tier"]) == ("2", "")


def test_a_wrong_reasoning_with_the_claimed_value_is_exported_as_that() -> None:
    project = make_project(overlap=1)
    item = open_item(make_rollout(make_pair(project)))
    labels = [
        replace(label, verdict="incorrect") if label.kind == 3 else label
        for label in labels_for()
    ]
    submit(item, make_user(), labels)
    item_resolve(item=item)
    (record,) = format_named("native").records(ExportFilter(project))
    human = record["steps"][2]["human"]
    assert (human["verdict"], human["value"]) == ("incorrect", "match")
    (row,) = format_named("prm").records(ExportFilter(project))
    assert row["labels"] == [True, True, False, True, True]


def test_step_4_of_the_native_record_counts_what_was_said_about_each_attribute() -> None:
    project = make_project(overlap=2)
    item = open_item(make_rollout(make_pair(project)))
    for color in ("mismatch", "unknown"):
        marks = (AttributeMark("color", color), AttributeMark("size", "not_asked"))
        labels = [
            replace(label, attributes=marks) if label.kind == 4 else label
            for label in labels_for(attribute="none")
        ]
        submit(item, make_user(), labels)
    item_resolve(item=item)
    (record,) = format_named("native").records(ExportFilter(project))
    assert record["steps"][3]["human"]["attributes"] == [
        {"name": "color", "mismatch": 1, "unknown": 1},
        {"name": "size", "not_asked": 2},
    ]
    assert "attributes" not in record["steps"][2]["human"]


def test_a_decided_tier_is_one_judgment_for_each_search_tool() -> None:
    (quepid,) = rows_of("quepid")
    assert (quepid["query"], quepid["rating"]) == ("red shoes", 1)
    (group,) = rows_of("rre")
    assert list(group["relevant_documents"].values()) == [{"gain": 1}]
    (request,) = rows_of("rank-eval")
    assert [rating["rating"] for rating in request["ratings"]] == [1]


@pytest.mark.parametrize("name", ["rre", "rank-eval", "label-studio"])
def test_a_json_document_is_whole(name: str, tmp_path: Path) -> None:
    format = format_named(name)
    for project in (decided_project(), None):
        chosen = ExportFilter(project or decided_project(), split="" if project else "test")
        export_write(format=format, chosen=chosen, path=tmp_path / "out.json")
        assert json.loads((tmp_path / "out.json").read_text()) is not None


def test_a_label_studio_task_has_claims_as_prediction_and_people_as_annotation() -> None:
    right, wrong, partly = rows_of("label-studio")
    assert right["data"]["step_3"].endswith("category: match")
    claimed = {r["from_name"]: r["value"]["choices"] for r in wrong["predictions"][0]["result"]}
    assert claimed == {"value_3": ["match"], "value_4": ["none"], "value_5": ["4"]}
    (annotation,) = wrong["annotations"]
    choices = {r["from_name"]: r["value"]["choices"] for r in annotation["result"]}
    assert (choices["verdict_5"], choices["value_5"]) == (["incorrect"], ["2"])
    assert {r["to_name"] for r in partly["annotations"][0]["result"]} == {"step_1", "step_3"}


def test_a_dataset_folder_is_zipped_for_download(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    job = export_job_create(project=decided_project(), format="huggingface")
    export_job_run(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.filename[-4:], job.rows_written) == ("done", ".zip", 3)
    assert [path.name for path in (tmp_path / "exports").iterdir()] == [job.filename]


@pytest.mark.rl
def test_a_dataset_folder_opens_with_load_dataset_offline(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    format = format_named("huggingface")
    folder = tmp_path / "set"
    export_write(format=format, chosen=ExportFilter(decided_project()), path=folder)
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert list(loaded) == ["train"]
    rows = loaded["train"]
    assert rows["text"] == [RIGHT, WRONG, RIGHT]
    assert [step["human"] and step["human"]["verdict"] for step in rows[1]["steps"]] == [
        "correct", "correct", "correct", "correct", "incorrect",
    ]  # fmt: skip
    assert [bool(step["human"]) for step in rows[2]["steps"]] == [True, False, True] + [
        False
    ] * 2

"""An export claims no more than people decided."""

from __future__ import annotations

from typing import Any

import pytest

from annotation.cot.labels import LabelInput
from annotation.deciding.resolution import item_resolve
from annotation.exports.formats import ExportFilter, format_named
from annotation.exports.search import ratings
from annotation.models import Pair, Product, Project
from tests.factories import (
    cot,
    labels_for,
    make_pair,
    make_project,
    make_rollout,
    make_user,
    open_item,
    submit,
)
from training.runs.export_views import prm800k_rows, processbench_rows

pytestmark = pytest.mark.django_db
ALL = [True] * 5


def record(*verdicts: bool | None, kinds: tuple[int, ...] = (1, 2, 3, 4, 5)) -> dict[str, Any]:
    """A native record of steps with these decisions; None: undecided."""
    words = {True: "correct", False: "incorrect"}
    steps = [
        {
            "kind": kind,
            "text": f"step {kind}",
            "human": None if verdict is None else {"verdict": words[verdict], "value": ""},
        }
        for kind, verdict in zip(kinds, verdicts, strict=True)
    ]
    about = dict.fromkeys(
        ("query", "query_type", "split", "policy", "prompt_version", "title", "description"),
        "x",
    )
    ids = {"pair_id": 1, "rollout_id": 1, "attributes": [], "category_path": "", "tier": ""}
    return {**about, **ids, "parse_error": "", "steps": steps}


@pytest.mark.parametrize(
    ("verdicts", "reason"),
    [
        (ALL, "solution"),
        ([True, True, True, True, None], None),
        ([True, None, None, None, None], None),
        ([True, None, False, None, None], "found_error"),
    ],
)
def test_prm800k_says_solution_only_when_all_five_steps_are_right(
    verdicts: list[bool | None], reason: str | None
) -> None:
    (row,) = prm800k_rows([record(*verdicts)])
    assert row["label"]["finish_reason"] == reason


def test_prm800k_does_not_call_a_text_of_four_right_steps_a_solution() -> None:
    (row,) = prm800k_rows([record(*ALL[:4], kinds=(1, 2, 3, 4))])
    assert row["label"]["finish_reason"] is None


def test_processbench_knows_the_final_answer_only_where_step_5_was_decided() -> None:
    decided, undecided, missing = processbench_rows([
        record(True, False, True, True, False),
        record(True, False, None, None, None),
        record(True, False, True, True, kinds=(1, 2, 3, 4)),
    ])  # fmt: skip
    assert [row["label"] for row in (decided, undecided, missing)] == [1, 1, 1]
    assert decided["final_answer_correct"] is False
    assert undecided["final_answer_correct"] is None
    assert missing["final_answer_correct"] is None


def test_processbench_leaves_out_a_text_without_an_error_that_lacks_a_step() -> None:
    assert list(processbench_rows([record(*ALL[:4], kinds=(1, 2, 3, 4))])) == []


def decide(pair: Pair, tier: str) -> None:
    item = open_item(make_rollout(pair, cot(tier=tier)))
    submit(item, make_user(), labels_for(tier=tier))
    item_resolve(item=item)


def pair_with(project: Project, external_id: str, title: str) -> Pair:
    pair = make_pair(project)
    Product.objects.filter(pk=pair.product_id).update(external_id=external_id, title=title)
    return pair


def test_of_two_snapshots_of_a_product_the_newest_is_the_judgment() -> None:
    project = make_project(overlap=1)
    for tier in ("2", "1"):
        decide(pair_with(project, "sku-1", f"Shoes {tier}"), tier)
    assert list(ratings(ExportFilter(project))) == [
        {"query": "red shoes", "docid": "sku-1", "rating": 0}
    ]


def test_a_product_without_an_id_is_no_judgment_and_is_named() -> None:
    project = make_project(overlap=1)
    decide(pair_with(project, "", "Nameless shoes"), "2")
    decide(pair_with(project, "sku-1", "Red shoes"), "2")
    for name in ("quepid", "rre", "rank-eval"):
        format = format_named(name)
        assert len(list(format.records(ExportFilter(project)))) == 1
        assert format.notes(ExportFilter(project)) == [
            "1 decided pairs are left out, their product has no id: “Nameless shoes”"
        ]


def test_a_judgment_file_has_the_true_text_of_a_query_and_an_id(tmp_path: Any) -> None:
    project = make_project(overlap=1)
    pair = pair_with(project, "-12", "Freezer")
    Pair.objects.filter(pk=pair.pk).update(query="-5 c freezer")
    decide(Pair.objects.get(pk=pair.pk), "2")
    format = format_named("quepid")
    format.write(tmp_path / "out.csv", format.records(ExportFilter(project)))
    text = (tmp_path / "out.csv").read_text()
    assert text.splitlines() == ["query,docid,rating", "-5 c freezer,-12,1"]


def test_an_undecided_step_has_no_label(tmp_path: Any) -> None:
    project = make_project(overlap=1)
    item = open_item(make_rollout(make_pair(project)))
    submit(item, make_user(), [LabelInput(1, "correct")])
    item_resolve(item=item)
    (row,) = format_named("prm800k").records(ExportFilter(project))
    rated = [step["completions"][0]["rating"] for step in row["label"]["steps"]]
    assert rated == [1, None, None, None, None]

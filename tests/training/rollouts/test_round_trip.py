"""Rollouts that we export come back, whatever the format: pairs first, then their CoTs."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from annotation.cot.steps import LAYOUTS, StepKind, parse, render
from annotation.deciding.resolution import item_resolve
from annotation.exports.formats import ExportFilter, format_named
from annotation.exports.jobs import export_write, zipped
from annotation.labelling.rollouts import rollout_record
from annotation.models import Pair, Project, Rollout
from annotation.pairs.detect import unpacked
from annotation.pairs.write import pairs_import
from tests.factories import cot, make_project, make_user, open_item, submit
from training.rollouts.own.store import cots_import

pytestmark = pytest.mark.django_db

DECIDED = [("native", "file"), ("huggingface", "zip")]
WRITTEN = [("rollouts", "file"), ("rollouts-csv", "file"), ("rollouts-parquet", "file")]
QUICK = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20
)
bodies = texts.map(lambda text: f"x {text}") | st.sampled_from(
    ["a\r\nb", "  \u2028 x", "{}", "=1+1", '"', "a,b;c\td"]
)
key = st.fixed_dictionaries(
    {
        "query": texts.map(lambda text: f"q {text}"),
        "title": texts.map(lambda text: f"t {text}"),
        "product_id": st.sampled_from(["", "p-1", "007", "1.0"]),
        "locale": st.sampled_from(["", "en"]),
    }
)
rollouts = st.tuples(key, bodies, bodies, st.sampled_from(LAYOUTS))


def written(
    rows: list[tuple[dict[str, str], str, str, Any]], folder: Path
) -> tuple[Project, Project]:
    """Two projects of the same pairs; the first one has their rollouts."""
    path = folder / "pairs.jsonl"
    path.write_bytes(b"\n".join(orjson.dumps(pair) for pair, *_ in rows))
    first, second = make_project(overlap=1), make_project(overlap=1)
    for project in (first, second):
        pairs_import(project=project, path=path)
    pairs = list(Pair.objects.filter(project=first).order_by("pk"))
    for seed, (_pair, query, item, layout) in enumerate(rows):
        steps = {step.kind: step.body for step in parse(cot())}
        steps |= {StepKind.QUERY: query, StepKind.ITEM: item}
        text = render(steps, layout)
        pair = pairs[seed % len(pairs)]
        rollout_record(
            pair=pair, text=text, policy="p", prompt_version="1", seed=seed, layout=layout
        )
    return first, second


def exported(project: Project, name: str, folder: Path, form: str) -> Path:
    format = format_named(name)
    path = folder / f"out{format.suffix}"
    export_write(format=format, chosen=ExportFilter(project), path=path)
    return zipped(path) if form == "zip" else path


def told(project: Project) -> set[tuple[str, ...]]:
    """Each rollout with its pair and its steps."""
    rows = Rollout.objects.filter(pair__project=project).prefetch_related("steps")
    return {
        (
            row.pair.content_hash, row.layout, row.text, row.parse_error,
            *(f"{step.kind} {step.value} {step.sha256}" for step in row.steps.all()),
        )
        for row in rows.select_related("pair")
    }  # fmt: skip


def of_query(query: str) -> tuple[dict[str, str], str, str, Any]:
    pair = {"query": query, "title": "chair", "product_id": "p-1", "locale": ""}
    return pair, "x", "y", "answer_last"


@pytest.mark.parametrize(("name", "form"), DECIDED)
@QUICK
@given(st.lists(rollouts, min_size=1, max_size=3))
@example([of_query(f"chair {number}") for number in range(8)])  # of several splits
def test_decided_rollouts_come_back_with_their_steps(
    name: str, form: str, rows: list[tuple[dict[str, str], str, str, Any]]
) -> None:
    with TemporaryDirectory() as folder:
        first, second = written(rows, Path(folder))
        Rollout.objects.exclude(parse_error="").delete()
        for rollout in Rollout.objects.filter(pair__project=first):
            item = open_item(rollout)
            submit(item, make_user())
            item_resolve(item=item)
        path = exported(first, name, Path(folder), form)
        with unpacked(path, "cots") as files:
            report = cots_import(project=second, path=files.main)
    assert report.error_count == 0
    assert told(second) == told(first)


@pytest.mark.parametrize(("name", "form"), WRITTEN)
@QUICK
@given(st.lists(rollouts, min_size=1, max_size=3))
def test_every_rollout_comes_back_also_one_that_does_not_parse(
    name: str, form: str, rows: list[tuple[dict[str, str], str, str, Any]]
) -> None:
    with TemporaryDirectory() as folder:
        first, second = written(rows, Path(folder))
        pair = Pair.objects.filter(project=first).first()
        assert pair is not None
        rollout_record(
            pair=pair, text="no steps, only words", policy="p", prompt_version="1", seed=99
        )
        report = cots_import(project=second, path=exported(first, name, Path(folder), form))
    assert (report.error_count, report.counts["not_parsed"] > 0) == (0, True)
    assert told(second) == told(first)

"""Chains of thought that somebody brings along in a file."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from annotation.cot.errors import Invalid
from annotation.cot.steps import LAYOUTS, Layout, StepKind, parse, render
from annotation.deciding.resolution import item_resolve
from annotation.exports.formats import ExportFilter
from annotation.exports.formats import format_named as export_format
from annotation.exports.jobs import export_write
from annotation.labelling.rollouts import rollout_record
from annotation.models import Pair, Project, QueueItem, Rollout
from annotation.pairs.readers.rows import ImportFileError
from annotation.pairs.report import ImportRefused, ImportReport
from annotation.pairs.write import pairs_import
from tests.annotation.pairs.readers.traces import TRACES
from tests.factories import (
    cot,
    make_pair,
    make_product,
    make_project,
    make_user,
    open_item,
    submit,
)
from training.models import OWN, Checkpoint, RolloutBatch
from training.rollouts.own.store import cots_import
from training.rollouts.writers import catalogue_writer, own_writer, writer_start
from training.rollouts.written import chat_writers, writings

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    project = make_project(slug="shop")
    make_pair(project, "red shoes", make_product(project, "Blue trail shoes", "p7"))
    return project


def brought(
    project: Project, folder: Path, *rows: dict[str, Any], name: str = "in.jsonl", **how: Any
) -> ImportReport:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return cots_import(project=project, path=path, **how)


def row(**changed: Any) -> dict[str, Any]:
    return {"query": "red shoes", "product_id": "p7", "text": cot()} | changed


def test_a_cot_of_a_file_is_a_rollout_of_its_writer_and_people_are_asked_about_it(
    project: Project, tmp_path: Path
) -> None:
    report = brought(project, tmp_path, row(), writer="gpt at work")
    assert report.counts == {"cots": 1, "known": 0, "not_parsed": 0}
    rollout = Rollout.objects.get()
    assert (rollout.policy, rollout.text, rollout.parse_error) == ("gpt at work", cot(), "")
    assert rollout.steps.count() == 5
    assert QueueItem.objects.get().rollout == rollout
    (writing,) = writings(project)
    assert (writing.name, writing.state, writing.rollouts) == ("gpt at work", "done", 1)
    assert Checkpoint.objects.get().kind == Checkpoint.Kind.WRITER


def test_the_same_file_again_changes_nothing_and_another_text_is_another_cot(
    project: Project, tmp_path: Path
) -> None:
    brought(project, tmp_path, row(), row())
    again = brought(project, tmp_path, row(), row())
    assert again.counts == {"cots": 0, "known": 2, "not_parsed": 0}
    brought(project, tmp_path, row(text=cot(tier="1")), row())
    kept = Rollout.objects.order_by("pk").values_list("sample_index", "text")
    assert list(kept) == [(0, cot()), (1, cot(tier="1"))]
    assert RolloutBatch.objects.count() == 2, "a file that brought nothing is no request"


def test_a_cot_that_does_not_parse_is_kept_and_not_asked_about(
    project: Project, tmp_path: Path
) -> None:
    report = brought(project, tmp_path, row(), row(text="I would say 3."))
    assert report.counts == {"cots": 2, "known": 0, "not_parsed": 1}
    broken = Rollout.objects.get(text="I would say 3.")
    assert broken.parse_error == "missing_heading"
    assert QueueItem.objects.exclude(rollout=broken).count() == QueueItem.objects.count() == 1


def test_where_most_do_not_parse_none_is_queued_and_the_request_says_so(
    project: Project, tmp_path: Path
) -> None:
    report = brought(project, tmp_path, row(), row(text="a"), row(text="b"))
    assert Rollout.objects.count() == 3
    assert not QueueItem.objects.exists()
    reason = "only 1 of 3 rollouts are five-step answers"
    assert reason in RolloutBatch.objects.get().error
    assert any(reason in message for _, message in report.notices)


def test_a_check_keeps_nothing_and_tells_what_would_be_stored(
    project: Project, tmp_path: Path
) -> None:
    report = brought(project, tmp_path, row(), row(text="a"), dry_run=True)
    assert report.counts == {"cots": 2, "known": 0, "not_parsed": 1}
    assert not Rollout.objects.exists()
    assert not Checkpoint.objects.exists()


def test_every_bad_row_is_named_with_its_line_and_refuses_the_file_unless_it_is_passed_over(
    project: Project, tmp_path: Path
) -> None:
    bad = row(product_id="p8")
    with pytest.raises(ImportRefused, match="line 2: the project has no pair of query 'red"):
        brought(project, tmp_path, row(), bad)
    assert not Rollout.objects.exists()
    report = brought(project, tmp_path, row(), bad, {"query": "x"}, skip_bad=True)
    assert sorted(line for line, _ in report.errors) == [2, 3]
    assert report.counts["cots"] == 1


def test_a_title_names_the_product_where_one_product_alone_has_it(
    project: Project, tmp_path: Path
) -> None:
    by_title = {"query": "red shoes", "title": "blue  trail shoes", "text": cot()}
    assert brought(project, tmp_path, by_title).counts["cots"] == 1
    make_pair(project, "red shoes", make_product(project, "Blue trail shoes", "p8"))
    with pytest.raises(
        ImportRefused, match="several pairs: say the product_id, such as p7, p8"
    ):
        brought(project, tmp_path, by_title)


def test_the_query_is_compared_as_people_take_it_for_the_same(
    project: Project, tmp_path: Path
) -> None:
    assert brought(project, tmp_path, row(query=" Red  SHOES")).counts["cots"] == 1


def test_of_two_languages_the_row_says_which_and_of_two_snapshots_the_newest_is_taken(
    project: Project, tmp_path: Path
) -> None:
    other = make_pair(project, "red shoes", make_product(project, "Blue shoes", "p7"))
    report = brought(project, tmp_path, row())
    assert Rollout.objects.get().pair == other
    assert report.notices == [(1, "of 2 snapshots of the product the newest was taken")]
    Pair.objects.filter(pk=other.pk).update(locale="de")
    with pytest.raises(ImportRefused, match="say the locale, such as de, en"):
        brought(project, tmp_path, row(text=cot(tier="1")))
    brought(project, tmp_path, row(text=cot(tier="1"), locale="en"))
    assert Rollout.objects.get(text=cot(tier="1")).pair != other


def test_the_pairs_number_is_never_what_a_row_is_matched_by(
    project: Project, tmp_path: Path
) -> None:
    pair = make_pair(make_project(), "blue hat")
    numbered = {"pair_id": pair.pk, "rollout_id": 1, **row()}
    brought(project, tmp_path, numbered)
    assert Rollout.objects.get().pair.project == project


def test_five_parts_are_written_in_the_projects_layout(tmp_path: Path) -> None:
    project = make_project(layout="answer_first")
    make_pair(project, "red shoes", make_product(project, external_id="p7"))
    parts = {f"step_{n}": f"text {n}" for n in range(1, 6)}
    claims = {"category_match": "match", "attribute_match": "all", "tier": "4"}
    brought(project, tmp_path, row(text=None, **parts, **claims))
    rollout = Rollout.objects.get()
    assert rollout.text.startswith("## 5 final judgment\ntext 5\ntier: 4\n## 1 query")
    assert (rollout.layout, rollout.parse_error) == ("answer_first", "")


def test_a_whole_text_keeps_the_layout_in_which_it_parses(
    project: Project, tmp_path: Path
) -> None:
    first, rest = cot().rpartition("## 5 final judgment")[::2]
    brought(project, tmp_path, row(text=f"## 5 final judgment{rest}{first}"))
    rollout = Rollout.objects.get()
    assert (rollout.layout, rollout.parse_error) == ("answer_first", "")


@pytest.mark.parametrize("tool", TRACES)
def test_the_traces_of_each_tool_become_rollouts(
    tool: str, project: Project, tmp_path: Path
) -> None:
    record, parts = TRACES[tool]
    noise = {"id": "x", "name": "tool call"}
    report = brought(project, tmp_path, noise, record, parts=json.dumps(parts))
    assert (report.counts["cots"], report.error_count) == (1, 0)
    assert report.notices == [(1, "no part of a chain of thought is in it: passed over")]
    assert Rollout.objects.get().text == cot()


def test_a_name_that_is_somebody_elses_is_refused(project: Project, tmp_path: Path) -> None:
    name = catalogue_writer().name
    with pytest.raises(Invalid, match="is taken or too long"):
        brought(project, tmp_path, row(), writer=name)
    assert not Rollout.objects.exists()


def test_who_wrote_elsewhere_cannot_be_told_to_write_here(project: Project) -> None:
    with pytest.raises(Invalid, match="own writes elsewhere: import its CoTs in a file"):
        writer_start(project=project, writer=own_writer())
    assert own_writer().path == OWN
    assert not chat_writers().exists()


def test_an_empty_file_is_an_error(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="has no rows"):
        brought(project, tmp_path)


def test_the_command_reads_a_mapping_and_says_what_became_of_the_rows(
    project: Project, tmp_path: Path
) -> None:
    path = tmp_path / "cots.csv"
    text = cot().replace('"', '""')
    path.write_text(f'Suche;Artikel;Antwort\nred shoes;p7;"{text}"\nhat;p9;"{text}"\n')
    parts = json.dumps({"query": "Suche", "product_id": "Artikel", "text": "Antwort"})
    words = ["import_pairs", str(path), "--project", "shop", "--adapter", "cots"]
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError, match="1 bad row, the first in line"):
        call_command(*words, "--parts", parts, stdout=out, stderr=err)
    call_command(*words, "--parts", parts, "--writer", "ours", "--skip-bad", stdout=out)
    assert "1 chains of thought by ours stored, 0 of them do not parse" in out.getvalue()
    with pytest.raises(CommandError, match="does not take unknown columns"):
        call_command(*words, "--unknown-as-attributes", stdout=out, stderr=err)


_texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20
)
_bodies = _texts.map(lambda text: f"x {text}") | st.sampled_from(["a\r\nb", "  \u2028 x", "{}"])


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(_bodies, _bodies, st.sampled_from(LAYOUTS)), min_size=1, max_size=3))
def test_cots_that_we_export_come_back_the_same(
    written: list[tuple[str, str, Layout]],
) -> None:
    project, other = make_project(overlap=1), make_project(overlap=1)
    with TemporaryDirectory() as folder:
        pairs = Path(folder) / "pairs.jsonl"
        pairs.write_text('{"query": "red shoes", "title": "Shoes", "product_id": "p7"}\n')
        for each in (project, other):
            pairs_import(project=each, path=pairs)
        pair = Pair.objects.get(project=project)
        for seed, (query, item, layout) in enumerate(written):
            bodies = {step.kind: step.body for step in parse(cot())}
            bodies |= {StepKind.QUERY: query, StepKind.ITEM: item}
            text = "\ufeff" + render(bodies, layout) + "\r\n "
            judged(
                rollout_record(
                    pair=pair,
                    text=text,
                    policy="p",
                    prompt_version="1",
                    seed=seed,
                    layout=layout,
                )
            )
        path = Path(folder) / "out.jsonl"
        export_write(format=export_format("native"), chosen=ExportFilter(project), path=path)
        report = cots_import(project=other, path=path)
    assert report.error_count == 0
    assert told(other) == told(project) != set()


def judged(rollout: Rollout) -> None:
    """What does not parse is not exported."""
    assume(not rollout.parse_error)
    item = open_item(rollout)
    submit(item, make_user())
    item_resolve(item=item)


def told(project: Project) -> set[tuple[str, str, str]]:
    rows = Rollout.objects.filter(pair__project=project)
    return set(rows.values_list("pair__query", "text", "layout"))

"""What we export can be imported again, and is the same."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation.cot.splits import SPLITS, query_key
from annotation.deciding.resolution import item_resolve
from annotation.exports.formats import ExportFilter, format_named
from annotation.exports.jobs import export_write
from annotation.models import Pair, Product, Project
from annotation.pairs.readers.rows import QUERY_TYPES
from annotation.pairs.write import pairs_import
from tests.annotation.exports.world import decided_project
from tests.factories import (
    cot,
    labels_for,
    make_project,
    make_rollout,
    make_user,
    open_item,
    submit,
)

pytestmark = pytest.mark.django_db

# Export format -> the format of the importer that reads it again (docs/exporting.md).
BACK = {
    "native": "native",
    "huggingface": "native",
    "label-studio": "label-studio",
}
texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12
)
words = st.text("aé漢🙂 :;,|\"'\n\r\u2028[]{}<&\\\ufeff=-", min_size=1, max_size=8) | texts
visible = words.map(lambda text: f"x{text}".strip())
rows = st.fixed_dictionaries(
    {
        "query": visible,
        "title": visible,
        "product_id": words,
        "category_path": st.lists(words, max_size=3),
        "attributes": st.lists(st.tuples(words, words), max_size=3),
        "description": words,
        "image_url": st.sampled_from(["", "https://img.example.org/a.png?x=1&y=[2]"]),
        "query_type": st.sampled_from(["", *QUERY_TYPES]),
        "locale": st.sampled_from(["", "en", "zh-Hans"]),
        "split": st.sampled_from(["", *SPLITS]),
        "tier": st.sampled_from(["", "2"]),
    }
)


def decided(written: list[dict[str, Any]], folder: Path) -> Project:
    """Their pairs, each with a rollout that somebody judged."""
    project = make_project(overlap=1)
    path = folder / "in.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, written)))
    pairs_import(project=project, path=path)
    person = make_user()
    for pair in Pair.objects.filter(project=project):
        item = open_item(make_rollout(pair, cot()))
        submit(item, person, labels_for())
        item_resolve(item=item)
    return project


def exported(project: Project, name: str, folder: Path) -> list[Path]:
    format = format_named(name)
    path = folder / f"out{format.suffix}"
    export_write(format=format, chosen=ExportFilter(project), path=path)
    return sorted((path / "data").iterdir()) if format.folder else [path]


def told(project: Project) -> list[tuple[str, str, str]]:
    """Every pair with all that makes it and its product what they are."""
    pairs = Pair.objects.filter(project=project).select_related("product")
    return sorted((p.content_hash, p.product.content_hash, p.split) for p in pairs)


@pytest.mark.parametrize("name", BACK)
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(rows, min_size=1, max_size=4, unique_by=lambda row: query_key(str(row["query"])))
)
def test_an_export_is_the_same_rows_when_it_comes_back(
    name: str, written: list[dict[str, Any]]
) -> None:
    with TemporaryDirectory() as folder:
        project = decided(written, Path(folder))
        files, other = exported(project, name, Path(folder)), make_project()
        for file in files:
            report = pairs_import(project=other, path=file, adapter=BACK[name])
            assert (report.error_count, report.existing) == (0, 0)
            again = pairs_import(project=project, path=file, adapter=BACK[name])
            assert (again.error_count, again.created) == (0, 0)
        assert told(other) == told(project)


@pytest.mark.parametrize("name", ["native", "huggingface"])
def test_the_pairs_of_an_export_come_back_and_the_rest_is_named(
    name: str, tmp_path: Path
) -> None:
    project = decided_project()
    Product.objects.update(attributes=[["color", "red"], ["size", "9"]])
    again = make_project()
    for file in exported(project, name, tmp_path):
        report = pairs_import(project=again, path=file)
        assert (report.error_count, report.notice_count) == (0, 0)
        assert "rollout_id" in report.unknown
    (first, second) = Pair.objects.order_by("pk").select_related("product")
    assert (second.query, second.split) == (first.query, first.split)
    assert second.product.attributes == [["color", "red"], ["size", "9"]]
    assert second.product.title == first.product.title

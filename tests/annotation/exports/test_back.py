"""What we export can be imported again, and is the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation.cot.splits import SPLITS, query_key
from annotation.deciding.resolution import item_resolve
from annotation.exports.formats import ExportFilter, format_named, formats
from annotation.exports.jobs import export_write, zipped
from annotation.models import Pair, Product, Project, QueueItem
from annotation.pairs.detect import unpacked
from annotation.pairs.readers.rows import QUERY_TYPES
from annotation.pairs.report import ImportReport
from annotation.pairs.write import pairs_import
from tests.annotation.exports.world import decided_project
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
from verifier.services.truth import truth_refresh

pytestmark = pytest.mark.django_db

# Export format -> the format of the importer that reads it again (docs/exporting.md). A folder
# goes round as it is, and as the zip that a job makes of it.
BACK = {
    ("native", "file"): "native",
    ("huggingface", "folder"): "native",
    ("huggingface", "zip"): "native",
    ("label-studio", "file"): "label-studio",
}
SCALE = "0=1,1=2,2=3,3=4"  # of the ratings that we export
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


def exported(project: Project, name: str, folder: Path, form: str = "") -> Path:
    """A file or a folder; ``form`` zip packs it."""
    format = format_named(name)
    path = folder / f"out{format.suffix}"
    export_write(format=format, chosen=ExportFilter(project), path=path)
    return zipped(path) if form == "zip" else path


def imported(project: Project, path: Path, adapter: str, **options: Any) -> ImportReport:
    """By what every door of the importer reads an upload with."""
    with unpacked(path, adapter) as files:
        return pairs_import(project=project, path=files.main, adapter=adapter, **options)


def told(project: Project) -> list[tuple[str, str, str]]:
    """Every pair with all that makes it and its product what they are."""
    pairs = Pair.objects.filter(project=project).select_related("product")
    return sorted((p.content_hash, p.product.content_hash, p.split) for p in pairs)


@pytest.mark.parametrize(("name", "form"), BACK)
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(rows, min_size=1, max_size=4, unique_by=lambda row: query_key(str(row["query"])))
)
def test_an_export_is_the_same_rows_when_it_comes_back(
    name: str, form: str, written: list[dict[str, Any]]
) -> None:
    with TemporaryDirectory() as folder:
        project = decided(written, Path(folder))
        path, other = exported(project, name, Path(folder), form), make_project()
        adapter = BACK[name, form]
        report = imported(other, path, adapter)
        assert (report.error_count, report.existing) == (0, 0)
        again = imported(project, path, adapter)
        assert (again.error_count, again.created) == (0, 0)
        assert told(other) == told(project)


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from("1234"), min_size=1, max_size=5))
def test_judgments_come_back_with_their_products_as_the_tiers_that_people_decided(
    tiers: list[str],
) -> None:
    with TemporaryDirectory() as folder:
        project, products = make_project(overlap=1), Path(folder) / "products.jsonl"
        for number, tier in enumerate(tiers):
            pair = make_pair(project)
            Product.objects.filter(pk=pair.product_id).update(external_id=f"sku-{number}")
            submit(open_item(make_rollout(pair, cot())), make_user(), labels_for(tier=tier))
            item_resolve(item=QueueItem.objects.latest("pk"))
        lines = ({"id": f"sku-{n}", "title": f"chair {n}"} for n in range(len(tiers)))
        products.write_bytes(b"\n".join(map(orjson.dumps, lines)))
        path, other = exported(project, "quepid", Path(folder)), make_project()
        imported(other, path, "quepid", products=products, scale=SCALE)
        came = Pair.objects.filter(project=other).select_related("product")
        assert {pair.product.external_id: pair.gold["5"] for pair in came} == {
            f"sku-{number}": tier for number, tier in enumerate(tiers)
        }


@pytest.mark.parametrize(("name", "form"), [("native", ""), ("huggingface", ""),
                                            ("huggingface", "zip")])  # fmt: skip
def test_the_pairs_of_an_export_come_back_and_the_rest_is_named(
    name: str, form: str, tmp_path: Path
) -> None:
    project = decided_project()
    Product.objects.update(attributes=[["color", "red"], ["size", "9"]])
    report = imported(make_project(), exported(project, name, tmp_path, form), "native")
    assert (report.error_count, report.notice_count) == (0, 0)
    assert "rollout_id" in report.unknown
    (first, second) = Pair.objects.order_by("pk").select_related("product")
    assert (second.query, second.split) == (first.query, first.split)
    assert second.product.attributes == [["color", "red"], ["size", "9"]]
    assert second.product.title == first.product.title


def types_of(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Where in a record which type stands; null and an empty list tell none."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from types_of(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from types_of(inner, f"{path}[]")
    elif value is not None:
        yield path, type(value).__name__


@pytest.mark.parametrize(
    "name",
    sorted(n for n, f in formats().items() if f.suffix in (".jsonl", ".json") or f.folder),
)
def test_types_do_not_change_with_the_data(name: str, tmp_path: Path) -> None:
    """Unanimous and split votes, judged and unjudged steps, in one file."""
    project = decided_project()
    item = open_item(make_rollout(make_pair(project)), overlap=3)
    for tier in ("2", "2", "4"):
        submit(item, make_user(), labels_for(tier=tier))
    item_resolve(item=QueueItem.objects.get(pk=item.pk))
    truth_refresh(project=project)
    path = exported(project, name, tmp_path)
    files = [path] if path.is_file() else [*(path / "data").glob("*.jsonl")]
    types: dict[str, set[str]] = defaultdict(set)
    for file in files:
        whole = file.suffix == ".json"
        records = [file.read_bytes()] if whole else file.read_bytes().splitlines()
        for record in records:
            for place, type_ in types_of(orjson.loads(record)):
                types[place].add(type_)
    assert {place: kinds for place, kinds in types.items() if len(kinds) > 1} == {}

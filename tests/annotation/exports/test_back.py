"""What we export can be imported again."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotation.exports.formats import ExportFilter, format_named
from annotation.exports.jobs import export_write
from annotation.models import Pair, Product
from annotation.pairs.write import pairs_import
from tests.annotation.exports.world import decided_project
from tests.factories import make_project

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["native", "huggingface"])
def test_the_pairs_of_an_export_come_back_and_the_rest_is_named(
    name: str, tmp_path: Path
) -> None:
    project, format = decided_project(), format_named(name)
    Product.objects.update(attributes=[["color", "red"], ["size", "9"]])
    path = tmp_path / f"out{format.suffix}"
    export_write(format=format, chosen=ExportFilter(project), path=path)
    files = [f for f in sorted(path.rglob("*")) if f.suffix in (".parquet", ".jsonl")]
    again = make_project()
    for file in files or [path]:
        report = pairs_import(project=again, path=file)
        assert (report.error_count, report.notice_count) == (0, 0)
        assert "rollout_id" in report.unknown
    (first, second) = Pair.objects.order_by("pk").select_related("product")
    assert (second.query, second.split) == (first.query, first.split)
    assert second.product.attributes == [["color", "red"], ["size", "9"]]
    assert second.product.title == first.product.title

"""A file is read whole and right, or refused with the place and the reason."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pytest_django import Settings

from annotation.cot.errors import Invalid
from annotation.models import Pair
from annotation.pairs.jobs import import_job_create, import_job_run
from annotation.pairs.report import ImportReport
from annotation.pairs.write import pairs_import
from tests.factories import make_project

pytestmark = pytest.mark.django_db
PLAIN = b"query,title\nred shoes,Trail shoes\n"


def imported(folder: Path, name: str, data: bytes, **options: Any) -> ImportReport:
    (folder / name).write_bytes(data)
    return pairs_import(project=make_project(), path=folder / name, **options)


def parquet(**columns: object) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.csv", b"query,title,tier\nred shoes,T,4\ncaf\xe9,T,4\n", "line 3.*UTF-8"),
        ("a.csv", b"PK\x03\x04 a renamed workbook", "Excel"),
        ("a.csv", gzip.compress(PLAIN)[:30], "cut or damaged"),
        ("a.csv.gz", PLAIN, "not a gzip file"),
        ("a.csv.gz", gzip.compress(PLAIN * 50)[:-9], "cut or damaged"),
        ("a.csv", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        ("a.csv", b"query,product\n", "title"),
        ("a.csv", b"query,title\n", "no rows"),
        ("a.csv", b"query,title,title\na,b,c\n", "twice|repeat"),
        ("a.csv", b'query,title\n"red shoes,T\nblue,T\n', "quote"),
        ("a.jsonl", b'{"query": "a", "query": "b", "title": "T"}\n', "line 1.*(twice|repeat)"),
        ("a.jsonl", b'{"query": "a", "title": ' + b"[" * 200 + b"]" * 200 + b"}\n", "nested"),
        ("a.jsonl", b'{"query": {"text": "a"}, "title": "T"}\n', "must be a text"),
        ("a.jsonl", b'{"query": "a", "title": "T", "split": "\\u0000"}\n', "line 1"),
        ("a.jsonl", b'{"query": "a", "title": "T", "split": "\\ud800"}\n', "line 1"),
        ("a.jsonl", b'{"query": NaN, "title": "T"}\n', "query is missing"),
        ("a.jsonl", b'{"query": "\\u200b", "title": "T"}\n', "query is missing"),
        ("a.jsonl", b'{"query": "a", "title": "T", "image_url": "javascript:x"}\n', "no link"),
        ("a.jsonl", b'{"query": "a", "title": "T", "image_url": "data:x"}\n', "no link"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_file_that_cannot_be_read_right_is_refused_with_the_reason(
    name: str, data: bytes, says: str, tmp_path: Path
) -> None:
    with pytest.raises(Invalid, match=f"(?is){says}"):
        imported(tmp_path, name, data)
    assert Pair.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("A.CSV.GZ", gzip.compress(PLAIN)),
        ("a.csv", gzip.compress(PLAIN)),
        ("a.csv", b"\xef\xbb\xbf" + PLAIN),
        ("a.csv", PLAIN.decode().encode("utf-16")),
        ("a.csv", b"\n" + PLAIN),
        ("a.tsv", b"query\ttitle\nred shoes\tTrail shoes\n"),
        ("a.jsonl", b'[{"query": "red shoes", "title": "Trail shoes"}]'),
        ("a.parquet", parquet(query=[b"red shoes"], title=["Trail shoes"], extra=[b"\xff"])),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_file_is_is_told_by_its_content(name: str, data: bytes, tmp_path: Path) -> None:
    report = imported(tmp_path, name, data)
    assert (report.read, report.created) == (1, 1)
    pair = Pair.objects.select_related("product").get()
    assert (pair.query, pair.product.title) == ("red shoes", "Trail shoes")


def test_in_tsv_a_quote_is_a_character(tmp_path: Path) -> None:
    data = b'query\ttitle\n"red" shoes\t24" frame\nblue\t"open\n'
    assert imported(tmp_path, "a.tsv", data).created == 2
    titles = {pair.query: pair.product.title for pair in Pair.objects.all()}
    assert titles == {'"red" shoes': '24" frame', "blue": '"open'}


@pytest.mark.parametrize("tier", ["4", "4.0"])
def test_a_tier_that_pandas_wrote_is_the_tier(tier: str, tmp_path: Path) -> None:
    imported(tmp_path, "a.csv", f"query,title,tier\na,T,{tier}\nb,T,nan\n".encode())
    assert [pair.gold for pair in Pair.objects.order_by("query")] == [{"5": "4"}, {}]


def test_columns_that_nobody_reads_are_named_or_become_attributes(tmp_path: Path) -> None:
    data = b"query,title,brand,color\nred shoes,T,Acme,red\n"
    assert imported(tmp_path, "a.csv", data).unknown == ["brand", "color"]
    assert Pair.objects.get().product.attributes == []
    imported(tmp_path, "b.csv", data, unknown_as_attributes=True)
    newest = Pair.objects.order_by("-pk")[0].product
    assert newest.attributes == [["brand", "Acme"], ["color", "red"]]


def test_one_query_is_in_one_split_whatever_its_spaces_and_marks(tmp_path: Path) -> None:
    queries = ["caf\u00e9 cup", "cafe\u0301 cup", "\ufeffCAF\u00c9  cup", "caf\u00e9\u200b cup"]
    rows = [json.dumps({"query": q, "title": f"T{n}"}) for n, q in enumerate(queries)]
    imported(tmp_path, "a.jsonl", "\n".join(rows).encode())
    assert len({pair.split for pair in Pair.objects.all()}) == 1


def test_gold_against_the_rules_table_is_named_and_is_no_gold(tmp_path: Path) -> None:
    data = b"query,title,category_match,attribute_match,tier\na,T,mismatch,none,4\n"
    report = imported(tmp_path, "a.csv", data)
    assert report.notice_count == 1
    assert Pair.objects.get().gold == {}


def test_rows_of_one_pair_that_contradict_each_other_are_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"line 3.*contradicts"):
        imported(tmp_path, "a.csv", b"query,title,tier\na,T,4\na,T,1\n")


@pytest.mark.parametrize("stem", ["\u8d2d" * 90, "a" * 300])
def test_an_upload_with_a_long_name_is_kept_under_a_short_one_of_ours(
    stem: str, settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    project = make_project()
    job = import_job_create(project=project, upload=io.BytesIO(PLAIN), filename=f"{stem}.csv")
    done = import_job_run(job_id=job.pk)
    assert done is not None
    assert (done.state, done.pairs_created) == ("done", 1)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

"""A table that a spreadsheet wrote in its own encoding is read as what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from annotation.models import ImportJob, Pair
from annotation.pairs.formats import read_rows
from annotation.pairs.jobs import import_job_run
from annotation.pairs.preview import encoding_guess, file_preview
from annotation.pairs.readers.rows import ImportFileError, PairRow, RowError
from tests.annotation.starting.test_new_project import chosen, lead, sent, uploads

pytestmark = pytest.mark.django_db
__all__ = ["lead", "uploads"]

GERMAN = "Suchbegriff;Titel;Größe\nrapsöl;Rapsöl kalt gepresst;5 l\nöl;Olivenöl;1 l\n"
CHINESE = "搜索词,商品名称,颜色\n平底锅,麦饭石平底锅,黑色\n水杯,玻璃水杯,透明\n"


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        (GERMAN, "windows-1252", "Größe"),
        (CHINESE, "gb18030", "颜色"),
        (GERMAN, "utf-8", "Größe"),
        (CHINESE, "utf-16", "颜色"),
    ],
)
def test_the_page_shows_the_text_as_it_was_written_and_imports_that(
    lead: Client, text: str, encoding: str, name: str
) -> None:
    url = sent(lead, text.encode(encoding))["Location"]
    page = lead.get(url)
    assert name in page.content.decode()
    assert page.context["reading"].problems == []
    lead.post(f"{url}plan/", chosen(lead, url) | {"check": "1"})
    number = ImportJob.objects.get().pk
    import_job_run(job_id=number)
    lead.post(f"{url}start/")
    import_job_run(job_id=number)
    assert [pair.product.attributes[0][0] for pair in Pair.objects.all()] == [name, name]


def test_a_wrong_guess_is_put_right_by_choosing(lead: Client) -> None:
    url = sent(lead, GERMAN.encode("windows-1250"))["Location"]
    lead.post(f"{url}format/", {"adapter": "native", "encoding": "euc-kr"})
    assert ImportJob.objects.get().options == {"encoding": "euc-kr"}
    reading: Any = lead.get(url).context["reading"]
    assert reading.problems  # it is no Korean
    lead.post(f"{url}format/", {"adapter": "native", "encoding": "windows-1250"})
    assert "Größe" in lead.get(url).content.decode()


def test_a_few_bad_bytes_make_no_other_encoding_of_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(GERMAN.encode() + b"\xe9t\xe9;x;y\n")
    assert file_preview(path).undecoded
    assert encoding_guess(path) == ""


def test_an_encoding_is_read_at_every_door_and_told_where_it_does_not_hold(
    tmp_path: Path,
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("query,title\nöl,Rapsöl\n".encode("windows-1252"))
    (row,) = read_rows(path, encoding="windows-1252")
    assert isinstance(row, PairRow)
    assert (row.query, row.title) == ("öl", "Rapsöl")
    with pytest.raises(ImportFileError, match="encoding must be one of"):
        list(read_rows(path, encoding="klingon"))
    with pytest.raises(ImportFileError, match="is not SHIFT_JIS throughout"):
        list(read_rows(path, encoding="shift_jis"))


ESCI = "query,product_id,esci_label,product_locale,product_title\nöl,7,E,de,Rapsöl\n"
PRODUCT = "id,title\n7,Rapsöl\n"
WANDS = {
    "query.csv": "query_id\tquery\n1\töl\n",
    "product.csv": "product_id\tproduct_name\n7\tRapsöl\n",
}


@pytest.mark.parametrize(
    ("adapter", "main", "beside"),
    [
        ("esci", ESCI, {}),
        ("quepid", "query,docid,rating\nöl,7,3\n", {"products": ("products.csv", PRODUCT)}),
        (
            "wands",
            "query_id\tproduct_id\tlabel\n1\t7\tExact\n",
            {"queries": ("query.csv", WANDS["query.csv"]),
             "products": ("product.csv", WANDS["product.csv"])},
        ),
        ("cots", "query,product_id,text\nöl,7,Rapsöl\n", {}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("of_products", ["windows-1252", "utf-8"])
def test_every_table_is_read_in_its_own_encoding_and_what_lies_beside_it_in_its_own(
    adapter: str,
    main: str,
    beside: dict[str, tuple[str, str]],
    of_products: str,
    tmp_path: Path,
) -> None:
    path, more = tmp_path / "main.csv", dict[str, Any]()
    path.write_bytes(main.encode("windows-1252"))
    for option, (name, text) in beside.items():
        more[option] = tmp_path / name
        more[option].write_bytes(text.encode(of_products))
    if adapter == "quepid":
        more["scale"] = "3=4"
    (row,) = read_rows(path, adapter, encoding="windows-1252", **more)
    assert not isinstance(row, RowError), row
    assert row.query == "öl"
    assert "Rapsöl" in (row.title, getattr(row, "text", ""))

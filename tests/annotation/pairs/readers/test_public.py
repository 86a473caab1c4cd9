"""WANDS, ESCI and Quepid-style files as published: small made-up ones here, real samples when
they lie beside the repository (never copied into it)."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotation.pairs.formats import read_rows
from annotation.pairs.readers.quepid import read_ratings
from annotation.pairs.readers.rows import ImportFileError, PairRow, Row, RowError

SHARED = Path(
    os.environ.get("STEPWISE_SHARED_DATA")
    or Path(__file__).resolve().parents[5] / "shared" / "data"
)


def shared(name: str) -> Path:
    if not (SHARED / name).exists():
        pytest.skip(f"the sample {name} is not here (STEPWISE_SHARED_DATA)")
    return SHARED / name


def rows_of(rows: list[Row]) -> list[PairRow]:
    assert not [row for row in rows if isinstance(row, RowError)]
    return [row for row in rows if isinstance(row, PairRow)]


def tsv(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(line.replace("|t|", "\t") for line in lines) + "\n")
    return path


@pytest.fixture
def wands(tmp_path: Path) -> Path:
    tsv(
        tmp_path / "query.csv",
        "query_id|t|query|t|query_class",
        "0|t|salon chair|t|Massage Chairs",
    )
    tsv(
        tmp_path / "product.csv",
        "product_id|t|product_name|t|product_class|t|category hierarchy|t|product_description"
        "|t|product_features|t|rating_count|t|average_rating|t|review_count",
        "7|t|spa &amp; salon chair|t|Chairs|Seats|t|Furniture / Chairs|t|soft|t|"
        "color : black|seats:1|bad|t|3.0|t|4.5|t|2.0",
        "8|t|rug|t|Rugs|Mats|t||t||t||t||t||t|",
    )
    return tsv(
        tmp_path / "label.csv",
        "id|t|query_id|t|product_id|t|label",
        "0|t|0|t|7|t|Exact",
        "1|t|0|t|8|t|Irrelevant",
        "2|t|0|t|9|t|Partial",
        "3|t|5|t|7|t|Partial",
        "4|t|0|t|7|t|Maybe",
    )


def test_wands_labels_are_joined_with_queries_and_products(wands: Path) -> None:
    rows = list(read_rows(wands, "wands"))
    good = [row for row in rows if isinstance(row, PairRow)]
    assert [(r.query, r.title, r.category_path, r.gold) for r in good] == [
        ("salon chair", "spa & salon chair", "Furniture > Chairs", {"5": "4"}),
        ("salon chair", "rug", "Rugs", {"5": "1"}),
    ]
    assert good[0].attributes == [("color", "black"), ("seats", "1")]
    assert [(row.line, row.message) for row in rows if isinstance(row, RowError)] == [
        (4, "product_id 9 is not in the product file"),
        (5, "query_id 5 is not in the query file"),
        (6, "label 'Maybe' is not Exact, Partial or Irrelevant"),
    ]


def test_wands_can_be_given_as_a_folder(wands: Path) -> None:
    assert list(read_rows(wands.parent, "wands")) == list(read_rows(wands, "wands"))


@pytest.mark.parametrize("name", ["query.csv", "product.csv"])
def test_a_missing_wands_file_is_named(wands: Path, name: str) -> None:
    (wands.parent / name).unlink()
    with pytest.raises(ImportFileError, match=f"there is no {name}"):
        list(read_rows(wands, "wands"))


@pytest.fixture
def esci(tmp_path: Path) -> Path:
    examples = [
        {"query": "usb hub", "product_id": f"B{n}", "product_locale": market, "esci_label": e}
        for n, market, e in [(1, "us", "E"), (2, "us", "S"), (1, "es", "C"), (3, "us", "I")]
    ]
    products = [
        {
            "product_id": f"B{n}",
            "product_title": f"Hub {n} {market}",
            "product_description": "<b>Four</b> ports &amp; a cable",
            "product_bullet_point": "small",
            "product_brand": "Acme",
            "product_color": None,
            "product_locale": market,
        }
        for n, market in [(1, "us"), (2, "us"), (1, "es")]
    ]
    folder = tmp_path / "esci"
    folder.mkdir()
    for name, table in (("examples", examples), ("products", products)):
        path = folder / f"shopping_queries_dataset_{name}.parquet"
        pq.write_table(pa.Table.from_pylist(table), path)
    return folder


def test_esci_grades_become_tiers_and_products_are_joined_by_market(esci: Path) -> None:
    rows = list(read_rows(esci, "esci"))
    good = [row for row in rows if isinstance(row, PairRow)]
    assert [(r.title, r.locale, r.gold) for r in good] == [
        ("Hub 1 us", "us", {"5": "4"}),
        ("Hub 2 us", "us", {"5": "3"}),
        ("Hub 1 es", "es", {"5": "2"}),
    ]
    assert good[0].description == "Four ports & a cable small"
    assert good[0].attributes == [("brand", "Acme")]
    assert rows[3] == RowError(4, "product B3 (us) is not in the product file")


def test_esci_joined_with_its_products_needs_no_product_file(tmp_path: Path) -> None:
    example = {
        "example_id": 0, "query": "mug", "query_id": 5, "product_id": "B1",
        "product_locale": "us", "esci_label": "Exact", "split": "test", "product_title": "Mug",
        "product_description": "<p>big</p>", "product_bullet_point": None,
        "product_brand": "Acme", "product_color": "red",
    }  # fmt: skip
    other = {**example, "product_id": "B2", "product_title": "Lid", "esci_label": "Export"}
    file = tmp_path / "train-00000-of-00001.parquet"
    pq.write_table(pa.Table.from_pylist([example, other]), file)
    good, bad = read_rows(file, "esci")
    assert isinstance(good, PairRow)
    assert (good.title, good.description, good.gold) == ("Mug", "big", {"5": "4"})
    assert good.attributes == [("brand", "Acme"), ("color", "red")]
    assert bad == RowError(2, "esci_label 'Export' is not E, S, C or I")
    assert list(read_rows(tmp_path, "esci")) == [good, bad], "its folder is the same"

    pq.write_table(pa.Table.from_pylist([other]), tmp_path / "train-00001-of-00001.parquet")
    rows = list(read_rows(tmp_path, "esci"))
    assert rows[2] == RowError(1, f"train-00001-of-00001.parquet: {bad.message}")


def test_an_id_with_two_different_products_refuses_the_file(esci: Path, wands: Path) -> None:
    path = esci / "shopping_queries_dataset_products.parquet"
    products = pq.read_table(path).to_pylist()
    pq.write_table(pa.Table.from_pylist([*products, products[0]]), path)
    assert len(list(read_rows(esci, "esci"))) == 4, "the same product again is no contradiction"
    changed = {**products[0], "product_title": "Other"}
    pq.write_table(pa.Table.from_pylist([*products, changed]), path)
    with pytest.raises(ImportFileError, match="the id us/B1 is there twice with different"):
        list(read_rows(esci, "esci"))

    with (wands.parent / "query.csv").open("a") as stream:
        stream.write("0\toffice chair\tChairs\n")
    with pytest.raises(ImportFileError, match=r"query\.csv: the id 0 is there twice"):
        list(read_rows(wands, "wands"))


def test_wands_and_esci_files_with_other_headings_name_the_columns_they_need(
    esci: Path, wands: Path
) -> None:
    tsv(wands, "id|t|query|t|product|t|grade", "0|t|0|t|7|t|Exact")
    with pytest.raises(ImportFileError, match="needs the columns query_id, product_id, label"):
        list(read_rows(wands, "wands"))
    path = esci / "shopping_queries_dataset_examples.parquet"
    pq.write_table(pa.Table.from_pylist([{"query": "hub", "asin": "B1", "label": "E"}]), path)
    with pytest.raises(
        ImportFileError, match=r"needs the columns query, .*; it has query, asin"
    ):
        list(read_rows(esci, "esci"))


def test_esci_can_be_cut_to_one_market(esci: Path) -> None:
    assert [row.line for row in read_rows(esci, "esci", locale="es")] == [3]


@pytest.fixture
def quepid(tmp_path: Path) -> Path:
    products = [
        {
            "id": "1",
            "title": "Speaker MBS &quot;100&quot;",
            "supplier": "Acme",
            "attr_t_product_type": "Speakers",
            "attr_t_wireless__radio": "bluetooth",
            "attr_n_weight": 43.0,
            "short_description": "small\\nand loud",
        },
        {"id": "2", "title": "Phone case", "supplier": "Acme"},
    ]
    (tmp_path / "products.jsonl").write_text("".join(json.dumps(p) + "\n" for p in products))
    path = tmp_path / "ratings.csv"
    path.write_text(
        "query,docid,name,agent_1_rating,agent_2_rating,agent_3_rating,final_rating\n"
        "bluetooth speaker,1,x,3,3,2,3\n"
        "bluetooth speaker,2,x,0,0,1,0\n"
        "bluetooth speaker,3,x,0,0,0,0\n"
        "bluetooth speaker,2,x,0,0,0,5\n"
    )
    return path


def test_quepid_grades_become_tiers_and_fields_give_silver_values(quepid: Path) -> None:
    rows = list(read_rows(quepid, "quepid", scale="0=1, 1=2, 2=3, 3=4"))
    good = [row for row in rows if isinstance(row, PairRow)]
    assert [(r.title, r.gold, r.silver) for r in good] == [
        ('Speaker MBS "100"', {"5": "4"}, {"3": "match", "4": "all"}),
        ("Phone case", {"5": "1"}, {"3": "mismatch", "4": "none"}),
    ]
    assert good[0].attributes == [
        ("brand", "Acme"),
        ("product type", "Speakers"),
        ("wireless radio", "bluetooth"),
        ("weight", "43"),
    ]
    assert (good[0].category_path, good[0].description) == ("Speakers", "small and loud")
    assert [(row.line, row.message) for row in rows if isinstance(row, RowError)] == [
        (4, "docid 3 is not in the product file"),
        (5, "rating '5' is not one of 0, 1, 2, 3"),
    ]


def test_quepid_tiers_can_be_left_to_be_replayed(quepid: Path) -> None:
    good = [r for r in read_rows(quepid, "quepid", gold=False) if isinstance(r, PairRow)]
    assert [row.gold for row in good] == [{}, {}, {}], "no grade is read"


def test_the_single_raters_stay_apart(quepid: Path) -> None:
    assert [(r.docid, r.grades) for r in read_ratings(quepid)][:2] == [
        ("1", [3, 3, 2]),
        ("2", [0, 0, 1]),
    ]


def test_a_file_without_single_ratings_says_so(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("query,docid,rating\nq,1,3\n")
    with pytest.raises(ImportFileError, match="no column agent_N_rating"):
        list(read_ratings(path))


def test_the_real_wands_excerpt_is_read_whole() -> None:
    folder = shared("wands_excerpt")
    rows = rows_of(
        list(read_rows(folder / "label.csv", "wands", products=folder / "products_trimmed.tsv"))
    )
    tiers = [row.gold["5"] for row in rows]
    assert [tiers.count(t) for t in "431"] == [14, 63, 23]


def test_the_real_esci_sample_is_read_whole() -> None:
    folder = shared("esci_sample")
    examples = folder / "examples_sample.parquet"
    products = folder / "products_sample.jsonl.zstd"
    rows = rows_of(list(read_rows(examples, "esci", products=products)))
    tiers = [row.gold["5"] for row in rows]
    assert [tiers.count(t) for t in "4321"] == [3, 6, 0, 7]


def test_the_real_chorus_ratings_are_read_whole() -> None:
    path = shared("chorus") / "broad_query_set_individual_ratings.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        total = sum(1 for _ in csv.DictReader(stream))
    rows = rows_of(list(read_rows(path, "quepid")))
    assert len(rows) == total
    assert max(len(row.attributes) for row in rows) <= 40
    assert {len(row.grades) for row in read_ratings(path)} == {3}

"""A zip of data files is unpacked within bounds, or refused by name and reason."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from annotation.pairs.detect import arranged, detected
from annotation.pairs.formats import read_rows
from annotation.pairs.readers import archive, opening
from annotation.pairs.readers.archive import is_zip, unpack
from annotation.pairs.readers.rows import ImportFileError, PairRow

CSV = "query,title\nrake,Leaf rake\n"


def zipped(members: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as opened:
        for name, data in members.items():
            opened.writestr(name, data)
    made.seek(0)
    return made


def test_data_files_are_taken_out_under_names_of_ours_and_the_rest_stays(
    tmp_path: Path,
) -> None:
    made = zipped(
        {
            "shop/data/train.csv": CSV,
            "../../hidden.csv": CSV,
            "/etc/übel wind.jsonl": "{}",
            "shop/README.md": "# Shop",
            "__MACOSX/._train.csv": "x",
            "shop/picture.png": b"\x89PNG",
        }
    )
    paths = unpack(made, "shop.zip", tmp_path / "out")
    assert [path.name for path in paths] == ["_-etc-_bel_wind.jsonl", "shop-data-train.csv"]
    assert {path.parent for path in paths} == {tmp_path / "out"}


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"README.md": "x"}, "has no data file in it"),
        ({f"{n}.csv": CSV for n in range(6)}, "more than 5 files"),
        ({"a.csv": "0" * 3_000_000}, "unpacks to more than 500 times its size"),
    ],
)
def test_what_is_no_zip_of_data_is_refused_with_the_reason(
    tmp_path: Path,
    members: dict[str, str | bytes],
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBERS", 5)
    monkeypatch.setattr(opening, "FREE_GROWTH", 1_000_000)
    with pytest.raises(ImportFileError, match=reason):
        unpack(zipped(members), "shop.zip", tmp_path)


def test_a_cut_zip_says_so(tmp_path: Path) -> None:
    cut = io.BytesIO(zipped({"a.csv": CSV * 100}).getvalue()[:-30])
    with pytest.raises(ImportFileError, match="is cut, damaged or no zip"):
        unpack(cut, "shop.zip", tmp_path)


def test_an_encrypted_zip_says_so(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.csv": CSV}).getvalue())
    data[6] |= 1  # the flag of the member, and that of the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ImportFileError, match="is encrypted"):
        unpack(io.BytesIO(bytes(data)), "shop.zip", tmp_path)


def test_an_excel_workbook_is_no_zip_of_data() -> None:
    assert is_zip("Shop.ZIP", b"PK\x03\x04...")
    assert not is_zip("shop.xlsx", b"PK\x03\x04...")


def test_parts_of_equal_columns_are_read_as_one_folder(tmp_path: Path) -> None:
    made = zipped(
        {"data/train.csv": CSV, "data/test.csv": "query,title\nhose,\nhose,Garden hose\n"}
    )
    whole = detected(unpack(made, "hf.zip", tmp_path))
    assert (whole.adapter, whole.main, whole.files) == ("native", tmp_path, {})
    rows = list(read_rows(whole.main))
    assert [row.title for row in rows if isinstance(row, PairRow)] == [
        "Garden hose",
        "Leaf rake",
    ]
    assert rows[0].line == 2


WANDS = {
    "WANDS-main/dataset/label.csv": "id\tquery_id\tproduct_id\tlabel\n0\t7\t3\tExact\n",
    "WANDS-main/dataset/query.csv": "query_id\tquery\tquery_class\n7\tleaf rake\tRakes\n",
    "WANDS-main/dataset/product.csv": "product_id\tproduct_name\n3\tRake 60 cm\n",
}
ESCI = {
    "examples.csv": "query,product_id,product_locale,esci_label\nrake,B1,us,S\n",
    "products.csv": "product_id,product_title,product_locale\nB1,Rake 60 cm,us\n",
}
QUEPID = {
    "ratings.csv": "query,docid,rating\nrake,3,1\n",
    "products.jsonl": '{"id": "3", "title": "Rake 60 cm"}\n',
}


@pytest.mark.parametrize(
    ("adapter", "members", "options"),
    [("wands", WANDS, {}), ("esci", ESCI, {}), ("quepid", QUEPID, {"scale": "0=1,1=4"})],
)
def test_the_columns_of_an_archive_tell_its_format_and_which_file_is_which(
    tmp_path: Path, adapter: str, members: dict[str, str], options: dict[str, str]
) -> None:
    paths = unpack(zipped(dict(members)), "data.zip", tmp_path)
    made = detected(paths)
    assert made.adapter == adapter
    assert made == arranged(paths, adapter)
    (row,) = read_rows(made.main, adapter, **made.files, **options)  # type: ignore[arg-type]
    assert isinstance(row, PairRow)
    assert (row.title, row.gold) == ("Rake 60 cm", {"5": "3" if adapter == "esci" else "4"})

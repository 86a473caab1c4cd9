"""A folder of real ratings as pair records, in any format of docs/importing.md.

Where a file has every rater's grade, the truth of the final step is their median; else it is
the file's own. Steps 3 and 4 have what that tier implies by the rules table, and silver values
from word overlap, which reward but never count as human.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from json import dumps
from pathlib import Path
from statistics import median_low

from annotation.cot.rules import DEFAULT_RULES, Rules, parse_rules
from annotation.cot.steps import StepKind
from annotation.pairs.readers import esci, label_studio, native, quepid, wands
from annotation.pairs.readers.files import records
from annotation.pairs.readers.opening import KINDS
from annotation.pairs.readers.rows import PairRow, RowError, Rows
from lab.compare.benchmark import Row
from training.job.prompts import PairText
from training.job.types import BadInput
from verifier.implied import completed
from verifier.truth import Truth

RULES: Rules = parse_rules(DEFAULT_RULES)
MAPPING = "mapping.json"  # beside a table with columns of its own
# The columns that tell a file of ratings, the most particular first; its reader finds the files
# that lie beside it by their published names.
_MARKS: tuple[tuple[frozenset[str], Callable[..., Rows]], ...] = (
    (frozenset({"docid", "agent_1_rating"}), quepid.read_rows),
    (frozenset({"docid"}), quepid.read_rows),
    (frozenset({"query_id", "product_id", "label"}), wands.read_rows),
    (frozenset({"esci_label"}), esci.read_rows),
    (frozenset({"data"}), label_studio.read_rows),
    (frozenset({"query", "title"}), native.read_rows),
)
_TEXT = ("query", "title", "category_path", "attributes", "description")


@dataclass(frozen=True, slots=True)
class RatedPairs:
    """``rows`` are pair records whose tier is known; ``grades`` the tier that each rater gave a
    pair, by its id, where the file tells them apart."""

    name: str
    rows: list[Row]
    grades: Mapping[str, list[int]] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Of what people rated and how."""
        known = [[row["pair_id"], row["truth"]["5"]["value"]] for row in self.rows]
        return sha256(dumps(known).encode()).hexdigest()[:16]


def rated_id(query: str, product_id: str, title: str = "") -> str:
    """The name of a rated pair; a product without an id goes by its title."""
    return f"{query}|{product_id or title}"


def ratings_read(folder: Path) -> RatedPairs:
    """
    Raises:
        BadInput: the folder has no file of ratings, or none of its pairs has a tier.
        ImportFileError: a file, or a row of it, cannot be read.
    """
    path, number = _ratings_file(folder)
    grades = _grades(path) if number == 0 else {}
    rows, known = [], set()
    for pair in _pairs(path, _MARKS[number][1], gold=not grades):
        pair_id = rated_id(pair.query, pair.product_id, pair.title)
        tier = _tier(pair, grades.get(pair_id))
        if tier and pair_id not in known:
            known.add(pair_id)
            rows.append(_row(pair_id, pair, tier))
    if not rows:
        raise BadInput(f"{path.name}: no pair has a tier (docs/importing.md)")
    rated = f" rated by {len(next(iter(grades.values())))} people" if grades else ""
    return RatedPairs(f"{folder.name}, {len(rows)} pairs{rated}", rows, grades)


def text_of(row: Row) -> PairText:
    """What a judge may read of a pair."""
    return PairText(*(row[name] for name in _TEXT))


def tier_of(row: Row) -> str:
    return str(row["truth"]["5"]["value"])


def overlap_tier(row: Row) -> str | None:
    """What the importer's silver values of steps 3 and 4 give by the rules table."""
    silver = row["silver"]
    return RULES.tier_for(*(silver.get(kind, {}).get("value", "") for kind in ("3", "4")))


def _ratings_file(folder: Path) -> tuple[Path, int]:
    """The file whose columns are the most particular, and the number of their mark.

    Raises:
        BadInput: none has ratings.
    """
    paths = sorted(path for path in folder.glob("*") if _is_data(path))
    columns = {path: _names(path) for path in paths}
    for number, (marks, _) in enumerate(_MARKS):
        for path, names in columns.items():
            if marks <= names:
                return path, number
    mapped = [path for path in paths if (folder / MAPPING).is_file()]
    if mapped:
        return mapped[0], len(_MARKS) - 1
    raise BadInput(
        f"{folder} has no file of ratings: name a folder with --data (docs/importing.md)"
    )


def _is_data(path: Path) -> bool:
    return path.is_file() and path.name != MAPPING and path.suffix.lstrip(".").lower() in KINDS


def _names(path: Path) -> frozenset[str]:
    _, first = next(iter(records(path)), (0, {}))
    return frozenset() if isinstance(first, RowError) else frozenset(first)


def _grades(path: Path) -> dict[str, list[int]]:
    """pair_id -> each rater's tier."""
    return {
        rated_id(rated.query, rated.docid): [grade + 1 for grade in rated.grades]
        for rated in quepid.read_ratings(path)
    }


def _pairs(path: Path, read: Callable[..., Rows], *, gold: bool) -> list[PairRow]:
    """Raises BadInput for a row that cannot be read."""
    options: dict[str, object] = {} if gold else {"gold": False}
    mapping = path.with_name(MAPPING)
    if read is native.read_rows and mapping.is_file():
        options["mapping"] = mapping.read_text(encoding="utf-8")
    pairs = []
    for row in read(path, **options):
        if isinstance(row, RowError):
            raise BadInput(f"{path.name}, line {row.line}: {row.message}")
        pairs.append(row)
    return pairs


def _tier(pair: PairRow, grades: list[int] | None) -> str:
    """The median of the raters, else what the file says; "" where nobody rated."""
    if grades:
        return str(median_low(grades))
    return pair.gold.get("5") or pair.silver.get("5", "")


def _row(pair_id: str, pair: PairRow, tier: str) -> Row:
    silver = {kind: value for kind, value in pair.silver.items() if kind != "5"}
    told = {StepKind(int(kind)): Truth(value, "silver") for kind, value in silver.items()}
    truths = completed(told | {StepKind.FINAL: Truth(tier, "consensus")}, RULES)
    return {
        "pair_id": pair_id,
        "product_id": pair.product_id or pair.title,
        "query": pair.query,
        "query_type": pair.query_type,
        "locale": pair.locale,
        "title": pair.title,
        "category_path": pair.category_path,
        "attributes": dict(pair.attributes),
        "description": pair.description,
        "truth": {
            str(int(kind)): {"value": truth.value, "source": truth.source}
            for kind, truth in truths.items()
            if truth.source != "silver"
        },
        "silver": {kind: {"value": value} for kind, value in silver.items()},
    }

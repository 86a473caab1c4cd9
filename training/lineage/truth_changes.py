"""Which truths two releases hold differently, and whose decisions are behind them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from annotation.cot.steps import OPEN_KINDS, StepKind
from annotation.models import Pair, Resolution, StepLabel
from training.lineage.nodes import Words
from verifier.models import GroundTruth, ReleaseRow, VerifierRelease
from verifier.truth import Truth, TruthTable, parse_table

MOST_TRUTHS = 100
_Key = tuple[str, StepKind]  # pair, or hash of an open step's text
_Sides = tuple[Truth | None, Truth | None]


@dataclass(frozen=True, slots=True)
class People:
    """Who decided: ``names`` as far as the reader may know them, ``n`` in all."""

    names: tuple[str, ...]
    n: int


@dataclass(frozen=True, slots=True)
class TruthSide:
    """What one release says of a step; imported values have no decision and no people."""

    value: str
    source: str
    resolution: int | None
    at: datetime | None = None
    people: People = People((), 0)


@dataclass(frozen=True, slots=True)
class TruthChange:
    """``first`` and ``second``: None = the release knows nothing. ``withdrawn``: a lead took
    the truth back, by whom and why."""

    pair: Pair | None  # None: deleted since
    key: str
    kind: StepKind
    first: TruthSide | None
    second: TruthSide | None
    withdrawn_by: str = ""
    withdrawn_reason: str = ""


@dataclass(frozen=True, slots=True)
class TruthChanges:
    """``changed`` have another value, ``resourced`` the same one by another source. Of what is
    changed, gone or new, ``rows`` has the first hundred, ``left_out`` counts the rest.
    Labels are verdicts that reward models learn from."""

    changed: int
    gone: int
    new: int
    resourced: int
    by_step: Mapping[int, int]
    labels_gone: int
    labels_new: int
    rows: list[TruthChange]

    @property
    def total(self) -> int:
        return self.changed + self.gone + self.new

    @property
    def left_out(self) -> int:
        return self.total - len(self.rows)


def truth_changes(
    first: VerifierRelease, second: VerifierRelease, reader: User | None
) -> TruthChanges:
    """From one release to the other; ``reader`` as in :class:`Words`."""
    one, other = (_truths(parse_table(release.payload)) for release in (first, second))
    both = one.keys() & other.keys()
    changed = {key for key in both if one[key].value != other[key].value}
    gone, new = one.keys() - other.keys(), other.keys() - one.keys()
    shown = [*_ordered(changed), *_ordered(gone), *_ordered(new)][:MOST_TRUTHS]
    sides = {key: (one.get(key), other.get(key)) for key in shown}
    before, after = _labels(first), _labels(second)
    return TruthChanges(
        len(changed),
        len(gone),
        len(new),
        sum(one[key].source != other[key].source for key in both - changed),
        dict(sorted(Counter(int(kind) for _key, kind in changed | gone | new).items())),
        len(before - after),
        len(after - before),
        _Details((first, second), sides, Words(reader)).rows(),
    )


def _truths(table: TruthTable) -> dict[_Key, Truth]:
    steps = {(key, StepKind(kind)): Truth(value, by) for key, kind, value, by in table.steps()}
    return steps | {
        (key, StepKind(kind)): Truth(value, by, resolution)
        for key, kind, value, by, resolution in table.rows()
    }


def _ordered(keys: Iterable[_Key]) -> list[_Key]:
    """The final judgment first: it weighs most."""
    return sorted(keys, key=lambda key: (-key[1], key[0]))


def _labels(release: VerifierRelease) -> set[int]:
    rows = release.rows.filter(is_label=True, resolution__isnull=False)
    return set(rows.values_list("resolution", flat=True))


class _Details:
    """Pairs, decisions and people of some keys, read at once."""

    def __init__(
        self,
        releases: tuple[VerifierRelease, VerifierRelease],
        sides: Mapping[_Key, _Sides],
        words: Words,
    ) -> None:
        self._words, self._sides = words, sides
        self._releases = [release.pk for release in releases]
        hashes = {key for key, kind in sides if kind in OPEN_KINDS}
        rows = ReleaseRow.objects.filter(
            release__in=releases, is_truth=True, step_sha256__in=hashes, kind__in=OPEN_KINDS
        )
        self._open = {(row.release_id, row.step_sha256, row.kind): row for row in rows}
        decisions = {self._decision(key, at) for key in sides for at in (0, 1)} - {None}
        people = Resolution.objects.select_related("decided_by")
        self._decided = people.in_bulk([pk for pk in decisions if pk is not None])
        self._labels = _labels_behind(self._decided.values())
        pairs = {self._pair(key) for key in sides}
        self._pairs = Pair.objects.select_related("product").in_bulk(pairs)
        taken = GroundTruth.objects.filter(pair__in=pairs, withdrawn_at__isnull=False)
        self._taken = {
            (row.step_sha256 or str(row.pair_id), row.kind): row
            for row in taken.select_related("withdrawn_by").order_by("pk")
        }

    def rows(self) -> list[TruthChange]:
        return [self._row(key) for key in self._sides]

    def _row(self, key: _Key) -> TruthChange:
        taken = self._taken.get(key) if self._sides[key][1] is None else None
        by = taken.withdrawn_by if taken else None
        return TruthChange(
            self._pairs.get(self._pair(key)),
            *key,
            self._side(key, 0),
            self._side(key, 1),
            self._words.person(by).text if by else "",
            taken.withdrawn_reason if taken else "",
        )

    def _pair(self, key: _Key) -> int:
        name, kind = key
        if kind not in OPEN_KINDS:
            return int(name)
        rows = (self._open.get((release, name, kind)) for release in self._releases)
        return next((row.pair_id for row in rows if row), 0)

    def _decision(self, key: _Key, at: int) -> int | None:
        truth, row = self._sides[key][at], self._open.get((self._releases[at], *key))
        if row is not None:
            return row.resolution_id
        return truth.resolution if truth else None

    def _side(self, key: _Key, at: int) -> TruthSide | None:
        truth, row = self._sides[key][at], self._decided.get(self._decision(key, at) or 0)
        if truth is None:
            return None
        if row is None:
            return TruthSide(truth.value, truth.source, None)
        return TruthSide(truth.value, truth.source, row.pk, row.created_at, self._people(row))

    def _people(self, row: Resolution) -> People:
        labels = self._labels[row.item_id, row.kind]
        voters = {label.annotator for label in labels if label.created_at <= row.created_at}
        nodes = [
            self._words.person(p) for p in ({row.decided_by} if row.decided_by else voters)
        ]
        return People(tuple(sorted(node.text for node in nodes if node.facts)), len(nodes))


def _labels_behind(
    decisions: Iterable[Resolution],
) -> Mapping[tuple[int, int], list[StepLabel]]:
    """Of each item's step, in one query."""
    keys = {(row.item_id, row.kind) for row in decisions if row.decided_by_id is None}
    rows = StepLabel.objects.filter(
        item__in={item for item, _kind in keys},
        kind__in={kind for _item, kind in keys},
        submission__undone_at=None,
    )
    behind: dict[tuple[int, int], list[StepLabel]] = defaultdict(list)
    for label in rows.select_related("annotator"):
        behind[label.item_id, label.kind].append(label)
    return behind

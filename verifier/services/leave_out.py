"""A release as it would be without one person's labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.models import User

from annotation.cot.rules import parse_rules
from annotation.cot.steps import OPEN_KINDS
from annotation.deciding.consensus import Decision
from annotation.deciding.leave_out import decisions_without
from annotation.models import Resolution
from verifier.implied import implied_again
from verifier.models import GroundTruth, ReleaseRow, VerifierRelease
from verifier.truth import SOURCES, TruthTable, parse_table, truth_of, verdict_of

_Key = tuple[int, int, str]  # pair, kind, hash or ""
_Fact = tuple[str, str]  # value, source
_RANK = {str(source): rank for rank, source in enumerate(SOURCES)}  # 0 is the strongest
_IMPORTED = (GroundTruth.Source.GOLD, GroundTruth.Source.SILVER)


@dataclass(frozen=True, slots=True)
class Without:
    """``before`` and ``after``: each truth that a label of the person is behind, as the release
    has it, and as the others decide it, None where nothing is known."""

    release: VerifierRelease
    before: Mapping[_Key, _Fact]
    after: Mapping[_Key, _Fact | None]

    @property
    def truths(self) -> int:
        return len(self.after)

    @property
    def changed(self) -> int:
        """Those with another value or source now."""
        return sum(fact not in (None, self.before[key]) for key, fact in self.after.items())

    @property
    def lost(self) -> int:
        return sum(fact is None for fact in self.after.values())

    @property
    def table(self) -> TruthTable:
        """Of the whole release; reads its payload."""
        return _table(self.release, self.after)


def release_without(release: VerifierRelease, person: User) -> Without:
    """Each truth of the release that rests on a consensus is decided anew by the others; where
    they decide nothing, the next best stands: another decision, or what was imported."""
    again = decisions_without(release.project, person)
    rows = release.rows.filter(is_truth=True, resolution__in=list(again))
    affected = list(rows.select_related("resolution"))
    rest = _Rest(release, affected, again)
    facts = {_key(row): rest.best(_key(row)) for row in affected}
    before = {_key(row): _fact(row.resolution) for row in affected if row.resolution}
    return Without(release, before, facts)


class _Rest:
    """What else is known of the keys of some rows."""

    def __init__(
        self, release: VerifierRelease, rows: list[ReleaseRow], again: Mapping[int, Decision]
    ) -> None:
        pairs = {row.pair_id for row in rows}
        self._decided: dict[_Key, dict[int, Resolution]] = defaultdict(dict)
        self._again = again
        decisions = Resolution.objects.filter(
            pair__in=pairs, created_at__lte=release.created_at, withdrawn_at=None
        )
        for row in decisions.order_by("pk"):  # of an item the newest counts
            self._decided[_key(row)][row.item_id] = row
        self._imported: dict[_Key, _Fact] = {}
        imported = GroundTruth.objects.filter(
            pair__in=pairs, source__in=_IMPORTED, withdrawn_at=None,
            created_at__lte=release.created_at,
        ).order_by("-source", "pk")  # fmt: skip
        for truth in imported:  # gold after silver, the newest last
            self._imported[truth.pair_id, truth.kind, truth.step_sha256] = (
                truth.value,
                truth.source,
            )

    def best(self, key: _Key) -> _Fact | None:
        """The strongest source; among equals the newest."""
        facts = [
            (row.pk, fact) for row in self._decided[key].values() if (fact := self._of(row))
        ]
        if key in self._imported:
            facts.append((0, self._imported[key]))
        ranked = sorted(facts, key=lambda each: (-_RANK[each[1][1]], each[0]))
        return ranked[-1][1] if ranked else None

    def _of(self, row: Resolution) -> _Fact | None:
        decision = self._again.get(row.pk)
        if decision is None:
            return _fact(row) if _fact(row)[0] else None
        if decision.status != "agreed":
            return None
        value = decision.verdict if row.kind in OPEN_KINDS else decision.value
        return (value, row.source) if value else None


def _fact(row: Resolution) -> _Fact:
    return (row.verdict if row.kind in OPEN_KINDS else row.value), row.source


def _key(row: ReleaseRow | Resolution) -> _Key:
    return row.pair_id, row.kind, row.step_sha256 if row.kind in OPEN_KINDS else ""


def _table(release: VerifierRelease, facts: Mapping[_Key, _Fact | None]) -> TruthTable:
    """The release's table with the truths of ``facts`` in place of its own."""
    table = parse_table(release.payload)
    own = {(str(pair), kind) for pair, kind, _ in facts if kind not in OPEN_KINDS}
    texts = {(digest, kind) for _, kind, digest in facts if kind in OPEN_KINDS}
    rows = [
        (row[0], *truth_of(*row[1:])) for row in table.rows() if (row[0], row[1]) not in own
    ]
    steps = [
        (row[0], *verdict_of(*row[1:]))
        for row in table.steps()
        if (row[0], row[1]) not in texts
    ]
    for (pair, kind, digest), fact in facts.items():
        if fact is None:
            continue
        if kind in OPEN_KINDS:
            steps.append((digest, *verdict_of(kind, *fact)))
        else:
            rows.append((str(pair), *truth_of(kind, *fact)))
    pairs = {str(pair) for pair, _, _ in facts}
    rules = parse_rules(release.project.rules)
    again = implied_again(rows, rules, pairs)
    return TruthTable(again, steps, table.labels, chained=table.chained)

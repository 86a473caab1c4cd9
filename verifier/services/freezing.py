"""What a release holds: the truth that still stands, and the verdicts that reward models learn
from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from django.db import connection

from annotation.cot.rules import parse_rules
from annotation.cot.steps import OPEN_KINDS, StepKind
from annotation.deciding.select import verdicts_of
from annotation.models import Project
from verifier.implied import with_implied
from verifier.models import GroundTruth, VerifierRelease
from verifier.services.validity import Validity
from verifier.truth import TruthTable, truth_of, verdict_of

MASKED = "masked_stale"  # beside the sources in ``VerifierRelease.counts``

_COPY = (
    "COPY verifier_releaserow"
    " (release_id, resolution_id, pair_id, kind, step_sha256, is_truth, is_label) FROM STDIN"
)


class _Row(NamedTuple):
    """A current truth; ``version`` is the guideline's, None where no decision is behind it."""

    pair: int
    kind: int
    step_sha256: str
    value: str
    source: str
    resolution: int | None
    version: int | None


class _Label(NamedTuple):
    pair: int
    kind: int
    step_sha256: str


@dataclass(frozen=True, slots=True)
class Frozen:
    """``labels`` by the id of the decision; ``masked`` counts the stale truths by kind."""

    table: TruthTable
    truths: list[_Row]
    labels: dict[int, _Label]
    masked: Counter[int]

    def counts(self) -> dict[str, dict[str, int]]:
        """kind -> source -> rows, and how many were left out as stale."""
        counts = {int(kind): Counter[str]() for kind in StepKind}
        for _, kind, _, source, *_ in (*self.table.rows(), *self.table.steps()):
            counts[kind][source] += 1
        for kind, number in self.masked.items():
            counts[kind][MASKED] = number
        return {str(kind): dict(counter) for kind, counter in counts.items()}

    def write_rows(self, release: VerifierRelease) -> None:
        """COPY: a release of a large project has a million rows."""
        with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            for row in self._rows():
                copy.write_row((release.pk, *row))

    def _rows(self) -> Iterator[tuple[int | None, int, int, str, bool, bool]]:
        for row in self.truths:
            is_label = row.resolution in self.labels
            yield row.resolution, row.pair, row.kind, row.step_sha256, True, is_label
        behind = {row.resolution for row in self.truths}
        for pk, label in self.labels.items():
            if pk not in behind:
                yield pk, *label, False, True


def frozen(project: Project) -> Frozen:
    """The project's present truth and labels without what is stale (annotation.cot.stale)."""
    validity = Validity(project)
    kept, masked = _kept(_current(project), validity)
    labels = dict(_labels(project, validity))
    digest = sha256(",".join(map(str, sorted(labels))).encode()).hexdigest()
    rows, steps = [], []
    for row in kept:
        if row.kind in OPEN_KINDS:
            steps.append((row.step_sha256, *verdict_of(row.kind, row.value, row.source)))
        else:
            truth = truth_of(row.kind, row.value, row.source, row.resolution)
            rows.append((str(row.pair), *truth))
    implied = with_implied(rows, parse_rules(project.rules))
    return Frozen(TruthTable(implied, steps, digest), kept, labels, masked)


def _current(project: Project) -> Iterator[_Row]:
    """By kind: whether a tier stands depends on the pair's other two values."""
    rows = GroundTruth.objects.filter(project=project, superseded_at=None).order_by("kind")
    fields = (
        "pair_id", "kind", "step_sha256", "value", "source", "resolution_id",
        "resolution__guideline_version",
    )  # fmt: skip
    return (_Row(*row) for row in rows.values_list(*fields).iterator(chunk_size=10_000))


def _kept(rows: Iterable[_Row], validity: Validity) -> tuple[list[_Row], Counter[int]]:
    kept: list[_Row] = []
    masked: Counter[int] = Counter()
    for row in rows:
        if row.version is not None and not validity.stands(
            row.pair, row.kind, row.value, row.version
        ):
            masked[row.kind] += 1
            continue
        kept.append(row)
        validity.learn(row.pair, row.kind, row.value, row.source)
    return kept, masked


def _labels(project: Project, validity: Validity) -> Iterator[tuple[int, _Label]]:
    rows = verdicts_of(project).values_list(
        "pk", "value", "guideline_version", "pair_id", "kind", "step_sha256"
    )
    for pk, value, version, pair, kind, step_sha256 in rows.iterator(chunk_size=10_000):
        label = _Label(pair, kind, step_sha256)
        if validity.stands(label.pair, label.kind, value, version):
            yield pk, label

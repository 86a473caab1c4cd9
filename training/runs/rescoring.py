"""Two evaluations on the same pairs, scored again under one release.

The test set grows with the labels, so the numbers of two runs are not comparable as they were
written; their answers are (predictions_*.jsonl).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from annotation.cot.steps import VALUES, StepKind
from annotation.cot.wording import wording as _
from annotation.models import Pair
from training.job.files import read_jsonl
from training.job.folder import predictions_file
from training.job.types import BadInput
from training.judges.resampled import weights
from training.models import TrainingRun
from training.runs.snapshot import run_folder
from verifier.models import VerifierRelease
from verifier.truth import parse_table

DRAWS = 1_000
_LEVEL = 0.95
_TIERS = VALUES[StepKind.FINAL]
_UNREAD = len(_TIERS)


class Evaluation(NamedTuple):
    """A run's answers before or after its training."""

    run: int
    moment: str


@dataclass(frozen=True, slots=True)
class Rescored:
    """Macro F1 of both over ``pairs`` shared pairs of ``queries``; ``low`` and ``high`` bound
    second - first, resampling queries."""

    pairs: int
    queries: int
    first: float
    second: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        return self.second - self.first

    @property
    def worse(self) -> bool:
        return self.high < 0


class NotComparable(Exception):
    """Answers are not on this machine, or no verified pair is in both."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def rescored(first: Evaluation, second: Evaluation, release: VerifierRelease) -> Rescored:
    """Both under the tiers of ``release``; kept, for neither a finished run's answers nor a
    release ever change.

    Raises:
        NotComparable: there is nothing to compare.
    """
    return _rescored(first, second, release.pk)


@lru_cache(maxsize=256)
def _rescored(first: Evaluation, second: Evaluation, release: int) -> Rescored:
    answers = [_answers(each) for each in (first, second)]
    table = parse_table(VerifierRelease.objects.get(pk=release).payload)
    tiers = {}
    for pair in answers[0].keys() & answers[1].keys():
        truth = table.lookup(pair, StepKind.FINAL)
        if truth and truth.source != "silver":
            tiers[pair] = truth.value
    rows = Pair.objects.filter(pk__in=tiers).order_by("pk").values_list("pk", "query")
    queries = {str(pk): query for pk, query in rows}
    if not queries:
        raise NotComparable(_("no pair with a verified tier is in both evaluations"))
    return compare(
        [(query, tiers[p], answers[0][p], answers[1][p]) for p, query in queries.items()]
    )


def compare(rows: Sequence[tuple[str, str, str | None, str | None]]) -> Rescored:
    """``rows`` are (query, true tier, first answer, second answer); None could not be read."""
    places = {query: at for at, query in enumerate(dict.fromkeys(row[0] for row in rows))}
    resamples = weights(len(places), DRAWS)
    scores = []
    for column in (2, 3):
        tables = np.zeros((len(places), _UNREAD, _UNREAD + 1))
        for row in rows:
            answer = row[column]
            at = _UNREAD if answer is None else _TIERS.index(answer)
            tables[places[row[0]], _TIERS.index(row[1]), at] += 1
        scores.append(macro_f1(np.tensordot(resamples, tables, 1)))
    first, second = scores
    tail = (1 - _LEVEL) / 2
    low, high = np.quantile((second - first)[1:], [tail, 1 - tail])
    return Rescored(
        len(rows), len(places), float(first[0]), float(second[0]), float(low), float(high)
    )


def macro_f1(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """(R, 4, 5) counts -> (R,): as ``training.rl.measure.classification`` for one table."""
    square = tables[..., :_UNREAD]
    total = tables.sum(-1) + square.sum(-2)
    hits = np.diagonal(square, axis1=-2, axis2=-1)
    f1 = np.divide(2 * hits, total, out=np.zeros_like(total), where=total > 0)
    result: NDArray[np.float64] = f1.sum(-1) / np.maximum((total > 0).sum(-1), 1)
    return result


def _answers(of: Evaluation) -> Mapping[str, str | None]:
    folder = run_folder(TrainingRun.objects.get(pk=of.run))
    try:
        rows = [row for _line, row in read_jsonl(folder / predictions_file(of.moment))]
    except BadInput as error:
        raise NotComparable(
            _("the answers of run %(run)s are not on this machine", run=of.run)
        ) from error
    return {str(row["pair_id"]): row["tier"] for row in rows}

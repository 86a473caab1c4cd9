"""What the trainer writes into the ledger of its run, an update at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from annotation.cot.steps import StepKind, parse_partial, step_hashes
from training.job.advantages import Table
from training.job.checkpoints import checkpoint_update, newest_checkpoint
from training.job.folder import LEDGER
from training.job.ledger import LedgerLine, Row, ledger_append, ledger_rewind, ledger_share
from training.job.shuffle import shuffle_key
from training.job.types import ScoredRollout
from training.rl.base.processes import is_main
from training.rl.policy.run_folder import Run

_DIGITS = 8  # of z and advantages; what they are made of is kept as it is


@dataclass(frozen=True, slots=True)
class Credited:
    """The rollouts of an update, group after group, and what was made of them, each (N, 5)."""

    rollouts: Sequence[ScoredRollout]
    rewards: Sequence[Sequence[float]]  # that advantages are made of; NaN = masked
    z: Table
    advantages: Table
    unfilled: frozenset[int] = frozenset()  # rows that the plan masked


@dataclass(frozen=True, slots=True)
class LedgerWriter:
    """``share`` of the groups is written; which ones depends on the seed alone. ``contexts``
    has the content hash of a pair, which the hashes of its steps are made with, as the run's
    release has them: ``chained``."""

    path: Path
    share: float
    seed: int
    contexts: Mapping[str, str]
    chained: bool = False

    def write(self, update: int, group: int, credited: Credited) -> None:
        """Append the groups of ``update``, counted from 1."""
        count = len(credited.rollouts) // group
        ledger_append(
            self.path,
            [
                self._line(update, slice(place * group, (place + 1) * group), credited)
                for place in range(count)
                if self._kept(update, place)
            ],
        )

    def _kept(self, update: int, place: int) -> bool:
        key = shuffle_key(self.seed, f"ledger {update} {place}")
        return int.from_bytes(key[:6], "big") / 2**48 < self.share

    def _line(self, update: int, rows: slice, credited: Credited) -> LedgerLine:
        rollouts = credited.rollouts[rows]
        texts = list(dict.fromkeys(rollout.text for rollout in rollouts))
        pair_id = rollouts[0].pair_id
        rewards = [[r.rewards[kind] for kind in StepKind] for r in rollouts]
        return LedgerLine(
            update=update,
            pair_id=pair_id,
            texts=texts,
            which=[texts.index(rollout.text) for rollout in rollouts],
            errors=[rollout.parse_error for rollout in rollouts],
            steps=[list(self._hashes(pair_id, text)) for text in texts],
            rewards=[[reward.value for reward in row] for row in rewards],
            sources=[[reward.source for reward in row] for row in rewards],
            p=[[reward.p for reward in row] for row in rewards],
            z=_rounded(credited.z[rows]),
            advantages=_rounded(credited.advantages[rows]),
            masked=[[int(not isfinite(r)) for r in row] for row in credited.rewards[rows]],
            unfilled=rows.start in credited.unfilled,
        )

    def _hashes(self, pair_id: str, text: str) -> Iterator[str | None]:
        """By kind, the hash that a stored step of this text has; None where there is none to
        be had."""
        context, steps = self.contexts.get(pair_id), parse_partial(text)
        hashes = step_hashes(context, text, steps, chained=self.chained) if context else {}
        return (hashes.get(kind) for kind in StepKind)


def ledger_writer(run: Run) -> LedgerWriter | None:
    """The writer of ``rl.ledger``, its file rewound to where the run goes on; None where
    nothing is to be written, and on all processes but the main one."""
    share = ledger_share(run.config.rl.ledger)
    if not share or not is_main():
        return None
    path = run.folder / LEDGER
    ledger_rewind(path, checkpoint_update(newest_checkpoint(run.folder)))
    contexts = {sample.pair_id: sample.context for sample in run.train}
    return LedgerWriter(path, share, run.config.seed, contexts, run.truths.chained)


def _rounded(table: Table) -> list[Row]:
    return [[round(float(value), _DIGITS) for value in row] for row in table]

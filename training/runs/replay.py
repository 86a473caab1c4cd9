"""What a run's rewards and advantages would have been under another release of the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import numpy as np

from annotation.cot.errors import Invalid
from annotation.cot.rules import RulesError, parse_rules
from annotation.cot.steps import Layout
from annotation.cot.wording import wording as _
from training.job.config import load_config
from training.job.data import read_samples
from training.job.folder import LEDGER, RULES, RUN_TOML, TRAIN
from training.job.ledger import Placed, ledger_read
from training.job.methods import METHODS
from training.job.types import BadInput, Sample
from training.models import TrainingRun
from training.reward.replay import Recipe, Replayed
from training.runs.snapshot import run_folder
from verifier.models import VerifierRelease
from verifier.truth import TruthTable, parse_table


@dataclass(frozen=True, slots=True)
class ChangedGroup:
    update: int
    pair_id: str
    text_offset: int
    moved: float  # sum of |dA|
    signs: int
    ranks: int
    flips: list[dict[str, Any]]


@dataclass(slots=True)
class ReplayReport:
    """``changed`` by how far the advantages moved, the furthest first."""

    run: int
    release: int
    groups: int = 0
    steps: int = 0
    flips: int = 0
    flips_by_step: dict[str, int] = field(default_factory=dict)
    signs: int = 0
    ranks: int = 0
    unheard: int = 0  # masked now, because the reward model was not asked then
    largest: float = 0.0  # |dA| of one step
    without: str = ""  # whose labels are left out
    ledger: str = "full"
    changed: list[ChangedGroup] = field(default_factory=list)

    @property
    def moved(self) -> float:
        """Sum of |dA| over all steps."""
        return sum(row.moved for row in self.changed)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def run_replay(
    *,
    run: TrainingRun,
    release: VerifierRelease,
    truths: TruthTable | None = None,
    without: str = "",
) -> ReplayReport:
    """Reward the run's rollouts again by ``release``, or by ``truths`` that were made of it.

    Raises:
        Invalid: the run has no ledger here, the release is another project's, or a setting of
            the run lets only its own release be replayed.
    """
    recipe, samples = _recipe(run)
    if release.project_id != run.project_id:
        raise Invalid(_("release %(n)s belongs to another project", n=release.number))
    other = truths is not None or release.pk != run.release_id
    if other and (names := recipe.refusals()):
        raise Invalid(
            _(
                "run %(run)s cannot be replayed under another truth: with %(names)s the truth "
                "also chose which rollouts were trained on",
                run=run.pk,
                names=", ".join(names),
            )
        )
    report = ReplayReport(run.pk, release.number, without=without)
    report.ledger = recipe.config.rl.ledger
    table = parse_table(release.payload) if truths is None else truths
    by_step: Counter[str] = Counter()
    try:
        for group in recipe.groups(_lines(run, samples), table, samples):
            _count(report, by_step, group)
    except BadInput as error:
        raise Invalid(str(error)) from error
    if not report.groups:
        raise Invalid(_no_ledger(run))
    report.flips_by_step = dict(sorted(by_step.items()))
    report.changed.sort(key=lambda row: (-row.moved, row.text_offset))
    return report


def _count(report: ReplayReport, by_step: Counter[str], group: Replayed) -> None:
    flips, line = group.flips, group.placed.line
    largest = float(np.abs(group.change).max())
    report.groups += 1
    report.steps += group.advantages.size
    report.flips += len(flips)
    report.unheard += group.unheard
    report.largest = max(report.largest, largest)
    by_step.update(str(flip.kind) for flip in flips)
    if not flips and largest < 1e-6:
        return
    signs, ranks = group.signs, group.ranks
    report.signs += signs
    report.ranks += ranks
    report.changed.append(
        ChangedGroup(
            line.update,
            line.pair_id,
            group.placed.start,
            round(group.moved, 6),
            signs,
            ranks,
            [asdict(flip) for flip in flips],
        )
    )


def _recipe(run: TrainingRun) -> tuple[Recipe, dict[str, Sample]]:
    """The run's settings and pairs, as its folder has them."""
    if not METHODS[run.method].credits:
        raise Invalid(_("%(method)s makes no advantages: nothing to replay", method=run.method))
    folder = run_folder(run)
    if not (folder / LEDGER).exists():
        raise Invalid(_no_ledger(run))
    try:
        config = load_config(folder / RUN_TOML)
        rules = parse_rules((folder / RULES).read_text(encoding="utf-8"))
        samples = {sample.pair_id: sample for sample in read_samples(folder / TRAIN)}
    except (BadInput, RulesError, OSError) as error:
        raise Invalid(str(error)) from error
    layout = run.policy.layout if config.layout == "policy" else config.layout
    return Recipe(config, rules, cast(Layout, layout)), samples


def _lines(run: TrainingRun, samples: dict[str, Sample]) -> Iterator[Placed]:
    for placed in ledger_read(run_folder(run) / LEDGER):
        if placed.line.pair_id not in samples:
            raise BadInput(f"pair {placed.line.pair_id} is not in {TRAIN}", LEDGER)
        yield placed


def _no_ledger(run: TrainingRun) -> str:
    return _(
        "run %(run)s has no ledger here: it was launched with rl.ledger off or before there "
        "were ledgers, has not updated yet, or its folder is gone or on another host",
        run=run.pk,
    )

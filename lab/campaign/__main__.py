"""``python -m lab.campaign OUT SEED``: every cell of a seed, in a process of its own; without a
seed the reward model that all of them share."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from lab.campaign.asking import PoolPair, answers, pairs_in_order
from lab.campaign.plan import done, plan_read
from lab.campaign.world import CampaignWorld, pool, reward_model, test_rows, written
from training.job.files import read_finished_jsonl, write_jsonl, write_text
from training.job.folder import (
    EVAL,
    EXPLORED,
    MODEL,
    MOMENTS,
    RUN_TOML,
    TRAIN,
    TRUTH,
    evaluation_file,
    predictions_file,
)
from training.rl.train import train
from verifier.truth import TruthTable, dump


def main(argv: Sequence[str]) -> int:
    out = Path(argv[0])
    plan = plan_read(out)
    world = CampaignWorld(out, plan.config, Path(plan.policy))
    if len(argv) == 1:
        reward_model(world)
        return 0
    seed = int(argv[1])
    pairs = pool(world, seed)
    for order in plan.orders:
        config = plan.config
        sequence = pairs_in_order(
            pairs, order, seed, stage=config.labels, per_query=config.per_query
        )
        for stage in range(1, config.stages + 1):
            if not done(world.folder(seed, order, str(stage))):
                _cell(world, seed, order, stage, sequence[: stage * config.labels])
                print(f"seed {seed} {order} {stage * config.labels} labels", flush=True)
    return 0


def _cell(
    world: CampaignWorld, seed: int, order: str, stage: int, chosen: Sequence[PoolPair]
) -> None:
    """SRPO on all answers so far, from the policy of the stage before."""
    folder = world.folder(seed, order, str(stage))
    before = world.folder(seed, order, str(stage - 1)) if stage > 1 else None
    shutil.rmtree(folder, ignore_errors=True)  # what was stopped half way starts anew
    folder.mkdir(parents=True)
    rows = answers(chosen, world.config.noise, seed)
    policy = before / MODEL if before else world.policy
    write_text(folder / RUN_TOML, written(world.config.run(), policy, 100 * seed + stage))
    write_text(folder / TRUTH, dump(TruthTable()))
    write_jsonl(folder / TRAIN, rows)
    write_jsonl(folder / EVAL, test_rows(world))
    told = {row["pair_id"] for row in rows}
    start = read_finished_jsonl(world.folder(seed, "start") / EXPLORED)
    write_jsonl(folder / EXPLORED, [row for row in start if row["pair_id"] in told])
    _evaluated_before(world, folder, before)
    train(folder)
    if before:
        shutil.rmtree(before / MODEL)


def _evaluated_before(world: CampaignWorld, folder: Path, before: Path | None) -> None:
    """The evaluation before training is the one after the stage before, or that of the start
    policy, which another order has made."""
    first, last = MOMENTS
    others = world.out.glob(f"cells/*/*/1/{evaluation_file(first)}")
    source = before or next((path.parent for path in others), None)
    if source is None:
        return
    for name in (predictions_file, evaluation_file):
        shutil.copy(source / name(last if before else first), folder / name(first))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

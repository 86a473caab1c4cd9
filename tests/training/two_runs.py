"""Two runs of one project, on two releases that differ in what people decided between them."""

from __future__ import annotations

from typing import Any

from annotation.deciding.resolution import item_resolve
from annotation.models import Pair
from tests.factories import labels_for, make_user, open_item, submit
from tests.training.world import ledger_line, policy_make, rollout_make, run_make
from training.job.files import write_jsonl
from training.job.folder import LEDGER, predictions_file
from training.job.ledger import ledger_append
from training.models import Checkpoint, TrainingRun
from training.runs.ledger_ingest import LedgerIngest
from training.runs.snapshot import run_folder, snapshot_build
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh

HALF = 0.5 / (0.5**0.5 + 1e-4)  # (1 - 1/2) / (std of 1 and 0 + eps)


def launched(pair: Pair, policy: Checkpoint, **values: Any) -> TrainingRun:
    """Finished, with one group in its ledger: two rollouts of the pair."""
    run = run_make(pair.project, policy=policy, **{"state": "finished", **values})
    folder = snapshot_build(run=run)
    ingest = LedgerIngest(run, folder)
    line = ledger_line(pair, 1, advantages=[[HALF] * 5, [-HALF] * 5])
    ledger_append(folder / LEDGER, [line])
    ingest.take()
    return run


def decided(pair: Pair, tier: str, *names: str) -> None:
    """People decide anew what the pair's tier is; the texts of steps 1 and 2 are correct."""
    item = open_item(rollout_make(pair), priority=1_000)
    for name in names:
        submit(item, make_user(username=name), labels_for(attribute="all", tier=tier))
    item.refresh_from_db()
    item_resolve(item=item)
    truth_refresh(project=pair.project)


def two_runs(train: Pair, held_out: Pair, *names: str) -> tuple[TrainingRun, TrainingRun]:
    """``trainable`` gives the pairs. Between the releases two people decided that the first
    one's tier is 3, not 4. After training the first run answers 1 to both, the second 4."""
    policy = policy_make(name="start")
    first = launched(train, policy)
    decided(train, "3", *names)
    second = launched(
        train, policy, release=release_cut(project=train.project), config={"rl": {"kl": 0.5}}
    )
    for moment, tiers in {"before": "11", "after": "14"}.items():
        for run, tier in zip((first, second), tiers, strict=True):
            rows = [
                {"pair_id": str(pair.pk), "text": "", "tier": tier}
                for pair in (train, held_out)
            ]
            write_jsonl(run_folder(run) / predictions_file(moment), rows)
    return first, second

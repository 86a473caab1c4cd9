"""What real updates of the tiny policy leave in the ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotation.cot.steps import parse_partial, step_sha256
from tests.training.rl.tiny import make_run
from training.job.advantages import credited_advantages, gated
from training.job.files import read_finished_jsonl
from training.job.folder import LEDGER
from training.job.ledger import LedgerLine, ledger_read
from training.job.types import Sample
from training.rl.base.callbacks import RunCallback
from training.rl.train import main

pytestmark = pytest.mark.rl

RL = {
    "updates": 3, "prompts": 2, "group": 4, "micro_batch": 4, "max_tokens": 90,
    "save_every": 1, "learning_rate": 1e-4,
}  # fmt: skip


def lines(folder: Path) -> list[LedgerLine]:
    return [placed.line for placed in ledger_read(folder / LEDGER)]


def with_contexts(folder: Path) -> None:
    rows = [json.loads(row) for row in (folder / "train.jsonl").read_text().splitlines()]
    text = "".join(json.dumps({**row, "context": f"c{row['pair_id']}"}) + "\n" for row in rows)
    (folder / "train.jsonl").write_text(text)


def table(rows: list[list[float | None]]) -> Any:
    return np.array([[np.nan if v is None else v for v in row] for row in rows])


def test_the_ledger_has_the_rewards_and_advantages_of_every_group(run_dir: Path) -> None:
    with_contexts(run_dir)
    assert main([str(run_dir)]) == 0
    ledger = lines(run_dir)
    assert [row.update for row in ledger] == [1, 1, 2, 2, 3, 3]
    metrics = read_finished_jsonl(run_dir / "metrics.jsonl")
    for update, measured in enumerate(metrics, 1):
        groups = [table(row.rewards) for row in ledger if row.update == update]
        tier = np.nanmean(np.concatenate(groups)[:, 4])
        assert tier == pytest.approx(measured["reward_step_5"], abs=1e-6)
    moving = 0
    for row in ledger:
        readable = [error is None for error in row.errors]
        credit = gated(table(row.rewards), readable)
        z, advantages = credited_advantages(credit, 4)
        assert table(row.z) == pytest.approx(z, abs=1e-7)
        assert table(row.advantages) == pytest.approx(advantages, abs=1e-7)
        assert row.masked == np.isnan(credit).astype(int).tolist()
        assert len(row.texts) == len(set(row.texts)) == max(row.which) + 1
        for text, hashes in zip(row.texts, row.steps, strict=True):
            steps = parse_partial(text)
            if steps:
                first = text[steps[0].start : steps[0].end]
                expected = step_sha256(f"c{row.pair_id}", [first])
                assert hashes[steps[0].kind - 1] == expected
        moving += bool(advantages.any())
    assert moving, "some group taught something"


def test_grpo_gives_every_step_the_advantage_of_the_outcome(
    tmp_path: Path, policy_dir: Path, samples: list[Sample]
) -> None:
    make_run(tmp_path / "run", policy_dir, samples, method="grpo", rl={**RL, "updates": 1})
    assert main([str(tmp_path / "run")]) == 0
    ledger = lines(tmp_path / "run")
    assert len(ledger) == 2
    for row in ledger:
        outcome = table(row.rewards)[:, -1]
        expected = (outcome - outcome.mean()) / (outcome.std(ddof=1) + 1e-4)
        assert table(row.advantages) == pytest.approx(
            np.repeat(expected[:, None], 5, axis=1).clip(-2, 2), abs=1e-6
        )
        assert row.steps == [[None] * 5] * len(row.texts), "train.jsonl has no context"


def test_updates_that_are_done_again_are_not_doubled(
    tmp_path: Path, policy_dir: Path, samples: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    settings = {"rl": {**RL, "save_every": 2}}
    make_run(straight, policy_dir, samples, **settings)
    make_run(broken, policy_dir, samples, **settings)
    assert main([str(straight)]) == 0
    inner = RunCallback.on_step_end

    def crash_in_last(self: RunCallback, args: Any, state: Any, *rest: Any, **kw: Any) -> None:
        if state.global_step == 3:  # its line is written, and no checkpoint is behind it
            raise MemoryError
        inner(self, args, state, *rest, **kw)

    monkeypatch.setattr(RunCallback, "on_step_end", crash_in_last)
    with pytest.raises(MemoryError):
        main([str(broken)])
    assert [row.update for row in lines(broken)] == [1, 1, 2, 2, 3, 3]
    monkeypatch.setattr(RunCallback, "on_step_end", inner)
    with (broken / LEDGER).open("ab") as handle:
        handle.write(b"\x28\xb5\x2f\xfd\x00")
    assert main([str(broken)]) == 0
    assert lines(broken) == lines(straight)


@pytest.mark.parametrize(("setting", "kept"), [("off", 0), ("sampled:0.5", None)])
def test_the_setting_keeps_a_share_of_the_groups(
    tmp_path: Path, policy_dir: Path, samples: list[Sample], setting: str, kept: int | None
) -> None:
    rl = {**RL, "updates": 4, "ledger": setting, "max_tokens": 60}
    make_run(tmp_path / "run", policy_dir, samples, rl=rl)
    assert main([str(tmp_path / "run")]) == 0
    count = len(lines(tmp_path / "run"))
    assert count == kept if kept is not None else 0 < count < 8
    assert (tmp_path / "run" / LEDGER).exists() == (setting != "off")

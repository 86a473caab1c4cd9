"""What a policy says of a text does not depend on what the text is batched with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.training.rl.tiny import make_run
from tests.training.rl.zoo import random_policy
from training.job.types import BadInput, Sample
from training.rl.method.srpo import SRPOTrainer
from training.rl.policy.model import load_policy
from training.rl.train import train

pytestmark = pytest.mark.rl
Logps = Callable[..., tuple[Tensor, Any, Any]]


class Watch:
    """Reads every row that TRL's forward reads once more, alone and without padding."""

    def __init__(self, inner: Logps) -> None:
        self.inner, self.padding, self.models = inner, 0, set[int]()

    def __get__(self, trainer: Any, owner: Any) -> Logps:
        def logps(
            model: Any, ids: Tensor, mask: Tensor, keep: int, *args: Any, **named: Any
        ) -> Any:
            batch = self.inner(trainer, model, ids, mask, keep, *args, **named)
            for row, (tokens, seen) in enumerate(zip(ids, mask.bool(), strict=True)):
                kept = int(seen[-keep:].sum())
                self.padding += int((~seen[:-keep]).sum())
                with torch.no_grad():
                    alone, *_ = self.inner(
                        trainer, model, tokens[seen][None], seen[seen][None].long(), kept
                    )
                ours = batch[0][row, seen[-keep:]]
                assert torch.allclose(ours, alone[0], atol=2e-4), (ours, alone)
            self.models.add(id(trainer.accelerator.unwrap_model(model)))
            return batch

        return logps


@pytest.mark.parametrize("kind", ["gpt2", "opt", "bert"])
@pytest.mark.parametrize("lora", [0, 2], ids=["every weight", "adapter"])
def test_policy_and_reference_read_a_padded_text_as_they_read_it_alone(
    tmp_path: Path, samples: list[Sample], monkeypatch: pytest.MonkeyPatch, kind: str, lora: int
) -> None:
    uneven = [
        replace(s, text=replace(s.text, title=s.text.title + " new" * place))
        for place, s in enumerate(samples)
    ]
    make_run(
        tmp_path / "run", random_policy(tmp_path / "policy", kind), uneven,
        sampling={"rollouts": 1, "rejection": False},
        rl={"updates": 1, "prompts": 2, "group": 2, "micro_batch": 4, "max_tokens": 8},
        eval={"max_tokens": 8, "bootstrap": 10, "limit": 2},
        trainer={"lora_rank": lora},
    )  # fmt: skip
    watch = Watch(SRPOTrainer._get_per_token_logps_and_entropies)
    monkeypatch.setattr(SRPOTrainer, "_get_per_token_logps_and_entropies", watch)
    train(tmp_path / "run")
    assert watch.padding > 0
    assert len(watch.models) == (1 if lora else 2)  # an adapter's reference is the policy


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("roberta", "counts positions in a way of its own"), ("rwkv", "a text that is padded")],
)
def test_a_model_whose_batches_cannot_be_mended_is_refused(
    tmp_path: Path, kind: str, reason: str
) -> None:
    with pytest.raises(BadInput, match=rf"\({kind}\).*{reason}"):
        load_policy(random_policy(tmp_path, kind))

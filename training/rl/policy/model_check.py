"""What a folder's model must be to be a policy, and how it may be sampled. Measured on four
vectors, because no configuration says it. Vectors, not ids: what reads tokens reads prompts
alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from training.job.types import BadInput
from training.rl.policy.cache import ReservedCache
from training.rl.policy.positions import count_positions, positions, takes_positions

_TOKENS, _PADDING = 4, 2


@torch.inference_mode()
def model_check(model: Any, folder: object) -> bool:
    """Whether the model can be decoded with a plain cache of keys and values; from here on it
    counts positions without padding.

    Raises:
        BadInput: it is no causal model, or what it says of a text depends on what the text is
            batched with.
    """
    model.eval()
    vectors = model.get_input_embeddings().weight[torch.arange(_TOKENS)][None]
    whole = _logits(model, vectors)
    for problem in _problems(model, vectors, whole):
        raise BadInput(f"the model in '{folder}' ({model.config.model_type}) {problem}")
    return _caches_plainly(model, vectors, whole)


def _problems(model: Any, vectors: Tensor, whole: Tensor) -> Iterator[str]:
    other = _logits(model, vectors[:, :1].expand_as(vectors))
    if not _equal(whole[:, :1], other[:, :1]):
        yield (
            "reads the tokens that follow: it is an encoder, and a policy must be a causal "
            "language model"
        )
    if takes_positions(model):
        told = _logits(model, vectors, position_ids=torch.arange(_TOKENS)[None])
        if not _equal(whole, told):
            yield (
                "counts positions in a way of its own, which sampling would not follow: it "
                "cannot be a policy"
            )
    count_positions(model)
    padded, mask = _padded(vectors)
    batched = _logits(model, padded, attention_mask=mask)
    if not _equal(whole, batched[:, _PADDING:]):
        yield (
            "computes other probabilities for a text that is padded: a batch would change "
            "what it says, so it cannot be a policy"
        )


def _caches_plainly(model: Any, vectors: Tensor, whole: Tensor) -> bool:
    """Whether keys and values alone carry its state from one token to the next. A model that
    keeps something else leaves them empty, or raises whatever its code happens to raise."""
    padded, mask = _padded(vectors)
    place, cache = positions(mask), ReservedCache()
    parts = slice(None, -1), slice(-1, None)
    try:
        for part in parts:
            logits = _logits(
                model,
                padded[:, part],
                attention_mask=mask[:, : part.stop or mask.shape[1]],
                position_ids=place[:, part],
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
    except Exception:
        return False
    return _equal(whole[:, -1:], logits)


def _logits(model: Any, vectors: Tensor, **named: Any) -> Tensor:
    # some models scale what they are given in place
    logits: Tensor = model(inputs_embeds=vectors.clone(), **named).logits
    return logits


def _padded(vectors: Tensor) -> tuple[Tensor, Tensor]:
    """(vectors with padding before them, mask)."""
    padding = vectors[:, -1:].expand(-1, _PADDING, -1)
    mask = torch.tensor([[0] * _PADDING + [1] * _TOKENS])
    return torch.cat([padding, vectors], dim=1), mask


def _equal(first: Tensor, second: Tensor) -> bool:
    """Up to the rounding of another batch, which is far below what another position does."""
    return bool((first - second).abs().max() <= 1e-3 * first.std() + 1e-6)

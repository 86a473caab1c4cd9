"""Where a token stands, counted without the padding before it.

Models with learned positions (GPT-2, GPT-Neo, BERT decoders and others) count from the first
column of the batch unless they are told: the log probabilities of a text would depend on what
it is batched with. The backbone is told, because what stands around it differs: TRL calls it
past the head, PEFT calls the head past its own wrapper.
"""

from __future__ import annotations

import inspect
from typing import Any

from torch import Tensor


def positions(mask: Tensor) -> Tensor:
    """Position of every token of a (B, T) attention mask; padding gets that of a neighbour."""
    return (mask.long().cumsum(1) - 1).clamp(min=0)


def takes_positions(model: Any) -> bool:
    """Whether the model can be told where its tokens stand."""
    return "position_ids" in inspect.signature(type(model.base_model).forward).parameters


def count_positions(model: Any) -> None:
    """From now on the model is told the positions of every batch that comes with a mask and
    without them. Once per model; a copy that is loaded anew needs its own call."""
    if takes_positions(model):
        model.base_model.register_forward_pre_hook(_told, with_kwargs=True)


def _told(
    module: Any, inputs: tuple[Any, ...], named: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    mask = named.get("attention_mask")
    if named.get("position_ids") is not None or not isinstance(mask, Tensor) or mask.ndim != 2:
        return None
    given = [*inputs, named.get("input_ids"), named.get("inputs_embeds")]
    width = next(t.shape[1] for t in given if t is not None)
    # a mask also covers what the cache already holds
    return inputs, {**named, "position_ids": positions(mask)[:, -width:]}

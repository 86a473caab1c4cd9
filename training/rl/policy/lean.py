"""A Llama forward pass for decoding: the sums of transformers' own, without its module work.

A policy of a million parameters spends more time in Python between the products than in them.
It is made anew for each batch, so it follows the optimiser; only query and key rows are copied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import LlamaForCausalLM, PreTrainedModel

from training.rl.policy.cache import Slots, changes

_ROPES = ("default", "linear", "llama3")  # frequencies that do not depend on the length


def is_lean(model: PreTrainedModel) -> bool:
    """Whether :class:`LeanLlama` computes what ``model`` does."""
    config = model.config
    if type(model) is not LlamaForCausalLM:
        return False
    rope = getattr(config, "rope_parameters", None) or {}
    return bool(
        config.hidden_act == "silu"
        and not config.attention_bias
        and not config.mlp_bias
        and config.pretraining_tp == 1
        and rope.get("rope_type", "default") in _ROPES
        and all(weight.dtype == torch.float32 for weight in model.parameters())
        # an adapter puts its own modules in the place of the plain products
        and not any("lora" in name for name, _ in model.named_parameters())
    )


@dataclass(frozen=True, slots=True)
class _Layer:
    """Weights as (out, in), norms as (width,). ``turned`` are the query and key rows with the
    two coordinates of each rotated pair side by side; scores do not depend on that order."""

    before: Tensor
    turned: Tensor
    v: Tensor
    o: Tensor
    after: Tensor
    gate: Tensor
    up: Tensor
    down: Tensor


class LeanLlama:
    """One batch of rows in lock step: :meth:`prefill` once, then :meth:`step` for each token.

    Shapes: B rows, T tokens, H query heads, J key heads, D width of a head, C width.
    """

    def __init__(self, model: Any) -> None:
        config = model.config
        self._heads, self._key_heads = config.num_attention_heads, config.num_key_value_heads
        self._width = getattr(config, "head_dim", None) or config.hidden_size // self._heads
        self._eps, self._size = config.rms_norm_eps, (config.hidden_size,)
        self._rotary = model.model.rotary_emb
        self._embed, self._head = model.model.embed_tokens.weight, model.lm_head.weight
        self._norm = model.model.norm.weight
        self._layers = [_weights(layer, self._width) for layer in model.model.layers]
        self._slots = [Slots() for _ in self._layers]

    def prefill(self, ids: Tensor, pad: Tensor) -> Tensor:
        """Logits (B, V) after (B, T) left-padded ids; ``pad`` (B,) counts the padding."""
        place = torch.arange(ids.shape[1], device=ids.device)
        seen = place[None, None, :] >= pad[:, None, None]
        # a padded query sees itself, so that no row of the softmax is empty
        mask = (seen & (place[None, :, None] >= place)) | (place[:, None] == place)
        self._pad, self._padded = pad, bool(pad.any())
        turn = self._turn((place[None, :] - pad[:, None]).clamp(min=0))
        x = self._embed[ids]
        for layer, slots in zip(self._layers, self._slots, strict=True):
            q, k, v = self._project(layer, x, turn)
            slots.append(k, v)
            mixed = F.scaled_dot_product_attention(
                q, k, v, attn_mask=mask[:, None], enable_gqa=self._heads != self._key_heads
            )
            x = x + F.linear(mixed.transpose(1, 2).flatten(2), layer.o)
            x = x + F.linear(self._fed(layer, x), layer.down)
        return self._logits(x[:, -1])

    def step(self, tokens: Tensor) -> Tensor:
        """Logits (B, V) after one more token (B,) of every row."""
        rows, at = tokens.shape[0], self._slots[0].used
        turn = self._turn((at - self._pad)[:, None])
        shape = (rows, self._key_heads, self._heads // self._key_heads, self._width)
        x, bias = self._embed[tokens], self._bias(at + 1)
        for layer, slots in zip(self._layers, self._slots, strict=True):
            q, k, v = self._project(layer, x[:, None], turn)
            slots.append(k, v)
            scores = q.reshape(shape) @ slots.keys.transpose(2, 3)
            scores *= self._width**-0.5
            if bias is not None:
                scores += bias
            mixed = scores.softmax(-1) @ slots.values
            x = torch.addmm(x, mixed.view(rows, -1), layer.o.t())
            x = torch.addmm(x, self._fed(layer, x), layer.down.t())
        return self._logits(x)

    def rearrange(self, source: Tensor) -> None:
        """Row i becomes what row ``source[i]`` was; a row overwritten is no source."""
        moved, origin = changes(source)
        self._pad = self._pad[source]
        for slots in self._slots:
            slots.rearrange(source.shape[0], moved, origin)

    def _project(self, layer: _Layer, x: Tensor, turn: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, T, C) to rotated queries (B, H, T, D), rotated keys and values (B, J, T, D)."""
        h = F.rms_norm(x, self._size, layer.before, self._eps)
        pairs = F.linear(h, layer.turned).view(*x.shape[:2], -1, self._width // 2, 2)
        both = torch.view_as_real(torch.view_as_complex(pairs) * turn).flatten(-2)
        both = both.transpose(1, 2)
        v = F.linear(h, layer.v).view(*x.shape[:2], -1, self._width).transpose(1, 2)
        return both[:, : self._heads], both[:, self._heads :], v

    def _fed(self, layer: _Layer, x: Tensor) -> Tensor:
        """What goes into the last product of the feed-forward block."""
        h = F.rms_norm(x, self._size, layer.after, self._eps)
        gate = F.silu(F.linear(h, layer.gate), inplace=True)
        return gate.mul_(F.linear(h, layer.up))

    def _logits(self, x: Tensor) -> Tensor:
        return F.linear(F.rms_norm(x, self._size, self._norm, self._eps), self._head)

    def _turn(self, place: Tensor) -> Tensor:
        """Complex factors (B, T, 1, D / 2) of the rotary embedding at ``place`` (B, T)."""
        angle = (place[..., None] * self._rotary.inv_freq)[:, :, None]
        return torch.polar(torch.full_like(angle, self._rotary.attention_scaling), angle)

    def _bias(self, tokens: int) -> Tensor | None:
        """(B, 1, 1, tokens): minus infinity on padding; None where there is none."""
        if not self._padded:
            return None
        place = torch.arange(tokens, device=self._pad.device)
        bias = torch.zeros((self._pad.shape[0], tokens), device=self._pad.device)
        return bias.masked_fill_(place < self._pad[:, None], -torch.inf)[:, None, None]


def _weights(layer: Any, width: int) -> _Layer:
    attention, feed = layer.self_attn, layer.mlp
    rows = torch.cat([attention.q_proj.weight, attention.k_proj.weight])
    turned = rows.view(-1, 2, width // 2, rows.shape[1]).transpose(1, 2).reshape(rows.shape)
    return _Layer(
        layer.input_layernorm.weight,
        turned,
        attention.v_proj.weight,
        attention.o_proj.weight,
        layer.post_attention_layernorm.weight,
        feed.gate_proj.weight,
        feed.up_proj.weight,
        feed.down_proj.weight,
    )

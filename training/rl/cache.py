"""A key-value cache that grows by blocks: on CPU, appending one token to a concatenated cache
copies the whole cache at every step, and that copy costs more than the model."""

from __future__ import annotations

from torch import Tensor
from transformers.cache_utils import Cache, DynamicLayer

_BLOCK = 128  # tokens reserved at a time


class ReservedLayer(DynamicLayer):
    """Keys and values of one layer, (rows, heads, tokens, width), written in place."""

    keys: Tensor
    values: Tensor

    def __init__(self) -> None:
        super().__init__()
        self._store: tuple[Tensor, Tensor] | None = None

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: object, **kwargs: object
    ) -> tuple[Tensor, Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        used = self.get_seq_length()
        total = used + key_states.shape[-2]
        if self._store is None or self._store[0].shape[-2] < total:
            size = (total // _BLOCK + 1) * _BLOCK
            old = (self.keys, self.values)
            new = tuple(
                states.new_empty((*states.shape[:2], size, states.shape[3]))
                for states in (key_states, value_states)
            )
            if used:
                for target, source in zip(new, old, strict=True):
                    target[..., :used, :] = source
            self._store = (new[0], new[1])
        keys, values = self._store
        keys[..., used:total, :] = key_states
        values[..., used:total, :] = value_states
        self.keys, self.values = keys[..., :total, :], values[..., :total, :]
        return self.keys, self.values

    def take(self, rows: Tensor) -> None:
        """Keep or repeat ``rows`` of the batch, in that order."""
        self.keys, self.values = self.keys[rows], self.values[rows]
        self._store = None


class ReservedCache(Cache):
    """One :class:`ReservedLayer` a model layer, made as they are asked for."""

    def __init__(self) -> None:
        super().__init__(layer_class_to_replicate=ReservedLayer)

    def take(self, rows: Tensor) -> None:
        for layer in self.layers:
            layer.take(rows)

"""Keys and values in reserved room: on CPU, appending one token to a concatenated cache copies
the whole cache at every step, and that copy costs more than the model.

A row is a slot. A row that ends frees its slot and a row that forks fills one, so that only
what changed is copied.
"""

from __future__ import annotations

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicLayer

_BLOCK = 64  # tokens reserved at a time


def changes(source: Tensor) -> tuple[Tensor, Tensor]:
    """(rows that change, what each of them becomes) when row i becomes row ``source[i]``."""
    rows = torch.arange(source.shape[0], device=source.device)
    moved = (source != rows).nonzero().squeeze(1)
    return moved, source[moved]


class Slots:
    """One layer: ``keys`` and ``values`` are views, (rows, heads, tokens, width)."""

    keys: Tensor
    values: Tensor

    def __init__(self) -> None:
        self._store: tuple[Tensor, Tensor] | None = None
        self.rows = self.used = 0

    def append(self, keys: Tensor, values: Tensor) -> None:
        """Add (rows, heads, T, width) after the tokens there are."""
        start, self.rows, self.used = self.used, len(keys), self.used + keys.shape[2]
        self._reserve(keys, values)
        self._view()
        self.keys[:, :, start:], self.values[:, :, start:] = keys, values

    def rearrange(self, rows: int, moved: Tensor, origin: Tensor) -> None:
        """From now on ``rows`` rows: ``moved`` become what ``origin`` were, the others stay.
        A row that is overwritten must not be the origin of another one."""
        before = (self.keys, self.values)
        self.rows = rows
        self._reserve(*before)
        self._view()
        if moved.shape[0]:
            for new, old in zip((self.keys, self.values), before, strict=True):
                new[moved] = old[origin]

    def _view(self) -> None:
        assert self._store is not None
        keys, values = self._store
        self.keys, self.values = (t[: self.rows, :, : self.used] for t in (keys, values))

    def _reserve(self, keys: Tensor, values: Tensor) -> None:
        """Room for the rows and tokens there are now; both grow by more than is asked."""
        have = self._store[0].shape if self._store else (0, 0, 0, 0)
        if have[0] >= self.rows and have[2] >= self.used:
            return
        slots = max(have[0], self.rows + self.rows // 2 if self._store else self.rows)
        tokens = max(have[2], (self.used // _BLOCK + 1) * _BLOCK)
        new = tuple(
            t.new_empty((slots, t.shape[1], tokens, t.shape[3])) for t in (keys, values)
        )
        if self._store:
            for target, old in zip(new, self._store, strict=True):
                target[: have[0], :, : have[2]] = old
        self._store = (new[0], new[1])


class ReservedLayer(DynamicLayer):
    """:class:`Slots` as a cache layer of transformers."""

    def __init__(self) -> None:
        super().__init__()
        self._slots = Slots()

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: object, **kwargs: object
    ) -> tuple[Tensor, Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        self._slots.append(key_states, value_states)
        self.keys, self.values = self._slots.keys, self._slots.values
        return self.keys, self.values

    def take(self, rows: int, moved: Tensor, origin: Tensor) -> None:
        """See :meth:`Slots.rearrange`."""
        self._slots.rearrange(rows, moved, origin)
        self.keys, self.values = self._slots.keys, self._slots.values


class ReservedCache(Cache):
    """One :class:`ReservedLayer` a model layer, made as they are asked for."""

    def __init__(self) -> None:
        super().__init__(layer_class_to_replicate=ReservedLayer)

    def take(self, rows: int, moved: Tensor, origin: Tensor) -> None:
        """See :meth:`Slots.rearrange`."""
        for layer in self.layers:
            layer.take(rows, moved, origin)

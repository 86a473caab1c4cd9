"""How much a small policy of a catalogue practises. Torch-free: the command reads it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnConfig:
    """``lookups`` are examples of several queries each."""

    lookups: int = 8000
    examples: int = 80_000
    width: int = 128
    vocabulary: int = 4096
    seed: int = 0

"""No dropout while log probabilities are compared: a policy that has not changed would differ
from itself, and its KL and its ratios would be noise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch.nn.modules.dropout import _DropoutNd

# GPT-2's resid_pdrop, Llama's attention_dropout, OPT's layerdrop, a router's jitter_noise
_NAMES = ("dropout", "pdrop", "layerdrop", "jitter")


@contextmanager
def dropout_off(model: Any) -> Iterator[None]:
    """Inside, ``model`` computes in training as in evaluation; its settings come back after."""
    before = [(place, name, value) for place, name, value in _settings(model)]
    for place, name, _ in before:
        setattr(place, name, 0.0)
    try:
        yield
    finally:
        for place, name, value in before:
            setattr(place, name, value)


def _settings(model: Any) -> Iterator[tuple[Any, str, float]]:
    """(object, attribute, value) of every probability above 0: of dropout layers, of modules
    that keep it as a number, and of the configuration, which some read at each pass."""
    places = [*model.modules(), *_configurations(model)]
    for place in places:
        if isinstance(place, _DropoutNd):
            yield place, "p", place.p
            continue
        for name, value in vars(place).items():
            if isinstance(value, float) and value > 0 and any(n in name for n in _NAMES):
                yield place, name, value


def _configurations(model: Any) -> list[Any]:
    """Every configuration object that a module of the model holds, once."""
    configurations = [getattr(module, "config", None) for module in model.modules()]
    return list(
        {id(each): each for each in configurations if hasattr(each, "to_dict")}.values()
    )

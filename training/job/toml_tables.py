"""Frozen dataclasses from TOML tables and back, strict about keys, types and ranges."""

from __future__ import annotations

from dataclasses import field, fields
from typing import Any, get_type_hints

from annotation.cot.wording import wording as _
from training.job.types import BadInput

_FILE = "run.toml"


def num(default: float, low: float, high: float) -> Any:
    """A field with a default and inclusive limits."""
    return field(default=default, metadata={"low": low, "high": high})


def one(default: str, *choices: str) -> Any:
    """A field that is one of some words, the default among them."""
    return field(default=default, metadata={"choices": (default, *choices)})


def to_toml(config: Any) -> str:
    """Every setting with its value; parsing it gives the same config back."""
    top, tables = [], []
    for item in fields(config):
        value = getattr(config, item.name)
        if hasattr(value, "__dataclass_fields__"):
            lines = [f"{f.name} = {_toml(getattr(value, f.name))}" for f in fields(value)]
            tables.append(f"\n[{item.name}]\n" + "\n".join(lines))
        else:
            top.append(f"{item.name} = {_toml(value)}")
    return "\n".join(top + tables) + "\n"


def build(cls: type[Any], data: dict[str, Any], where: str) -> Any:
    """An instance of ``cls`` from a table; ``where`` is the prefix of its keys.

    Raises:
        BadInput: unknown key, wrong type, or a value out of range.
    """
    hints = get_type_hints(cls)
    known = {f.name: f for f in fields(cls)}
    if unknown := sorted(set(data) - set(known)):
        names = ", ".join(known)
        raise BadInput(
            _("unknown key '%(key)s' (known: %(names)s)", key=where + unknown[0], names=names),
            _FILE,
        )
    values = {}
    for name, value in data.items():
        key, kind = f"{where}{name}", hints[name]
        if hasattr(kind, "__dataclass_fields__"):
            if not isinstance(value, dict):
                raise BadInput(_("'%(key)s' must be a table", key=key), _FILE)
            values[name] = build(kind, value, f"{key}.")
        else:
            values[name] = _checked(key, kind, value, known[name].metadata)
    return cls(**values)


def _checked(key: str, kind: type[Any], value: Any, limits: Any) -> Any:
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise BadInput(
            _(
                "'%(key)s' must be a %(kind)s, got %(value)s",
                key=key,
                kind=kind.__name__,
                value=repr(value),
            ),
            _FILE,
        )
    if "choices" in limits and value not in limits["choices"]:
        allowed = ", ".join(limits["choices"])
        raise BadInput(
            _(
                "'%(key)s' must be one of %(allowed)s, got %(value)s",
                key=key, allowed=allowed, value=repr(value),
            ),
            _FILE,
        )  # fmt: skip
    if "low" in limits and not limits["low"] <= value <= limits["high"]:
        raise BadInput(
            _(
                "'%(key)s' must be %(low)s to %(high)s, got %(value)s",
                key=key, low=limits["low"], high=limits["high"], value=repr(value),
            ),
            _FILE,
        )  # fmt: skip
    return value


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    return repr(value)

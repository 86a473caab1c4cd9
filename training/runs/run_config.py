"""What a run is asked to do: the overrides stored on the row, checked, and written as run.toml.

``TrainingRun.config`` has the keys of run.toml (docs/formats.md) without ``method``,
``policy`` and ``rm``, which are columns, plus ``data``: which pairs go into the snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tomli_w

from annotation.cot.errors import Invalid
from annotation.cot.wording import wording as _
from training.job.config import RunConfig, parse_config
from training.job.methods import METHODS, Method, unread
from training.job.types import BadInput
from training.models import Checkpoint, TrainingRun
from training.rollouts.records import prompt_version_read
from training.rollouts.servers import outbound
from training.serving.outbound import NotAllowed


class ConfigError(ValueError):
    """The overrides cannot be run; the ``message`` names the key."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class DataOptions:
    """A ``limit`` counts pairs; 0 means all. Training pairs are taken from all queries in turn,
    those of an evaluation by whole queries."""

    eval_split: str = "test"
    train_limit: int = 0
    eval_limit: int = 0

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> DataOptions:
        """Raises ConfigError on an unknown key or a value that makes no sense."""
        data = config.get("data", {})
        if not isinstance(data, Mapping):
            raise ConfigError(_("data must be a table"))
        if unknown := sorted(set(data) - set(cls.__slots__)):
            raise ConfigError(_("unknown key '%(key)s'", key=f"data.{unknown[0]}"))
        options = cls(**data)
        if options.eval_split not in ("val", "test"):
            raise ConfigError(_("data.eval_split must be val or test"))
        for name in ("train_limit", "eval_limit"):
            value = getattr(options, name)
            if type(value) is not int or value < 0:
                raise ConfigError(
                    _("%(key)s must be a whole number from 0", key=f"data.{name}")
                )
        return options


def config_check(
    *, method: str, policy: Checkpoint, rm: Checkpoint | None, config: Mapping[str, Any]
) -> RunConfig:
    """The configuration as the trainer will read it.

    Raises:
        ConfigError: unknown method or key, a value out of range, or a checkpoint that cannot be
            trained from.
    """
    row = METHODS.get(method)
    if row is None:
        raise ConfigError(
            _(
                "method must be one of %(known)s, not '%(method)s'",
                known=", ".join(METHODS),
                method=method,
            )
        )
    _check_models(row, policy, rm)
    if taken := sorted({"method", "policy", "rm", "style", "prompt_version"} & set(config)):
        raise ConfigError(_("'%(key)s' is chosen above, not overridden", key=taken[0]))
    DataOptions.of(config)
    try:
        parsed = parse_config(_toml(method, policy, rm, config))
    except TypeError as error:  # a null, which JSON has and TOML has not
        raise ConfigError(_("a value is missing: %(error)s", error=error)) from error
    except BadInput as error:
        raise ConfigError(error.reason) from error
    if names := sorted(unread(row, config)):
        raise ConfigError(
            _(
                "%(method)s does not read %(names)s: leave it out",
                method=method,
                names=", ".join(names),
            )
        )
    if parsed.eval.curve_every and not parsed.eval.dev_share:
        raise ConfigError(_("eval.curve_every needs eval.dev_share: pairs to draw it on"))
    _servers_check(parsed)
    return parsed


def _check_models(row: Method, policy: Checkpoint, rm: Checkpoint | None) -> None:
    is_policy = policy.kind == Checkpoint.Kind.POLICY
    if policy.kind == Checkpoint.Kind.WRITER:
        raise ConfigError(
            _(
                "%(name)s writes first CoTs and has no weights to train: name a policy",
                name=policy.name,
            )
        )
    if row.starts_from == "policy" and not is_policy:
        raise ConfigError(_("%(name)s is a reward model, not a policy", name=policy.name))
    if row.starts_from == "rm" and is_policy:
        raise ConfigError(
            _(
                "%(name)s is a policy: %(method)s goes on from a reward model",
                name=policy.name,
                method=row.name,
            )
        )
    if rm is not None and not row.takes_rm:
        raise ConfigError(
            _("%(method)s does not read rm, a reward model: leave it out", method=row.name)
        )
    if rm is not None and rm.kind != Checkpoint.Kind.RM:
        raise ConfigError(_("%(name)s is not a reward model", name=rm.name))
    for checkpoint in (policy, rm):
        if checkpoint is None:
            continue
        if checkpoint.is_remote:
            raise ConfigError(
                _("%(name)s is served over HTTP; a run needs its folder", name=checkpoint.name)
            )
        try:
            prompt_version_read(checkpoint)
        except Invalid as error:
            raise ConfigError(error.message) from error


def _servers_check(config: RunConfig) -> None:
    named = {
        "rewards.server": config.rewards.server,
        "trainer.vllm_url": config.trainer.vllm_url,
    }
    for key, url in named.items():
        if url in ("", "local"):
            continue
        try:
            outbound().name_check(url)
        except NotAllowed as error:
            raise ConfigError(_("%(key)s: %(error)s", key=key, error=error)) from error


def run_toml(run: TrainingRun) -> str:
    """The text of run.toml for the trainer."""
    return _toml(run.method, run.policy, run.rm, run.config)


def _toml(
    method: str, policy: Checkpoint, rm: Checkpoint | None, config: Mapping[str, Any]
) -> str:
    body = {
        "method": method,
        "policy": policy.path,
        "rm": rm.path if rm else "",
        "layout": policy.layout,
        "style": policy.style,
        "prompt_version": policy.prompt_version,
        **{key: value for key, value in config.items() if key != "data"},
    }
    return tomli_w.dumps(body)

"""How much of what a round does (``Round.plan``), checked before it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from annotation.cot.errors import Invalid
from annotation.cot.wording import listing
from annotation.cot.wording import wording as _
from training.job.methods import METHODS
from training.models import Checkpoint
from training.runs.run_config import ConfigError, config_check

# the whole numbers of a plan: the least and the greatest value
LIMITS = {
    "pairs": (1, 100_000),
    "rollouts": (1, 64),
    "items": (1, 64),
    "gold": (0, 10_000),
    "decided": (0, 1_000_000),
    "budget": (0, 100_000_000),
    "rounds": (0, 1_000),
    "max_tokens": (1, 8_192),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """``rollouts`` are sampled of each of ``pairs`` pairs, ``items`` of them go to people; so
    they are of ``gold`` held-out pairs, as long as the gate lacks gold.

    The release is cut when ``decided`` items are decided (0 = all of the round). People give at
    most ``budget`` step labels in all rounds of the project (0 = without a limit). ``rounds``
    says how many rounds the autopilot makes, this one included (0 = on and on). ``rm`` and
    ``policy`` are settings of the two runs, with the keys of run.toml.
    """

    pairs: int = 48
    rollouts: int = 4
    items: int = 1
    gold: int = 16
    decided: int = 0
    budget: int = 0
    rounds: int = 0
    max_tokens: int = 256
    temperature: float = 0.99
    method: str = "srpo"
    rm: Mapping[str, Any] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        return asdict(self)


def plan_read(given: Mapping[str, Any]) -> Plan:
    """The plan with its defaults filled in.

    Raises:
        Invalid: an unknown key or a value that makes no sense; the message names the key.
    """
    if unknown := sorted(set(given) - {each.name for each in fields(Plan)}):
        raise Invalid(_("unknown key '%(key)s' in the plan", key=unknown[0]))
    plan = Plan(**given)
    for key, (low, high) in LIMITS.items():
        value = getattr(plan, key)
        if type(value) is not int or not low <= value <= high:
            raise Invalid(
                _(
                    "%(key)s of the plan must be a whole number from %(low)s to %(high)s",
                    key=key, low=low, high=high,
                )
            )  # fmt: skip
    if type(plan.temperature) not in (int, float) or not 0 <= plan.temperature <= 10:
        raise Invalid(_("temperature of the plan must be a number from 0 to 10"))
    if plan.items > plan.rollouts:
        raise Invalid(_("items of the plan cannot be more than its rollouts"))
    trains = [name for name, row in METHODS.items() if row.leaves == "policy"]
    if plan.method not in trains:
        raise Invalid(_("method of the plan must be one of %(those)s", those=listing(trains)))
    for key in ("rm", "policy"):
        if not isinstance(getattr(plan, key), Mapping):
            raise Invalid(_("%(key)s of the plan must be a table of settings", key=key))
    return plan


def plan_check(given: Mapping[str, Any], policy: Checkpoint) -> Plan:
    """:func:`plan_read`, and the settings of both runs as the trainer would read them.

    Raises:
        Invalid: the plan or a run's settings make no sense.
    """
    plan = plan_read(given)
    for key, method, config in (("rm", "rm", plan.rm), ("policy", plan.method, plan.policy)):
        try:
            config_check(method=method, policy=policy, rm=None, config=config)
        except ConfigError as error:
            raise Invalid(
                _("%(key)s of the plan: %(why)s", key=key, why=error.message)
            ) from error
    return plan

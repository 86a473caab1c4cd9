"""The monitors' alarms in words: what was seen and what helps."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: dict[str, tuple[str | Promise, str | Promise]] = {
    "advantage_collapse": (
        _("Advantage collapse"),
        _("in nearly all groups every rollout earns the same, so there is nothing to learn."
          " Harder or fresh prompts, or dynamic sampling, bring differences back."),
    ),
    "entropy_collapse": (
        _("Entropy collapse"),
        _("the policy has become sure of almost every token and no longer explores."
          " A lower learning rate or more KL keeps it open."),
    ),
    "signature_collapse": (
        _("Reasoning collapse"),
        _("the rollouts of a prompt hardly differ in what they claim."
          " A higher temperature or more diverse prompts help."),
    ),
    "rm_drift": (
        _("Reward model drift"),
        _("the reward model's scores grow away from what verified labels say of the same"
          " rollouts. Label disagreements and train the reward model anew."),
    ),
}  # fmt: skip

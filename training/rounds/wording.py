"""The names of stages, of who is waited for, and of the buttons."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from training.rounds.judged import GateVerdict
from training.rounds.standing import State, Whom

NAMES: Mapping[State, Promise] = {
    State.SAMPLING: _("Sampling"),
    State.LABELLING: _("Labelling"),
    State.RELEASING: _("Release"),
    State.JUDGING: _("Reward model"),
    State.TRAINING: _("Policy"),
    State.EVALUATING: _("Evaluation"),
    State.DONE: _("Done"),
    State.STOPPED: _("Stopped"),
}
TONES: Mapping[State, str] = {State.DONE: "good", State.STOPPED: "warn"}
WHOM: Mapping[Whom, Promise] = {
    Whom.WORKER: _("a worker"),
    Whom.ANNOTATORS: _("annotators"),
    Whom.LEAD: _("a lead"),
    Whom.ENGINEER: _("an ML engineer"),
    Whom.STARTER: _("a lead or an ML engineer"),
}
BUTTONS: Mapping[State, Promise] = {
    State.SAMPLING: _("Sample the policy"),
    State.RELEASING: _("Cut the release"),
    State.JUDGING: _("Train the reward model"),
    State.TRAINING: _("Train the policy"),
    State.EVALUATING: _("Close the round"),
}
VERDICTS: Mapping[GateVerdict, Promise] = {
    GateVerdict.MEASURING: _("the gate measures it"),
    GateVerdict.PASSED: _("passed the gate"),
    GateVerdict.APPOINTED: _("was put in charge"),
    GateVerdict.REFUSED: _("refused by the gate"),
    GateVerdict.NONE: _("no verdict of the gate"),
}

"""What the page asks before a round is started; the rest of the plan is the last round's."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from annotation.models import Project, Round
from training.rounds.plan import LIMITS, plan_read


class StartForm(forms.Form):
    pairs = forms.IntegerField(label=_("Pairs to sample"))
    rollouts = forms.IntegerField(label=_("Rollouts a pair"))
    gold = forms.IntegerField(
        label=_("Held-out pairs"), help_text=_("beside them, as long as the gate lacks gold")
    )
    decided = forms.IntegerField(
        label=_("Items to decide"), help_text=_("before the release; 0 = all of the round")
    )
    rounds = forms.IntegerField(
        label=_("Rounds"), help_text=_("that the autopilot makes; 0 = on and on")
    )
    autopilot = forms.ChoiceField(label=_("Autopilot"), choices=Project.Autopilot.choices)
    waiver = forms.CharField(
        label=_("Launch despite thresholds, because"),
        help_text=_("a lead's reason of 20 characters or more; empty = a refused launch waits"),
        max_length=2000,
        required=False,
    )

    @classmethod
    def of(cls, project: Project, last: Round | None, *, may_waive: bool) -> StartForm:
        """With what the last round did."""
        plan = plan_read(last.plan if last else {}).stored()
        names = ("pairs", "rollouts", "gold", "decided", "rounds")
        form = cls(initial={n: plan[n] for n in names} | {"autopilot": project.autopilot})
        for name in names:
            low, high = LIMITS[name]
            form.fields[name].widget.attrs |= {"min": low, "max": high}
        if not may_waive:
            del form.fields["waiver"]
        return form

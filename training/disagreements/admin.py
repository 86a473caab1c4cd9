from __future__ import annotations

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from annotation.cot.errors import StepwiseError
from annotation.people.admin_base import RoleAdmin
from training.disagreements.disagreements import REQUEUE, disagreement_decide
from training.models import Disagreement

_State = Disagreement.State


@admin.register(Disagreement)
class DisagreementAdmin(RoleAdmin):
    """The lead's page (training/disagreements/) is quicker; this one filters and searches."""

    list_display = ("id", "state", "confidence", "kind", "query", "model_says", "people_say")
    list_filter = ("state", "project", "step__kind")
    list_select_related = ("step__rollout__pair", "score", "resolution")
    search_fields = ("step__rollout__pair__query",)
    actions = ("requeue", "human_right", "rm_right", "guideline_gap")  # the methods below

    @admin.display(description="step", ordering="step__kind")
    def kind(self, row: Disagreement) -> int:
        return row.step.kind

    @admin.display(description="query")
    def query(self, row: Disagreement) -> str:
        return row.step.rollout.pair.query

    @admin.display(description="model")
    def model_says(self, row: Disagreement) -> str:
        return f"P(correct) {row.score.p:.2f}"

    @admin.display(description="people")
    def people_say(self, row: Disagreement) -> str:
        return row.resolution.verdict

    @admin.action(description="Back into the queue")
    def requeue(self, request: HttpRequest, queryset: QuerySet[Disagreement]) -> None:
        self._decide(request, queryset, REQUEUE)

    @admin.action(description="People were right")
    def human_right(self, request: HttpRequest, queryset: QuerySet[Disagreement]) -> None:
        self._decide(request, queryset, _State.HUMAN_RIGHT)

    @admin.action(description="The model was right")
    def rm_right(self, request: HttpRequest, queryset: QuerySet[Disagreement]) -> None:
        self._decide(request, queryset, _State.RM_RIGHT)

    @admin.action(description="The guideline leaves it open")
    def guideline_gap(self, request: HttpRequest, queryset: QuerySet[Disagreement]) -> None:
        self._decide(request, queryset, _State.GUIDELINE_GAP)

    def _decide(
        self, request: HttpRequest, queryset: QuerySet[Disagreement], decision: str
    ) -> None:
        done = 0
        for row in queryset:
            if not isinstance(request.user, User):
                continue
            try:
                disagreement_decide(disagreement=row, lead=request.user, decision=decision)
                done += 1
            except StepwiseError as error:
                self.message_user(request, f"disagreement {row.pk}: {error}", messages.ERROR)
        self.message_user(request, f"{done} decided")

"""Scoring by reward models: what is under way and what was parked, with the reason."""

from __future__ import annotations

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from annotation.people.admin_base import RoleAdmin
from annotation.people.roles import Role
from training.models import ScoringJob
from training.scoring.scoring import scoring_retry
from training.scoring.tasks import steps_score


@admin.register(ScoringJob)
class ScoringJobAdmin(RoleAdmin):
    viewers = (Role.ML_ENGINEER,)
    list_display = ("id", "project", "rm", "state", "scored", "error", "finished_at")
    list_select_related = ("project", "rm")
    list_filter = ("state", "project")
    actions = ("try_again",)

    @admin.action(description="Try again")
    def try_again(self, request: HttpRequest, queryset: QuerySet[ScoringJob]) -> None:
        for job in queryset.select_related("project", "rm"):
            if scoring_retry(project=job.project, rm=job.rm):
                send(job)


def send(job: ScoringJob) -> None:
    transaction.on_commit(lambda: steps_score.delay(job.rm_id, job.project_id))

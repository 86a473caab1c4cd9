from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from annotation.people.admin_base import RoleAdmin
from annotation.people.roles import Role
from training.models import Checkpoint, EvalReport
from training.runs.checkpoints import checkpoint_register
from training.runs.forms import CheckpointForm


@admin.register(Checkpoint)
class CheckpointAdmin(RoleAdmin):
    viewers = (Role.ML_ENGINEER,)
    form = CheckpointForm
    editors = (Role.ML_ENGINEER,)
    list_display = (
        "name",
        "kind",
        "path",
        "style",
        "layout",
        "prompt_version",
        "run",
        "created_at",
    )
    list_filter = ("kind",)
    list_select_related = ("run",)
    search_fields = ("name", "path")
    ordering = ("-pk",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Rollouts name their policy: a new name would cut them off from it.
        return ("name",) if obj else ()

    def save_model(
        self, request: HttpRequest, obj: Checkpoint, form: Any, change: bool
    ) -> None:
        saved = checkpoint_register(
            name=obj.name,
            path=obj.path,
            kind=obj.kind,
            model_name=obj.model_name,
            style=obj.style,
            layout=obj.layout,
            prompt_version=obj.prompt_version,
        )
        obj.pk = saved.pk


@admin.register(EvalReport)
class EvalReportAdmin(RoleAdmin):
    viewers = (Role.ML_ENGINEER,)
    list_display = ("run", "moment", "pairs", "macro_f1", "interval", "accuracy", "created_at")
    list_filter = ("moment", "run__project", "run__method")
    list_select_related = ("run",)
    ordering = ("-pk",)

    @admin.display(description="pairs")
    def pairs(self, report: EvalReport) -> str:
        return _shown(report.metrics.get("n"))

    @admin.display(description="macro F1")
    def macro_f1(self, report: EvalReport) -> str:
        return _shown(report.metrics.get("macro_f1"))

    @admin.display(description="95 % interval")
    def interval(self, report: EvalReport) -> str:
        bounds = report.metrics.get("macro_f1_interval") or []
        return " to ".join(_shown(bound) for bound in bounds)

    @admin.display(description="accuracy")
    def accuracy(self, report: EvalReport) -> str:
        return _shown(report.metrics.get("accuracy"))


def _shown(value: Any) -> str:
    if value is None:
        return "unknown"
    return f"{value:.3f}" if isinstance(value, float) else str(value)

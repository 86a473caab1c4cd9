from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_htmx.http import HttpResponseClientRefresh

from annotation.cot.errors import PreflightRefused, StepwiseError
from annotation.people.admin_base import RoleAdmin
from annotation.people.language import in_words, refusal_words
from annotation.people.roles import Role, has_role
from training.models import Checkpoint, TrainingRun
from training.rollouts.tasks import rollouts_run
from training.runs.dry_run import dry_run_of, dry_run_start
from training.runs.launch_form import LaunchForm
from training.runs.names import SOURCE_NAMES, VERDICT_NAMES, counted
from training.runs.preflight import Preflight, preflight
from training.runs.run_page import state_chip
from training.runs.runs import run_cancel, run_create, run_resume
from training.runs.tasks import run_send
from training.runs.waivers import REASON_LENGTH, Waiver
from verifier.services.truth import truth_refresh


@admin.register(TrainingRun)
class TrainingRunAdmin(RoleAdmin):
    viewers = (Role.ML_ENGINEER,)
    change_list_template = "admin/training/trainingrun/change_list.html"
    list_display = ("run", "project", "method", "live_state", "progress", "policy", "worker")
    list_display_links = ("method",)  # the run's own page is linked by its number
    list_filter = ("state", "method", "project")
    list_select_related = ("project", "policy")
    ordering = ("-pk",)
    actions = ("cancel", "resume")

    @admin.display(description=gettext_lazy("run"))
    def run(self, run: TrainingRun) -> str:
        return format_html('<a href="{}">{}</a>', run_url(run), _("run %(n)s") % {"n": run.pk})

    @admin.display(description=gettext_lazy("state"))
    def live_state(self, run: TrainingRun) -> str:
        name = str(state_chip(run).name)
        return f"{name}: {run.error}" if run.error else name

    @admin.display(description=gettext_lazy("progress"))
    def progress(self, run: TrainingRun) -> str:
        if not run.total_steps:
            return "–"
        return _("%(done)s of %(total)s") % {"done": run.step, "total": run.total_steps}

    @admin.action(description=gettext_lazy("Cancel"))
    def cancel(self, request: HttpRequest, queryset: QuerySet[TrainingRun]) -> None:
        for run in queryset:
            try:
                run_cancel(run=run)
            except StepwiseError as error:
                self._refused(request, run, error)
                continue
            words = _("run %(n)s: %(state)s")
            state = state_chip(run).name
            self.message_user(request, words % {"n": run.pk, "state": state})

    @admin.action(description=gettext_lazy("Resume from the newest checkpoint"))
    def resume(self, request: HttpRequest, queryset: QuerySet[TrainingRun]) -> None:
        for run in queryset:
            try:
                run_resume(run=run)
            except StepwiseError as error:
                self._refused(request, run, error)
                continue
            run_send(run)
            self.message_user(request, _("run %(n)s is queued again") % {"n": run.pk})

    def _refused(self, request: HttpRequest, run: TrainingRun, error: StepwiseError) -> None:
        number = _("run %(n)s") % {"n": run.pk}
        self.message_user(request, f"{number}: {refusal_words(error)}", messages.ERROR)

    def get_urls(self) -> list[URLPattern]:
        launch = self.admin_site.admin_view(self.launch_view)
        return [
            path("launch/", launch, name="training_trainingrun_launch"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.headers.get("HX-Request") == "true":
            return HttpResponseClientRefresh()  # the list asks while something is under way
        live = TrainingRun.objects.filter(state__in=TrainingRun.LIVE).exists()
        return super().changelist_view(request, {**(extra_context or {}), "live": live})

    def launch_view(self, request: HttpRequest) -> HttpResponse:
        """The form, then the summary of what the run would work with, then the launch."""
        if not self.may_look(request):
            raise PermissionDenied
        form = LaunchForm(request.POST or None, initial=request.GET.dict())
        if request.method != "POST" or not form.is_valid() or "change" in request.POST:
            return self._page(request, form, "launch.html")
        truth_refresh(project=form.cleaned_data["project"])  # what people decided until now
        summary = preflight(**form.choice())
        if "dry" in request.POST:
            self._dry_run(request, form)
        if not summary.ready or not {"confirm", "waive", "hold"} & set(request.POST):
            return self._page(request, form, "preflight.html", summary)
        user = request.user if isinstance(request.user, User) else None
        waiver = None
        if user and "waive" in request.POST:
            waiver = Waiver(user, request.POST.get("reason", ""))
        try:
            run = run_create(
                **form.choice(), user=user, waiver=waiver, hold="hold" in request.POST
            )
        except StepwiseError as error:
            if waiver is None and not isinstance(error, PreflightRefused):
                form.add_error(None, refusal_words(error))
                return self._page(request, form, "launch.html")
            self.message_user(request, refusal_words(error), messages.ERROR)
            return self._page(request, form, "preflight.html", summary)
        run_send(run)
        waits = run.state == TrainingRun.State.HELD
        words = _("run %(n)s waits for a lead") if waits else _("run %(n)s is queued")
        self.message_user(request, words % {"n": run.pk})
        return HttpResponseRedirect(run_url(run))

    def _dry_run(self, request: HttpRequest, form: LaunchForm) -> None:
        try:
            with transaction.atomic():
                batch = dry_run_start(**form.choice())
                transaction.on_commit(partial(rollouts_run.delay, batch.pk))
        except StepwiseError as error:
            self.message_user(request, refusal_words(error), messages.ERROR)

    def _page(
        self,
        request: HttpRequest,
        form: LaunchForm,
        template: str,
        summary: Preflight | None = None,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("Launch a run"),
            "list_name": _("Runs"),
            "form": form,
            "summary": summary,
        }
        if summary:
            batch, report = dry_run_of(**form.choice())
            context |= {
                "dry_runs": form.row.takes_rm,
                "dry_batch": batch,
                "dry_run": report,
                "chosen": form.chosen(),
                "truth": [(k, counted(row, SOURCE_NAMES)) for k, row in summary.truth.items()],
                "verdicts": counted(summary.verdicts, VERDICT_NAMES),
                "offer": _sampling(summary, form) if summary.test_pairs_due else "",
                "problems": [in_words(line) for line in summary.problems],
                "warnings": [in_words(line) for line in summary.warnings],
                "checks": [(check.met, in_words(check.text)) for check in summary.checks],
                "may_waive": has_role(request.user, Role.LEAD),
                "reason": request.POST.get("reason", ""),
                "reason_length": REASON_LENGTH,
            }
        return TemplateResponse(request, f"admin/training/trainingrun/{template}", context)


def _sampling(summary: Preflight, form: LaunchForm) -> str:
    """The query that fills in the form of a rollout batch over the held-out pairs."""
    project, policy = form.cleaned_data["project"], form.cleaned_data["policy"]
    query = QueryDict(mutable=True)
    query.update({"project": str(project.pk), "splits": summary.eval_split})
    if policy.kind == Checkpoint.Kind.POLICY:
        query["policy"] = str(policy.pk)
    return query.urlencode()


def run_url(run: TrainingRun) -> str:
    return reverse("run", args=[run.pk])

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotation.cot.errors import StepwiseError
from annotation.people.admin_base import RoleAdmin
from annotation.people.language import refusal_words
from annotation.people.roles import Role
from training.models import RolloutBatch
from training.rollouts.batches import batch_create, batch_queue, batch_retry
from training.rollouts.forms import BatchForm
from training.rollouts.select import batch_covered, batch_parsing, pairs_due_for_rollout
from training.rollouts.tasks import rollouts_run

_SAMPLING = ("n", "temperature", "top_k", "max_tokens", "seed", "overlap", "queue_limit")


@admin.register(RolloutBatch)
class RolloutBatchAdmin(RoleAdmin):
    viewers = (Role.ML_ENGINEER,)
    change_list_template = "admin/training/rolloutbatch/change_list.html"
    list_display = ("id", "project", "policy", "state", "progress", "error", "created_at")
    list_filter = ("state", "project")
    list_select_related = ("project", "policy")
    ordering = ("-pk",)
    actions = ("retry", "queue_parsed")
    readonly_fields = ("parses", "covered", "examples")

    @admin.display(description=gettext_lazy("rollouts"))
    def progress(self, batch: RolloutBatch) -> str:
        total = len(batch.pair_ids) * batch.n
        return _("%(done)s of %(total)s") % {"done": batch.rollouts_done, "total": total}

    @admin.display(description=gettext_lazy("rollouts that parse"))
    def parses(self, batch: RolloutBatch) -> str:
        parsing = batch_parsing(batch)
        return _("%(done)s of %(total)s") % {"done": parsing.parsed, "total": parsing.n}

    @admin.display(description=gettext_lazy("nothing left to ask about"))
    def covered(self, batch: RolloutBatch) -> int:
        return batch_covered(batch)

    @admin.display(description=gettext_lazy("some that do not"))
    def examples(self, batch: RolloutBatch) -> str:
        rows = [(r.pair.query, r.parse_message, r.text) for r in batch_parsing(batch).examples]
        return format_html_join("", "<p>{}: {}</p><pre>{}</pre>", rows) or "–"

    @admin.action(description=gettext_lazy("Queue the rollouts that parse"))
    def queue_parsed(self, request: HttpRequest, queryset: QuerySet[RolloutBatch]) -> None:
        for batch in queryset.filter(state=RolloutBatch.State.DONE):
            opened = batch_queue(batch=batch)
            words = _("batch %(batch)s: %(n)s rollouts queued, %(covered)s are covered already")
            self.message_user(
                request,
                words % {"batch": batch.pk, "n": opened.opened, "covered": opened.covered},
            )

    @admin.action(description=gettext_lazy("Try failed batches again"))
    def retry(self, request: HttpRequest, queryset: QuerySet[RolloutBatch]) -> None:
        for batch in queryset:
            try:
                batch_retry(batch=batch)
            except StepwiseError as error:
                self.message_user(
                    request, f"batch {batch.pk}: {refusal_words(error)}", messages.ERROR
                )
                continue
            _send(batch)
            self.message_user(request, _("batch %(n)s is queued again") % {"n": batch.pk})

    def get_urls(self) -> list[URLPattern]:
        launch = self.admin_site.admin_view(self.launch_view)
        return [
            path("launch/", launch, name="training_rolloutbatch_launch"),
            *super().get_urls(),
        ]

    def launch_view(self, request: HttpRequest) -> HttpResponse:
        if not self.may_look(request):
            raise PermissionDenied
        form = BatchForm(request.POST or None, initial=_initial(request))
        if form.is_valid():
            data = form.cleaned_data
            pairs = pairs_due_for_rollout(
                project=data["project"],
                policy=data["policy"],
                n=data["n"],
                splits=data["splits"],
                limit=data["pairs"],
            )
            try:
                batch = batch_create(
                    project=data["project"],
                    policy=data["policy"],
                    pairs=pairs,
                    **{name: data[name] for name in _SAMPLING},
                )
            except StepwiseError as error:
                form.add_error(None, refusal_words(error))
            else:
                _send(batch)
                words = _("batch %(n)s: %(pairs)s pairs")
                self.message_user(
                    request, words % {"n": batch.pk, "pairs": len(batch.pair_ids)}
                )
                return HttpResponseRedirect(reverse("admin:training_rolloutbatch_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("Sample rollouts"),
            "list_name": _("Rollout batches"),
            "form": form,
        }
        return TemplateResponse(request, "admin/training/rolloutbatch/launch.html", context)


def _initial(request: HttpRequest) -> dict[str, Any]:
    """What a link asks to be filled in: the project, the policy, the splits."""
    given: dict[str, Any] = {k: v for k, v in request.GET.items() if k in ("project", "policy")}
    if splits := request.GET.getlist("splits"):
        given["splits"] = splits
    return given


def _send(batch: RolloutBatch) -> None:
    transaction.on_commit(lambda: rollouts_run.delay(batch.pk))

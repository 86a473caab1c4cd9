from __future__ import annotations

from django.urls import path

from annotation.deciding import api as results
from annotation.exports import api as exports
from annotation.labelling import api as queue
from annotation.labelling import rollouts_api as rollouts
from annotation.pairs import jobs_api as imports
from annotation.people import account_api as account
from annotation.people import schema
from annotation.quality import agreement_api as agreement
from annotation.quality import audits_api as audits
from annotation.starting import api as starting
from annotation.starting import settings_api as project_settings

app_name = "api"

urlpatterns = [
    path("me/", account.Me.as_view(), name="me"),
    path("projects/", starting.Projects.as_view(), name="projects"),
    path("projects/<slug:slug>/", project_settings.ProjectSettings.as_view(), name="project"),
    path("queue/", queue.QueueWaiting.as_view(), name="queue"),
    path("queue/next/", queue.QueueNext.as_view(), name="queue_next"),
    path("claims/<int:pk>/", queue.ClaimDetail.as_view(), name="claim"),
    path("claims/<int:pk>/heartbeat/", queue.ClaimHeartbeat.as_view(), name="claim_heartbeat"),
    path("claims/<int:pk>/draft/", queue.ClaimDraft.as_view(), name="claim_draft"),
    path("claims/<int:pk>/submit/", queue.ClaimSubmit.as_view(), name="claim_submit"),
    path("claims/<int:pk>/skip/", queue.ClaimSkip.as_view(), name="claim_skip"),
    path("claims/<int:pk>/take_back/", queue.ClaimTakeBack.as_view(), name="claim_take_back"),
    path("submissions/<int:pk>/undo/", queue.SubmissionUndo.as_view(), name="submission_undo"),
    path("items/", results.Items.as_view(), name="items"),
    path("items/<int:pk>/", results.ItemDetail.as_view(), name="item"),
    path(
        "items/<int:pk>/adjudicate/", results.ItemAdjudicate.as_view(), name="item_adjudicate"
    ),
    path("items/<int:pk>/drop/", results.ItemDrop.as_view(), name="item_drop"),
    path("items/<int:pk>/reserve/", results.ItemReserve.as_view(), name="item_reserve"),
    path("items/<int:pk>/reopen/", results.ItemReopen.as_view(), name="item_reopen"),
    path("labels/", results.Labels.as_view(), name="labels"),
    path("resolutions/", results.Resolutions.as_view(), name="resolutions"),
    path("agreement/", agreement.Agreement.as_view(), name="agreement"),
    path("audits/", audits.Audits.as_view(), name="audits"),
    path("rollouts/", rollouts.Rollouts.as_view(), name="rollouts"),
    path("rollouts/<int:pk>/", rollouts.RolloutDetail.as_view(), name="rollout"),
    path("pairs/", imports.Pairs.as_view(), name="pairs"),
    path("imports/", imports.Imports.as_view(), name="imports"),
    path("imports/preview/", starting.ImportPreview.as_view(), name="import_preview"),
    path("imports/<int:pk>/start/", starting.ImportStart.as_view(), name="import_start"),
    path("imports/<int:pk>/", imports.ImportDetail.as_view(), name="import"),
    path("exports/", exports.Exports.as_view(), name="exports"),
    path("exports/<int:pk>/", exports.ExportDetail.as_view(), name="export"),
    path("exports/<int:pk>/file/", exports.ExportFile.as_view(), name="export_file"),
    path("schema/", schema.Schema.as_view(), name="schema"),
]

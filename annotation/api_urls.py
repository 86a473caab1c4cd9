from __future__ import annotations

from django.urls import path

from annotation.deciding import api as results
from annotation.deciding import reviews_api as reviews
from annotation.exports import api as exports
from annotation.labelling import api as queue
from annotation.labelling import feedback_api as feedback
from annotation.labelling import flags_api as flags
from annotation.labelling import gold_api as gold
from annotation.labelling import practice_api as practice
from annotation.labelling import rollouts_api as rollouts
from annotation.pairs import jobs_api as imports
from annotation.people import account_api as account
from annotation.people import people_api as people
from annotation.people import schema
from annotation.quality import agreement_api as agreement
from annotation.quality import audits_api as audits
from annotation.quality import dashboard_api as dashboard
from annotation.quality import guidelines_api as guidelines
from annotation.quality import projects_api as projects
from annotation.starting import api as starting
from annotation.starting import settings_api as project_settings

app_name = "api"

urlpatterns = [
    path("me/", account.Me.as_view(), name="me"),
    path("projects/", starting.Projects.as_view(), name="projects"),
    path("projects/<slug:slug>/", project_settings.ProjectSettings.as_view(), name="project"),
    path("people/", people.Accounts.as_view(), name="people"),
    path("people/<int:pk>/roles/", people.PersonRoles.as_view(), name="person_roles"),
    path(
        "people/<int:pk>/anonymise/", people.PersonAnonymise.as_view(), name="person_anonymise"
    ),
    path("people/<int:pk>/unlock/", people.PersonUnlock.as_view(), name="person_unlock"),
    path(
        "projects/<slug:slug>/settings/",
        projects.ProjectSettingsWhole.as_view(),
        name="project_settings",
    ),
    path(
        "projects/<slug:slug>/overlap/",
        projects.ProjectOverlap.as_view(),
        name="project_overlap",
    ),
    path(
        "projects/<slug:slug>/delete/", projects.ProjectDelete.as_view(), name="project_delete"
    ),
    path("guidelines/", guidelines.Guidelines.as_view(), name="guidelines"),
    path("gold/", gold.Gold.as_view(), name="gold"),
    path("gold/import/", gold.GoldImported.as_view(), name="gold_import"),
    path("gold/<int:pk>/retire/", gold.GoldRetire.as_view(), name="gold_retire"),
    path("disputes/", gold.Disputes.as_view(), name="disputes"),
    path("disputes/<int:pk>/decide/", gold.DisputeDecide.as_view(), name="dispute_decide"),
    path("pauses/", gold.Pauses.as_view(), name="pauses"),
    path("pauses/<int:pk>/lift/", gold.PauseLift.as_view(), name="pause_lift"),
    path("flags/", flags.Flags.as_view(), name="flags"),
    path("flags/<int:pk>/settle/", flags.FlagSettle.as_view(), name="flag_settle"),
    path("reviews/", reviews.Reviews.as_view(), name="reviews"),
    path("reviews/<int:pk>/accept/", reviews.ReviewAccept.as_view(), name="review_accept"),
    path("queue/", queue.QueueWaiting.as_view(), name="queue"),
    path("queue/next/", queue.QueueNext.as_view(), name="queue_next"),
    path("claims/<int:pk>/", queue.ClaimDetail.as_view(), name="claim"),
    path("claims/<int:pk>/heartbeat/", queue.ClaimHeartbeat.as_view(), name="claim_heartbeat"),
    path("claims/<int:pk>/draft/", queue.ClaimDraft.as_view(), name="claim_draft"),
    path("claims/<int:pk>/submit/", queue.ClaimSubmit.as_view(), name="claim_submit"),
    path("claims/<int:pk>/skip/", queue.ClaimSkip.as_view(), name="claim_skip"),
    path("claims/<int:pk>/take_back/", queue.ClaimTakeBack.as_view(), name="claim_take_back"),
    path("claims/<int:pk>/flag/", flags.ClaimFlag.as_view(), name="claim_flag"),
    path("submissions/<int:pk>/undo/", queue.SubmissionUndo.as_view(), name="submission_undo"),
    path("items/", results.Items.as_view(), name="items"),
    path("items/<int:pk>/", results.ItemDetail.as_view(), name="item"),
    path(
        "items/<int:pk>/adjudicate/", results.ItemAdjudicate.as_view(), name="item_adjudicate"
    ),
    path("items/<int:pk>/drop/", results.ItemDrop.as_view(), name="item_drop"),
    path("items/<int:pk>/reserve/", results.ItemReserve.as_view(), name="item_reserve"),
    path("items/<int:pk>/reopen/", results.ItemReopen.as_view(), name="item_reopen"),
    path("items/<int:pk>/gold/", gold.ItemGold.as_view(), name="item_gold"),
    path("labels/", results.Labels.as_view(), name="labels"),
    path("resolutions/", results.Resolutions.as_view(), name="resolutions"),
    path("agreement/", agreement.Agreement.as_view(), name="agreement"),
    path("agreement/explain/", agreement.AgreementExplain.as_view(), name="agreement_explain"),
    path("dashboard/", dashboard.Dashboard.as_view(), name="dashboard"),
    path("dashboard/person/", dashboard.DashboardPerson.as_view(), name="dashboard_person"),
    path("dashboard/me/", dashboard.DashboardOwn.as_view(), name="dashboard_own"),
    path("practice/", practice.PracticeList.as_view(), name="practice"),
    path("practice/<int:pk>/", practice.PracticeAnswer.as_view(), name="practice_answer"),
    path("feedback/", feedback.FeedbackList.as_view(), name="feedback_list"),
    path("feedback/<int:pk>/", feedback.FeedbackDetail.as_view(), name="feedback"),
    path("feedback/<int:pk>/retry/", feedback.FeedbackRetry.as_view(), name="feedback_retry"),
    path(
        "feedback/<int:pk>/dispute/",
        feedback.FeedbackDispute.as_view(),
        name="feedback_dispute",
    ),
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

from __future__ import annotations

from django.urls import path

from annotation.deciding import reviews_page as review
from annotation.labelling import feedback_page as feedback
from annotation.labelling import gold_page as gold
from annotation.quality import agreement_page as agreement
from annotation.quality import dashboard_page as dashboard
from annotation.quality import guidelines_page as guidelines
from annotation.quality import projects_page as projects

urlpatterns = [
    path("", dashboard.home, name="quality"),
    path("<slug:slug>/", dashboard.dashboard, name="quality_dashboard"),
    path("<slug:slug>/people/<int:pk>/", dashboard.person, name="quality_person"),
    path("<slug:slug>/guideline/", guidelines.guideline, name="quality_guideline"),
    path(
        "<slug:slug>/guideline/edit/", guidelines.guideline_edit, name="quality_guideline_edit"
    ),
    path("<slug:slug>/overlap/", projects.overlap, name="quality_overlap"),
    path("<slug:slug>/delete/", projects.delete, name="quality_delete"),
    path("<slug:slug>/stale/", guidelines.stale, name="quality_stale"),
    path("<slug:slug>/gold/", gold.gold, name="quality_gold"),
    path("<slug:slug>/gold/add/", gold.gold_add, name="quality_gold_add"),
    path("<slug:slug>/settings/", gold.settings, name="quality_settings"),
    path("gold/<int:pk>/", gold.gold_item, name="quality_gold_item"),
    path("gold/<int:pk>/retire/", gold.retire, name="quality_gold_retire"),
    path("disputes/<int:pk>/decide/", gold.decide, name="quality_dispute_decide"),
    path("pauses/<int:pk>/lift/", gold.lift, name="quality_pause_lift"),
    path("items/<int:pk>/gold/", gold.gold_of_item, name="quality_item_gold"),
    path("feedback/<int:pk>/", feedback.feedback, name="gold_feedback"),
    path("feedback/<int:pk>/retry/", feedback.retry, name="gold_retry"),
    path("feedback/<int:pk>/dispute/", feedback.dispute, name="gold_dispute"),
    path("<slug:slug>/agreement/", agreement.agreement, name="quality_agreement"),
    path("<slug:slug>/agreement/explain/", agreement.explain, name="quality_explain"),
    path("<slug:slug>/review/", review.review, name="quality_review"),
    path("reviews/<int:pk>/accept/", review.accept, name="quality_review_accept"),
    path("items/<int:pk>/", review.item, name="quality_item"),
    path("items/<int:pk>/reopen/", review.reopen, name="quality_item_reopen"),
]

from __future__ import annotations

from django.urls import path

from training.runs import api as runs

urlpatterns = [
    path("checkpoints/", runs.Checkpoints.as_view(), name="api_checkpoints"),
    path("runs/", runs.Runs.as_view(), name="api_runs"),
    path("runs/<int:pk>/", runs.RunDetail.as_view(), name="api_run"),
    path("runs/<int:pk>/cancel/", runs.RunCancel.as_view(), name="api_run_cancel"),
    path("runs/<int:pk>/resume/", runs.RunResume.as_view(), name="api_run_resume"),
    path("runs/<int:pk>/metrics/", runs.RunMetrics.as_view(), name="api_run_metrics"),
]

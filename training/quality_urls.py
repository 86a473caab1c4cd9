"""Pages of a project's quality that need what training knows."""

from __future__ import annotations

from django.urls import path

from training.scoring import coverage_page as coverage

urlpatterns = [path("<slug:slug>/coverage/", coverage.page, name="quality_coverage")]

from __future__ import annotations

from django.urls import path

from annotation.views import guidelines

urlpatterns = [
    path("<slug:slug>/guideline/", guidelines.guideline, name="quality_guideline"),
    path(
        "<slug:slug>/guideline/edit/", guidelines.guideline_edit, name="quality_guideline_edit"
    ),
    path("<slug:slug>/stale/", guidelines.stale, name="quality_stale"),
]

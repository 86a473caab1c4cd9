"""Pages of leads and engineers for getting data out."""

from __future__ import annotations

from django.urls import path

from annotation.views import exports

urlpatterns = [
    path("exports/", exports.exports, name="exports"),
    path("exports/new/", exports.create, name="export_create"),
    path("exports/<int:pk>/file/", exports.file, name="export_file"),
]

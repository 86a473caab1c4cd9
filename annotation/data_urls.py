"""Data in and out: projects, imports, exports for leads and engineers; tokens for everybody."""

from __future__ import annotations

from django.urls import include, path

from annotation.exports import page as exports
from annotation.people import tokens_page as tokens

urlpatterns = [
    path("projects/", include("annotation.starting.urls")),
    path("exports/", exports.exports, name="exports"),
    path("exports/new/", exports.create, name="export_create"),
    path("exports/<int:pk>/file/", exports.file, name="export_file"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke/", tokens.revoke, name="token_revoke"),
]

"""One project over the API, and its settings: leads change them."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.fields import project_named
from annotation.quality.project_settings import project_settings_save
from annotation.quality.projects_api import ProjectWhole
from annotation.starting.api import ProjectRecord


class ProjectSettings(ApiView):
    abilities: ClassVar = {"PATCH": Ability.ADJUDICATE}

    @extend_schema(responses=ProjectRecord)
    def get(self, request: Request, slug: str) -> Response:
        """One project."""
        return Response(ProjectRecord(project_named(slug)).data)

    @extend_schema(request=ProjectWhole, responses=ProjectRecord)
    def patch(self, request: Request, slug: str) -> Response:
        """Change what is sent. Open items keep their overlap, see ``overlap/``."""
        project = project_named(slug)
        sent = ProjectWhole(project, data=request.data, partial=True)
        sent.is_valid(raise_exception=True)
        saved = project_settings_save(
            project=project, lead=user_of(request), changes=dict(sent.validated_data)
        )
        return Response(ProjectRecord(saved).data)

"""``manage.py cut_release PROJECT``: refresh ground truth and freeze it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation.cot.errors import StepwiseError
from annotation.models import Project
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh


class Command(BaseCommand):
    help = "Refresh a project's ground truth and freeze it as a verifier release."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="slug")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"there is no project '{options['project']}'")
        truth_refresh(project=project)
        try:
            release = release_cut(project=project)
        except StepwiseError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"release {release.number}  sha256 {release.sha256}")
        for kind, by_source in release.counts.items():
            told = ", ".join(f"{source} {n}" for source, n in by_source.items()) or "nothing"
            self.stdout.write(f"  step {kind}: {told}")

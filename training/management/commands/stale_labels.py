"""``manage.py stale_labels --project S``: what a change of the guideline made stale."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from annotation.cot.errors import StepwiseError
from annotation.models import Project
from annotation.quality.guidelines import stale_reopen
from training.runs.named import project_named
from training.runs.stale_api import stale_json


class Command(BaseCommand):
    help = (
        "Say which decisions a change of the guideline made stale, what it takes to put them "
        "right, and which runs learned from them; --reopen-by asks people again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True, help="slug")
        parser.add_argument("--reopen-by", metavar="LEAD", help="ask again, as this lead")
        parser.add_argument(
            "--all", action="store_true", help="ask also where the new rule gives the same"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        project = project_named(options["project"])
        body = stale_json(project)
        if options["reopen_by"]:
            body["items"] = _reopened(project, options["reopen_by"], not options["all"])
        if options["json"]:
            self.stdout.write(json.dumps(body, allow_nan=False))
        else:
            self._tell(body)

    def _tell(self, body: dict[str, Any]) -> None:
        hours = "" if body["hours"] is None else f", about {body['hours']:.1f} hours"
        self.stdout.write(
            f"{body['rollouts']} rollouts are stale, {body['contradicting']} cannot stand; "
            f"{len(body['relabel'])} items put them right{hours}"
        )
        for row in body["runs"]:
            self.stdout.write(
                f"run {row['run']} learned from release {row['release']}, which holds "
                f"{row['decisions']} stale decisions"
            )
        if "items" in body:
            self.stdout.write(f"{body['items']} items are asked again")


def _reopened(project: Project, username: str, contradicting_only: bool) -> int:
    lead = User.objects.filter(username=username).first()
    if lead is None:
        raise CommandError(f"nobody is named '{username}'")
    try:
        return stale_reopen(project=project, lead=lead, contradicting_only=contradicting_only)
    except StepwiseError as error:
        raise CommandError(error.message) from error

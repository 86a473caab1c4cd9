"""Rows that a command line names."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError

from annotation.cot.errors import Invalid
from annotation.models import Project
from training.models import Checkpoint
from training.rollouts.catalogue.writer import WRITER
from training.rollouts.writers import catalogue_writer
from training.runs.checkpoints import seed_policy
from training.runs.waivers import Waiver


def project_named(slug: str) -> Project:
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        known = ", ".join(Project.objects.values_list("slug", flat=True)[:20]) or "none"
        raise CommandError(f"there is no project '{slug}' (projects: {known})")
    return project


def checkpoint_named(name: str) -> Checkpoint:
    """``seed`` and the catalogue writer are registered when they are first asked for."""
    if name == WRITER:
        return catalogue_writer()
    checkpoint = Checkpoint.objects.filter(name=name).first()
    if checkpoint is None and name == "seed":
        try:
            return seed_policy()
        except Invalid as error:
            raise CommandError(error.message) from error
    if checkpoint is None:
        known = ", ".join(Checkpoint.objects.values_list("name", flat=True)[:20]) or "none"
        raise CommandError(f"there is no checkpoint '{name}' (checkpoints: {known})")
    return checkpoint


def toml_of(path: str | None) -> dict[str, Any]:
    """The file's tables; nothing where no file is named."""
    if path is None:
        return {}
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise CommandError(f"{path}: {error}") from error


def choice_named(options: Mapping[str, Any], config: str | None) -> dict[str, Any]:
    """What the preflight and ``run_create`` take, of a command's PROJECT, METHOD, --policy and
    --rm; ``config`` is a TOML file."""
    return {
        "project": project_named(options["project"]),
        "method": options["method"],
        "policy": checkpoint_named(options["policy"]),
        "rm": checkpoint_named(options["rm"]) if options["rm"] else None,
        "config": toml_of(config),
    }


def waiver_named(username: str | None, reason: str) -> Waiver | None:
    """Of a command's --waive-by and --reason; nothing where nobody is named."""
    if username is None:
        return None
    lead = User.objects.filter(username=username, is_active=True).first()
    if lead is None:
        raise CommandError(f"nobody active is named '{username}'")
    return Waiver(lead, reason)

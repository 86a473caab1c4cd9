"""``manage.py policy_make``: a small policy of a project's own catalogue."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.models import Pair, Project
from lab.own.config import OwnConfig
from training.rollouts.records import pair_record
from training.runs.checkpoints import checkpoint_register

_OWN = OwnConfig()
_TEXT = ("title", "category_path", "attributes", "description")


class Command(BaseCommand):
    help = (
        "Train a small policy on the catalogue writer's CoTs of a project's products, and "
        "register it. Queries of the training split are the only ones it sees."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--out", type=Path, required=True, help="folder of the new policy")
        parser.add_argument("--name", help="of the checkpoint (default: SLUG-own)")
        parser.add_argument("--lookups", type=int, default=_OWN.lookups)
        parser.add_argument("--examples", type=int, default=_OWN.examples)
        parser.add_argument("--width", type=int, default=_OWN.width)
        parser.add_argument("--seed", type=int, default=_OWN.seed)
        parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"there is no project '{options['project']}'")
        out: Path = options["out"].resolve()
        if out.exists() and any(out.iterdir()):
            raise CommandError(f"{out} is not empty: name a new folder")
        with tempfile.TemporaryDirectory(prefix="stepwise-own-") as folder:
            catalogue = Path(folder) / "catalogue.json"
            catalogue.write_text(json.dumps(catalogue_of(project)), encoding="utf-8")
            command = [sys.executable, "-m", "lab.own", str(catalogue), str(out)]
            for name in ("lookups", "examples", "width", "seed", "threads"):
                command += [f"--{name}", str(options[name])]
            quiet = {"OMP_WAIT_POLICY": "PASSIVE", "TOKENIZERS_PARALLELISM": "0"}
            if subprocess.run(command, env={**os.environ, **quiet}).returncode:
                raise CommandError("the training ended badly; nothing is registered")
        name = options["name"] or f"{project.slug}-own"
        checkpoint_register(name=name, path=str(out))
        self.stdout.write(f"registered as {name}: {out}")


def catalogue_of(project: Project) -> dict[str, Any]:
    """The products of all pairs, for every shop knows its catalogue, and the queries of the
    training split alone."""
    rows = Pair.objects.filter(project=project).select_related("product").order_by("pk")
    products, queries = {}, set()
    for pair in rows.iterator():
        record = pair_record(pair)
        products[pair.product_id] = {name: record[name] for name in _TEXT}
        if pair.split == "train":
            queries.add(pair.query)
    return {
        "products": list(products.values()),
        "queries": sorted(queries),
        "rules": project.rules,
    }

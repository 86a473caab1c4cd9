"""``manage.py campaign``: how many labels each order of the queue needs, by training."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from lab.campaign.plan import CampaignPlan, plan_write
from lab.campaign.report import report, table
from lab.campaign.settings import ORDERS, PRESETS
from training.job.files import write_json
from training.job.types import BadInput

_QUIET = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "TOKENIZERS_PARALLELISM": "0"}


class Command(BaseCommand):
    help = "Compare the queue's orders by SRPO on what each of them would have asked."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--report", type=Path, required=True, help="JSON report to write")
        parser.add_argument("--orders", default=",".join(ORDERS), help="comma-separated")
        parser.add_argument("--seeds", type=int, default=5)
        parser.add_argument("--targets", default="0.8,0.9", help="macro F1, comma-separated")
        parser.add_argument(
            "--policy", type=Path, default=settings.SEED_POLICY, help="start policy"
        )
        parser.add_argument("--work", type=Path, help="the cells (default: beside the report)")
        parser.add_argument("--processes", type=int, default=1, help="seeds at a time")
        parser.add_argument("--preset", choices=sorted(PRESETS), default="default")
        parser.add_argument("--tiny", action="store_const", const="tiny", dest="preset")
        parser.add_argument("--report-only", action="store_true", help="of the cells there are")

    def handle(self, *args: Any, **options: Any) -> None:
        orders = options["orders"].split(",")
        if unknown := [order for order in orders if order not in ORDERS]:
            known = ", ".join(ORDERS)
            raise CommandError(f"--orders: no order '{unknown[0]}' (there are: {known})")
        path: Path = options["report"].resolve()
        out: Path = (options["work"] or path.with_suffix("")).resolve()
        plan = CampaignPlan(
            orders, PRESETS[options["preset"]], str(options["policy"].resolve())
        )
        try:
            plan_write(out, plan)
        except BadInput as error:
            raise CommandError(str(error)) from error
        seeds = range(options["seeds"])
        if not options["report_only"]:
            _run(out, "reward-model")
            with ThreadPoolExecutor(options["processes"]) as processes:
                list(processes.map(lambda seed: _run(out, f"seed-{seed}", str(seed)), seeds))
        targets = [float(target) for target in options["targets"].split(",")]
        body = report(out, plan, seeds, targets)
        write_json(path, body)
        self.stdout.write(table(body))


def _run(out: Path, name: str, *seed: str) -> None:
    """A process of its own; raises CommandError naming its log."""
    log = out / f"{name}.log"
    with log.open("ab") as file:
        command = [sys.executable, "-m", "lab.campaign", str(out), *seed]
        ended = subprocess.run(
            command, stdout=file, stderr=subprocess.STDOUT, env={**os.environ, **_QUIET}
        )
    if ended.returncode:
        raise CommandError(f"{name} ended badly, see {log}; the same command goes on")

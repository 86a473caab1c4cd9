"""``python -m bench.chaos --json --claims 10000 --claimers 64``: none lost, none given twice.

Claimers label over real HTTP while worker processes are killed at random moments and PostgreSQL
is stopped, cut off and started again. Every item wants two annotators. At the end the receipts
that the claimers hold are compared with the rows.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.support.breaker import Breaker, plan_of
from bench.support.claimer import Claimer
from bench.support.server import install, serving

if TYPE_CHECKING:
    from annotation.models import Project

OVERLAP = 2
_ERROR = re.compile(r"[\w.]+(Error|Exception|Timeout|Shutdown|Unavailable)\b")
FAULTS = ("double_claims", "lost", "labels_missing", "refused", "server_error")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=10_000)
    parser.add_argument("--claimers", type=int, default=64)
    parser.add_argument("--kills", type=int, default=20, help="workers killed")
    parser.add_argument("--restarts", type=int, default=1, help="of PostgreSQL, orderly")
    parser.add_argument("--crashes", type=int, default=1, help="of PostgreSQL")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=int, default=3600, help="the most it may take")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    random.seed(options.seed)
    with tempfile.TemporaryDirectory(prefix="stepwise-chaos-") as folder:
        Path(folder).chmod(0o755)
        report = measure(Path(folder), options)
    if options.json:
        print(json.dumps(report, indent=1))
    else:
        for key, value in report.items():
            print(f"{key:<22}{value}")
    return 1 if any(report[name] for name in FAULTS) else 0


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Seed, label while things break, audit."""
    install(folder)
    from bench.support.items import items_make

    project = items_make("chaos", options.claims // OVERLAP)
    project.items.update(overlap=OVERLAP)
    plan = plan_of(options.claims, options.kills, options.restarts, options.crashes)
    breaker = Breaker(folder / "postgres", plan)
    with serving(folder / "web.log") as address:
        until = time.monotonic() + options.seconds
        crew = [
            Claimer(address, token, project.slug, until) for token in _tokens(options.claimers)
        ]
        began = time.perf_counter()
        _label(crew, breaker)
        seconds = time.perf_counter() - began
    _tell_errors(folder / "web.log")
    troubles = sum((one.troubles for one in crew), Counter[str]())
    return {
        "claims": options.claims,
        "claimers": options.claimers,
        "seconds": round(seconds, 1),
        "workers_killed": breaker.done["worker_kill"],
        "database_restarts": breaker.done["database_restart"],
        "database_crashes": breaker.done["database_crash"],
        **{
            name: troubles[name]
            for name in (
                "connection_lost", "unavailable", "server_error", "refused", "answer_lost",
            )
        },
        **_audit(project, crew),
    }  # fmt: skip


def _tell_errors(log: Path) -> None:
    """The last line of each traceback in the server's log, with how often, to stderr."""
    lines = log.read_text(errors="replace").splitlines()
    errors = Counter(line[:200] for line in lines if _ERROR.match(line))
    for line, count in errors.most_common(10):
        print(f"{count:6} x {line}", file=sys.stderr)


def _tokens(count: int) -> list[str]:
    from django.contrib.auth.models import User

    from annotation.people.abilities import Ability
    from annotation.people.roles import Role, role_grant
    from annotation.people.tokens import api_token_create

    secrets = []
    for number in range(count):
        user = role_grant(
            user=User.objects.create(username=f"chaos{number}"), role=Role.ANNOTATOR
        )
        secrets.append(api_token_create(user=user, name="chaos", scopes=[Ability.LABEL])[1])
    return secrets


def _label(crew: Sequence[Claimer], breaker: Breaker) -> None:
    with ThreadPoolExecutor(len(crew) + 1) as pool:
        at_work = [pool.submit(one.work) for one in crew]
        breaking = pool.submit(
            breaker.run,
            lambda: sum(len(one.receipts) for one in crew),
            lambda: all(one.done() for one in at_work),
        )
        for one in at_work:
            one.result()
        breaking.result()


def _audit(project: Project, crew: Sequence[Claimer]) -> dict[str, int]:
    """``double_claims``: more people on an item than it wants, by what was given out and by the
    rows; ``lost``: receipts without their row, and rows without a receipt."""
    from django.db import connection
    from django.db.models import Count

    from annotation.models import Assignment, Submission

    connection.close()  # of before the restart
    receipts = {key: receipt for one in crew for key, receipt in one.receipts.items()}
    rows = dict(Submission.objects.values_list("client_key", "pk"))
    whole = Submission.objects.annotate(n=Count("labels")).filter(n=5).count()
    given = Counter(item for one in crew for item in set(one.served))
    live = Assignment.objects.filter(state__in=["claimed", "submitted"])
    crowded = live.values("item").annotate(n=Count("pk")).filter(n__gt=OVERLAP)
    return {
        "receipts": len(receipts),
        "rows": len(rows),
        "items_labelled": project.items.filter(state="labelled").count(),
        "double_claims": sum(n > OVERLAP for n in given.values()) + crowded.count(),
        "lost": len(set(receipts.items()) ^ set(rows.items())),
        "labels_missing": len(rows) - whole,
    }


if __name__ == "__main__":
    raise SystemExit(main())

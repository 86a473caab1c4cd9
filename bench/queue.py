"""``python -m bench.queue --json --items 10000 --annotators 8``: labelling over real HTTP.

Annotators with tokens drive the API of a real server until the queue is empty, or until
``--limit`` items are done of a queue that is longer. They label the first fifth in two requests
each (claim the next item, submit five steps), which gives the latencies of both, and the rest
in one (a submit that claims the next item too). With ``--pages`` they log in and drive the
pages. Then a lead opens the list of items. ``--peer``: Label Studio does the same, in turns.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from bench.support.cpu import tree_seconds
from bench.support.server import ROOT, install, serving_process

LISTS = 101  # times the list of items is opened
TURNS = (
    5  # of each side beside a peer: a machine that others use changes its pace by the minute
)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--annotators", type=int, default=8)
    parser.add_argument("--limit", type=int, default=0, help="items labelled; 0 = all")
    parser.add_argument("--pages", action="store_true", help="the pages instead of the API")
    parser.add_argument(
        "--compare-items",
        type=int,
        help="also with a queue of this many, and the ratios; 10,000 beside 100,000 and more",
    )
    parser.add_argument("--peer", action="store_true", help="also Label Studio, and ratios")
    parser.add_argument("--peer-limit", type=int, default=300, help="items it labels")
    parser.add_argument("--peer-env", type=Path, help="folder of its virtual environment")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="stepwise-bench-") as folder:
        Path(folder).chmod(0o755)
        install(Path(folder))
        ours = partial(
            measure, Path(folder), options.items, options.annotators, options.limit,
            pages=options.pages,
        )  # fmt: skip
        report = _with_peer(ours, Path(folder), options) if options.peer else ours()
    report |= _beside(report, options)
    if options.json:
        print(json.dumps(report, indent=1))
    else:
        for key, value in report.items():
            print(f"{key:<22}{value}")
    return 0 if not report["double_claims"] and not report["lost"] else 1


def measure(
    folder: Path,
    items: int,
    annotators: int,
    limit: int,
    *,
    pages: bool = False,
    turn: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Seed, label over HTTP, and compare the receipts with the rows. ``turn`` is called between
    the parts of the labelling in one request, and nobody labels meanwhile."""
    from bench.support.caller import Caller
    from bench.support.clicker import Clicker
    from bench.support.items import items_make, lead_make, people_make, token_make

    began = time.perf_counter()
    project = items_make("bench", items)
    seeding = time.perf_counter() - began
    names = people_make(annotators)
    lead = lead_make()
    total = limit or items
    apart = total if pages else total // 5
    with serving_process(folder / "web.log") as (address, server):
        crew: list[Caller | Clicker] = [
            Clicker(address, name) if pages else Caller(address, token_make(name))
            for name in names
        ]
        phases = [_phase(server, folder, crew, "work", apart, project.slug)]
        if not pages:
            rest = total - apart
            phases.append(_phase(server, folder, crew, "work_on", rest, project.slug, turn))
        lists = Caller(address, token_make(lead)).get(f"items/?project={project.slug}", LISTS)
    done = sum(len(one.receipts) for one in crew)
    return {
        "items": items,
        "annotators": annotators,
        "labelled": done,
        **phases[-1],
        "judgments_per_s_in_two_requests": phases[0]["judgments_per_s"],
        **_latency("claim", [s for one in crew for s in one.claims]),
        **_latency("submit", [s for one in crew for s in one.submits]),
        **_latency("submit_and_claim", [s for one in crew for s in one.both]),
        "list_p50_ms": round(1000 * statistics.median(lists), 1),
        **_audit([receipt for one in crew for receipt in one.receipts]),
        "load_1m": round(os.getloadavg()[0], 2),
        "seed_seconds": round(seeding, 2),
    }


def _with_peer(
    ours: Callable[..., dict[str, Any]], folder: Path, options: argparse.Namespace
) -> dict[str, Any]:
    from bench.peer.compare import compare  # needs Django, which `install` has set up
    from bench.peer.environment import DEFAULT

    return compare(
        env=options.peer_env or DEFAULT,
        folder=folder,
        ours=ours,
        annotators=options.annotators,
        items=options.items,
        limit=options.peer_limit,
        turns=TURNS,
    )


def _beside(report: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """The same work in a shorter queue, by another process with a server of its own."""
    few = options.compare_items
    if few is None:
        few = 10_000 if options.items >= 100_000 else 0
    if not few:
        return {}
    command = [sys.executable, "-m", "bench.queue", "--json", "--items", str(few)]
    command += ["--annotators", str(options.annotators), "--limit", str(options.limit)]
    command += ["--pages"] if options.pages else []
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    other = json.loads(done.stdout)
    compared = ("claim_p50_ms", "submit_p50_ms", "list_p50_ms", "server_cpu_ms",
                "database_cpu_ms")  # fmt: skip
    return {
        "compared_items": few,
        **{f"compared_{name}": other[name] for name in (*compared, "load_1m")},
        **{f"ratio_{name}": round(report[name] / (other[name] or 1), 2) for name in compared},
    }


def _cpu(server: int, folder: Path) -> dict[str, float]:
    """Processor seconds so far; a judgment's share hardly depends on what else runs."""
    from config.embedded import postmaster_pid

    database = postmaster_pid(folder / "postgres")
    return {
        "server": tree_seconds(server),
        "database": tree_seconds(database) if database else 0.0,
        "client": time.process_time(),
    }


def _phase(
    server: int,
    folder: Path,
    crew: Sequence[Any],
    work: str,
    items: int,
    project: str,
    turn: Callable[[], None] | None = None,
) -> dict[str, float]:
    """Rate and processor time of everybody's share of so many items."""
    parts = TURNS if turn else 1
    quota = -(-items // (len(crew) * parts))
    known = sum(len(one.receipts) for one in crew)
    seconds, spent = 0.0, dict.fromkeys(("server", "database", "client"), 0.0)
    for _ in range(parts):
        before, began = _cpu(server, folder), time.perf_counter()
        with ThreadPoolExecutor(len(crew)) as pool:
            list(pool.map(lambda one: getattr(one, work)(quota, project), crew))
        seconds += time.perf_counter() - began
        after = _cpu(server, folder)
        spent = {part: spent[part] + after[part] - before[part] for part in spent}
        if turn:
            turn()
    done = sum(len(one.receipts) for one in crew) - known
    return {
        "seconds": round(seconds, 2),
        "judgments_per_s": round(done / seconds, 2),
        **{f"{part}_cpu_ms": round(1000 * spent[part] / max(done, 1), 2) for part in spent},
    }


def _latency(name: str, seconds: list[float]) -> dict[str, float]:
    if len(seconds) < 2:
        return {}
    return {
        f"{name}_p50_ms": round(1000 * statistics.median(seconds), 1),
        f"{name}_p95_ms": round(1000 * statistics.quantiles(seconds, n=20)[18], 1),
    }


def _audit(receipts: list[int]) -> dict[str, int]:
    """``lost``: receipts without a row, or without its five labels; ``double_claims``: slots
    or annotators served twice for one item."""
    from django.db.models import Count

    from annotation.models import Assignment, StepLabel, Submission

    rows = set(Submission.objects.values_list("pk", flat=True))
    labelled = StepLabel.objects.values("submission").annotate(n=Count("pk"))
    whole = set(labelled.filter(n=5).values_list("submission", flat=True))
    doubles = (
        Assignment.objects.filter(state__in=["claimed", "submitted"])
        .values("item")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
        .count()
    )
    lost = sum(receipt not in rows or receipt not in whole for receipt in receipts)
    return {
        "double_claims": doubles + len(receipts) - len(set(receipts)),
        "lost": lost + len(rows - set(receipts)),
    }


if __name__ == "__main__":
    raise SystemExit(main())

"""Both sides do the same: import records, label items over HTTP, export labelled ones."""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

from bench.peer.environment import VERSION, installed
from bench.peer.people import Peer, crew_of
from bench.peer.server import peer_serving
from bench.peer.tasks import CONFIG, PAIR_CONFIG, RESULT, pair, task
from bench.support.cpu import tree_seconds
from config.embedded import postmaster_pid

Report = dict[str, Any]

IMPORTS = 3  # of each side; the median counts, because one takes half a second


def compare(
    *, env: Path, folder: Path, ours: Report, annotators: int, items: int, limit: int
) -> Report:
    """The report of our labelling, plus our import and export, Label Studio's figures and the
    ratios (above 1: we are faster). ``limit``: judgments that Label Studio makes."""
    import_rate = _our_import(folder, items)
    export_seconds = _our_export(folder)
    python = installed(env)
    with peer_serving(python, folder) as (address, server):
        crew = crew_of(address, annotators)
        theirs = _measure(crew, items, limit, lambda: _cpu(server, folder))
    ours = ours | {"import_rows_per_s": import_rate, "export_s": export_seconds}
    return ours | {
        **{f"peer_{name}": value for name, value in theirs.items()},
        "peer": f"Label Studio {VERSION}",
        "ratio_judgments": _ratio(ours["judgments_per_s"], theirs["judgments_per_s"]),
        "ratio_judgments_in_two_requests": _ratio(
            ours["judgments_per_s_in_two_requests"], theirs["judgments_per_s"]
        ),
        "ratio_claim_p50": _ratio(theirs["claim_p50_ms"], ours["claim_p50_ms"]),
        "ratio_submit_p50": _ratio(theirs["submit_p50_ms"], ours["submit_p50_ms"]),
        "ratio_cpu": _ratio(
            theirs["cpu_ms"], sum(ours[f"{p}_cpu_ms"] for p in ("server", "database", "client"))
        ),
        "ratio_import": _ratio(import_rate, theirs["import_rows_per_s"]),
        "ratio_export": _ratio(theirs["export_s"], export_seconds),
    }


def _cpu(server: int, folder: Path) -> float:
    """Processor seconds of the web processes, the database and the clients so far."""
    database = postmaster_pid(folder / "postgres")
    return tree_seconds(server) + (tree_seconds(database) if database else 0) + process_time()


def _measure(crew: list[Peer], items: int, limit: int, cpu: Callable[[], float]) -> Report:
    owner = crew[0]
    pairs = [{"data": pair(n)} for n in range(items)]
    plain = statistics.median(_import(owner, PAIR_CONFIG, pairs)[1] for _ in range(IMPORTS))
    project, whole = _import(owner, CONFIG, [task(n) for n in range(items)])
    share = -(-limit // len(crew))
    before = cpu()
    began = time.perf_counter()
    with ThreadPoolExecutor(len(crew)) as pool:
        list(pool.map(lambda one: one.work(share, project, RESULT), crew))
    seconds = time.perf_counter() - began
    done = [number for one in crew for number in one.tasks]
    spent, load = cpu() - before, os.getloadavg()[0]
    full, _ = _import(owner, CONFIG, [task(n, labelled=True) for n in range(items)])
    exported, export_seconds = _timed(lambda: _export(owner, full))
    if exported != items:
        raise RuntimeError(f"exported {exported} of {items} tasks")
    return {
        "labelled": len(done),
        "judgments_per_s": round(len(done) / seconds, 2),
        "claim_p50_ms": _median([s for one in crew for s in one.claims]),
        "submit_p50_ms": _median([s for one in crew for s in one.submits]),
        "cpu_ms": round(1000 * spent / len(done), 1),
        "double_claims": len(done) - len(set(done)),
        "import_rows_per_s": round(items / plain, 1),
        "import_with_steps_rows_per_s": round(items / whole, 1),
        "export_s": round(export_seconds, 2),
        "load_1m": round(load, 2),
    }


def _import(owner: Peer, config: str, tasks: list[Report]) -> tuple[int, float]:
    """(project, seconds of the one request that brings all tasks)."""
    made = owner.json("POST", "projects/", {"title": "bench", "label_config": config})
    project = int(made["id"])
    answer, seconds = _timed(lambda: owner.json("POST", f"projects/{project}/import", tasks))
    if answer["task_count"] != len(tasks):
        raise RuntimeError(f"imported {answer['task_count']} of {len(tasks)} tasks")
    return project, seconds


def _export(owner: Peer, project: int) -> int:
    status, answer = owner.ask("GET", f"projects/{project}/export?exportType=JSON")
    if status != 200:
        raise RuntimeError(f"the export was answered {status}: {answer[:300]!r}")
    return len(json.loads(answer))


def _our_import(folder: Path, items: int) -> float:
    """Rows a second of the same records as JSON lines."""
    from annotation.services.pairs import pairs_import
    from annotation.services.projects import project_create

    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(pair(n)) + "\n" for n in range(items)))
    taken = []
    for n in range(IMPORTS):
        project = project_create(slug=f"peer-import-{n}")
        report, seconds = _timed(partial(pairs_import, project=project, path=path))
        if report.created != items:
            raise RuntimeError(f"imported {report.created} of {items} pairs")
        taken.append(seconds)
    return round(items / statistics.median(taken), 1)


def _our_export(folder: Path) -> float:
    """Seconds to write the labelled items of the bench as Label Studio JSON."""
    from django.contrib.auth.models import User

    from annotation.exporters.formats import ExportFilter, format_named
    from annotation.models import Project
    from annotation.services.exports import export_write
    from bench.support.labelled import label_rest

    project = Project.objects.get(slug="bench")
    label_rest(project, User.objects.order_by("pk")[0])
    path = folder / "labelled.json"
    _, seconds = _timed(
        lambda: export_write(
            format=format_named("label-studio"), chosen=ExportFilter(project), path=path
        )
    )
    exported = len(json.loads(path.read_text()))
    if exported != project.items.count():
        raise RuntimeError(f"exported {exported} items")
    return round(seconds, 3)


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    answer = call()
    return answer, time.perf_counter() - began


def _median(seconds: list[float]) -> float:
    return round(1000 * statistics.median(seconds), 1)


def _ratio(more: float, less: float) -> float:
    return round(more / less, 2) if less else 0.0

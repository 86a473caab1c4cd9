"""Both sides do the same: import records, label items over HTTP, export labelled ones."""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import httpx

from bench.peer.environment import VERSION, installed
from bench.peer.people import Peer, crew_of
from bench.peer.server import peer_serving
from bench.peer.tasks import CONFIG, PAIR_CONFIG, RESULT, pair, task
from bench.support.cpu import tree_seconds
from config.embedded import postmaster_pid

Report = dict[str, Any]

IMPORTS = 9  # of each side; the medians count


def compare(
    *,
    env: Path,
    folder: Path,
    ours: Callable[..., Report],
    annotators: int,
    items: int,
    limit: int,
    turns: int,
) -> Report:
    """The report of our labelling, our import and export, Label Studio's figures and the ratios
    (above 1: we are faster). Both sides take turns in labelling and in importing, so that a
    slow minute of the machine is everybody's. ``limit``: judgments that Label Studio makes."""
    python = installed(env)
    with peer_serving(python, folder) as (address, server):
        peer = PeerLabelling(crew_of(address, annotators), lambda: _cpu(server, folder))
        share = -(-limit // turns)
        whole = peer.prepare(items)
        report = ours(turn=lambda: peer.label(share))
        import_rate, their_rate = _imports(folder, peer.crew[0], items)
        export_seconds = _our_export(folder)
        theirs = peer.report() | {
            "import_rows_per_s": their_rate,
            "import_with_steps_rows_per_s": whole,
            "export_s": _their_export(peer.crew[0], items),
        }
    report = report | {"import_rows_per_s": import_rate, "export_s": export_seconds}
    return report | {
        **{f"peer_{name}": value for name, value in theirs.items()},
        "peer": f"Label Studio {VERSION}",
        "ratio_judgments": _ratio(report["judgments_per_s"], theirs["judgments_per_s"]),
        "ratio_judgments_in_two_requests": _ratio(
            report["judgments_per_s_in_two_requests"], theirs["judgments_per_s"]
        ),
        "ratio_claim_p50": _ratio(theirs["claim_p50_ms"], report["claim_p50_ms"]),
        "ratio_submit_p50": _ratio(theirs["submit_p50_ms"], report["submit_p50_ms"]),
        "ratio_cpu": _ratio(
            theirs["cpu_ms"],
            sum(report[f"{p}_cpu_ms"] for p in ("server", "database", "client")),
        ),
        "ratio_import": _ratio(import_rate, their_rate),
        "ratio_export": _ratio(theirs["export_s"], export_seconds),
    }


@dataclass
class PeerLabelling:
    """Label Studio's annotators at one project, in turns; ``cpu`` gives processor seconds."""

    crew: list[Peer]
    cpu: Callable[[], float]
    project: int = 0
    seconds: float = 0.0
    spent: float = 0.0
    load: float = 0.0

    def prepare(self, items: int) -> float:
        """A project of so many tasks; rows a second of its import, steps and all."""
        owner = self.crew[0]
        self.project, seconds = _import(owner, CONFIG, [task(n) for n in range(items)])
        return round(items / seconds, 1)

    def label(self, judgments: int) -> None:
        """About so many more."""
        share = -(-judgments // len(self.crew))
        before, began = self.cpu(), time.perf_counter()
        with ThreadPoolExecutor(len(self.crew)) as pool:
            list(pool.map(lambda one: one.work(share, self.project, RESULT), self.crew))
        self.seconds += time.perf_counter() - began
        self.spent += self.cpu() - before
        self.load = os.getloadavg()[0]

    def report(self) -> Report:
        done = [number for one in self.crew for number in one.tasks]
        return {
            "labelled": len(done),
            "judgments_per_s": round(len(done) / self.seconds, 2),
            "claim_p50_ms": _median([s for one in self.crew for s in one.claims]),
            "submit_p50_ms": _median([s for one in self.crew for s in one.submits]),
            "cpu_ms": round(1000 * self.spent / len(done), 1),
            "double_claims": len(done) - len(set(done)),
            "load_1m": round(self.load, 2),
        }


def _cpu(server: int, folder: Path) -> float:
    """Processor seconds of the web processes, the database and the clients so far."""
    database = postmaster_pid(folder / "postgres")
    return tree_seconds(server) + (tree_seconds(database) if database else 0) + process_time()


def _imports(folder: Path, owner: Peer, items: int) -> tuple[float, float]:
    """Rows a second of ours and theirs, the medians."""
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(pair(n)) + "\n" for n in range(items)))
    tasks = [{"data": pair(n)} for n in range(items)]
    ours, theirs = [], []
    for n in range(IMPORTS):
        theirs.append(_import(owner, PAIR_CONFIG, tasks)[1])
        ours.append(_our_import(path, f"peer-import-{n}", items))
    return round(items / statistics.median(ours), 1), round(
        items / statistics.median(theirs), 1
    )


def _import(owner: Peer, config: str, tasks: list[Report]) -> tuple[int, float]:
    """(project, seconds of the one request that brings all tasks)."""
    made = owner.json("POST", "projects/", {"title": "bench", "label_config": config})
    project = int(made["id"])
    answer, seconds = _timed(lambda: owner.json("POST", f"projects/{project}/import", tasks))
    owner.hang_up()
    if answer["task_count"] != len(tasks):
        raise RuntimeError(f"imported {answer['task_count']} of {len(tasks)} tasks")
    return project, seconds


def _their_export(owner: Peer, items: int) -> float:
    """Seconds of the request for all tasks of a project, each labelled."""
    project, _ = _import(owner, CONFIG, [task(n, labelled=True) for n in range(items)])
    path = f"projects/{project}/export?exportType=JSON"
    (status, answer), seconds = _timed(lambda: owner.ask("GET", path))
    if status != httpx.codes.OK:
        raise RuntimeError(f"the export was answered {status}: {answer[:300]!r}")
    if len(json.loads(answer)) != items:
        raise RuntimeError(f"exported {len(json.loads(answer))} of {items} tasks")
    return round(seconds, 2)


def _our_import(path: Path, slug: str, items: int) -> float:
    """Seconds to import the same records as JSON lines into a project of their own."""
    from annotation.pairs.write import pairs_import
    from annotation.quality.projects import project_create

    project = project_create(slug=slug)
    report, seconds = _timed(partial(pairs_import, project=project, path=path))
    if report.created != items:
        raise RuntimeError(f"imported {report.created} of {items} pairs")
    return float(seconds)


def _our_export(folder: Path) -> float:
    """Seconds to write the labelled items of the bench as Label Studio JSON."""
    from django.contrib.auth.models import User

    from annotation.exports.formats import ExportFilter, format_named
    from annotation.exports.jobs import export_write
    from annotation.models import Project
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

"""``python -m bench.scale --json``: a million pairs in, a million labels out, in little memory.

Import and export run as their own processes, so the peak of each is its own; it includes the
interpreter and Django.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.support.server import ROOT, install

LIMIT_MB = 400


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--labels", type=int, default=1_000_000, help="five an item")
    parser.add_argument("--format", default="labels", help="of the export")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="stepwise-scale-") as folder:
        Path(folder).chmod(0o755)
        report = measure(Path(folder), options.pairs, options.labels, options.format)
    if options.json:
        print(json.dumps(report, indent=1))
    else:
        for key, value in report.items():
            print(f"{key:<22}{value}")
    peaks = [value for key, value in report.items() if key.endswith("_peak_mb")]
    return 0 if max(peaks) < LIMIT_MB else 1


def measure(folder: Path, pairs: int, labels: int, format: str) -> dict[str, Any]:
    """
    Raises:
        RuntimeError: a command failed, or the rows are not those that were asked for.
    """
    install(folder)
    from annotation.models import Pair, StepLabel
    from bench.support.items import items_make, people_make
    from bench.support.labelled import label_rest

    source = folder / "pairs.jsonl"
    _write_pairs(source, pairs)
    import_ = _command("import_pairs", str(source), "--project", "imported", "--create-project")
    stored = Pair.objects.filter(project__slug="imported").count()
    if stored != pairs:
        raise RuntimeError(f"{stored} of {pairs} pairs are there")
    source.unlink()

    from django.contrib.auth.models import User

    project = items_make("exported", labels // 5)
    label_rest(project, User.objects.get(username=people_make(1)[0]))
    made = StepLabel.objects.count()
    target = folder / "labels.jsonl"
    export = _command("export_labels", str(target), "--project", "exported", "--format", format)
    return {
        "pairs": pairs,
        "import_rows_per_s": round(pairs / import_[0], 1),
        "import_s": round(import_[0], 1),
        "import_peak_mb": round(import_[1], 1),
        "labels": made,
        "export_format": format,
        "export_labels_per_s": round(made / export[0], 1),
        "export_s": round(export[0], 1),
        "export_peak_mb": round(export[1], 1),
        "export_file_mb": round(target.stat().st_size / 1e6, 1),
        "export_lines": _lines(target),
        "load_1m": round(os.getloadavg()[0], 2),
    }


def _command(*words: str) -> tuple[float, float]:
    """(seconds, peak resident megabytes) of one ``manage.py`` command."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "manage.py", *words], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    # The kernel's own account of this child alone: `ru_maxrss` is in KiB on Linux.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{words[0]} ended with {process.returncode}")
    return time.perf_counter() - began, usage.ru_maxrss * 1024 / 1e6


def _write_pairs(path: Path, count: int) -> None:
    """Half as many products as pairs, eight pairs a query, descriptions of a shop's length."""
    with path.open("w", encoding="utf-8") as stream:
        for number in range(count):
            product = number // 2
            record = {
                "query": f"black kettle {number // 8} size {number % 2}",
                "title": f"Kettle {product} with a lid and a handle",
                "product_id": f"p{product}",
                "category_path": "kitchen > kettle",
                "attributes": {"color": "black", "capacity": f"{product % 30 / 10} l"},
                "description": "A kettle for boiling water. " * 8,
                "locale": "en",
            }
            stream.write(json.dumps(record) + "\n")


def _lines(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(1 for _ in stream)


if __name__ == "__main__":
    raise SystemExit(main())

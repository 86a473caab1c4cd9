"""Data in and out: imports, pairs, rollouts, exports."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stepwise_client.errors import error_of
from stepwise_client.jobs import Jobs
from stepwise_client.records import Job, Rollout
from stepwise_client.rows import PairRow, PreviewRow, RolloutRow

_BATCH = 500


class Data(Jobs):
    def pairs(self, project: str, *, split: str | None = None) -> Iterator[PairRow]:
        """``split``: train, val or test."""
        return self._pages("pairs/", project=project, split=split)

    def rollouts(self, project: str) -> Iterator[RolloutRow]:
        return self._pages("rollouts/", project=project)

    def rollout(self, id: int) -> RolloutRow:
        row: RolloutRow = self._get(f"rollouts/{id}/")
        return row

    def add_rollouts(
        self, rollouts: Sequence[Rollout], *, queue: bool = True, priority: int = 0
    ) -> list[RolloutRow]:
        """Store your own CoTs, in batches that are each stored whole or not at all. The same
        one twice is stored once, so a batch whose answer was lost is sent again."""
        kept: list[RolloutRow] = []
        queued = {"priority": priority} if queue else None
        for start in range(0, len(rollouts), _BATCH):
            rows = [asdict(r) | {"queue": queued} for r in rollouts[start : start + _BATCH]]
            kept += self._post("rollouts/", json={"rollouts": rows}, again=True)["rollouts"]
        return kept

    def preview_import(self, files: Sequence[Path], adapter: str = "") -> PreviewRow:
        """What the files are taken for: the adapter, unless you name it, the columns, and the
        options that :meth:`start_import` takes. Nothing is kept."""
        with ExitStack() as opened:
            sent = [
                ("file", (path.name, opened.enter_context(path.open("rb")))) for path in files
            ]
            about = {"adapter": adapter} if adapter else {}
            row: PreviewRow = self._post("imports/preview/", data=about, files=sent)
        return row

    def start_checked(self, id: int) -> Job:
        """Import what a ``dry_run`` has only checked, or try again what failed."""
        return Job.of(self._post(f"imports/{id}/start/"))

    def start_import(
        self,
        project: str,
        file: Path,
        *,
        adapter: str = "native",
        mapping: Mapping[str, Any] | str | None = None,
        parts: Mapping[str, Any] | str | None = None,
        skip_bad: bool = False,
        unknown_as_attributes: bool = False,
        dry_run: bool = False,
        **options: str | Path,
    ) -> Job:
        """``dry_run`` reads and checks everything and imports nothing. ``mapping`` names a
        table's columns, ``parts`` those of chains of thought (adapter cots), as JSON too
        (docs/importing.md). ``options`` are what the adapter takes beside the file:
        ``scale="0=1,1=4"``, or a further file as a path, ``products=Path("products.jsonl")``.
        """
        files = {"file": file, **{n: v for n, v in options.items() if isinstance(v, Path)}}
        about = {
            **{n: v for n, v in options.items() if not isinstance(v, Path)},
            "project": project,
            "adapter": adapter,
            "skip_bad": str(skip_bad).lower(),
            "unknown_as_attributes": str(unknown_as_attributes).lower(),
            "dry_run": str(dry_run).lower(),
        }
        for name, told in (("mapping", mapping), ("parts", parts)):
            if told is not None:
                about[name] = told if isinstance(told, str) else json.dumps(dict(told))
        with ExitStack() as open_files:
            sent = {
                name: (path.name, open_files.enter_context(path.open("rb")))
                for name, path in files.items()
            }
            return Job.of(self._post("imports/", data=about, files=sent))

    def imports(self) -> Iterator[Job]:
        return map(Job.of, self._pages("imports/"))

    def start_export(self, project: str, format: str, **filter: str) -> Job:
        body = {"project": project, "format": format, "filter": filter}
        return Job.of(self._post("exports/", json=body))

    def exports(self) -> Iterator[Job]:
        return map(Job.of, self._pages("exports/"))

    def download(self, export: Job, path: Path) -> Path:
        """The file of a finished export, streamed to ``path``."""
        with self._http.stream("GET", f"exports/{export.id}/file/") as response:
            if response.is_error:
                response.read()
                raise error_of(response)
            with path.open("wb") as stream:
                for block in response.iter_bytes():
                    stream.write(block)
        return path

"""The client: one method an endpoint, exceptions for problems, iterators for pages."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from stepwise_client.errors import StepwiseError, error_of
from stepwise_client.records import Claim, Job, Label, Receipt, Rollout, Waiting, read

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)  # longer than PostgreSQL takes to restart
_BATCH = 500


class Client:
    """``with Client("https://stepwise.example.org", token="stw_...") as stepwise: ...``"""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 30.0,
        pauses: Sequence[float] = PAUSES,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """``pauses``: seconds before each new attempt of a claim or submit that met a lost
        connection or a server that is away; () for none."""
        self._pauses = tuple(pauses)
        self._http = httpx.Client(
            base_url=url.rstrip("/") + "/api/v1/",
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout,
            transport=transport,
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def me(self) -> dict[str, Any]:
        return self._call("GET", "me/")

    def next_claim(self, project: str | None = None) -> Claim | Waiting:
        """Your unfinished claim, else the next item; when there is none, why."""
        return _next(self._insist("queue/next/", json={"project": project} if project else {}))

    def heartbeat(self, claim: Claim) -> str:
        """When the renewed lease ends, ISO 8601."""
        return str(self._call("POST", f"claims/{claim.id}/heartbeat/")["expires_at"])

    def save_draft(self, claim: Claim, draft: Mapping[str, Any], base_version: int) -> int:
        """The new version.

        Raises:
            DraftConflictError: ``base_version`` is stale.
        """
        body = {"base_version": base_version, "draft": dict(draft)}
        return int(self._call("PUT", f"claims/{claim.id}/draft/", json=body)["version"])

    def submit(
        self, claim: Claim, labels: Sequence[Label], *, active_ms: int = 0, key: str = ""
    ) -> Receipt:
        """:meth:`submit_and_claim` without the next item."""
        return read(Receipt, self._submit(claim, labels, active_ms, key))

    def submit_and_claim(
        self, claim: Claim, labels: Sequence[Label], *, active_ms: int = 0, key: str = ""
    ) -> tuple[Receipt, Claim | Waiting]:
        """Also takes the next item of the project: one request between two items.

        Safe to repeat with the same ``key``. A lost answer, or a server that is away for a
        moment, is asked again with the same key, made for this call if there is none.

        Raises:
            InvalidLabelsError: with what is wrong by step.
            ConflictError: the item is no longer yours.
        """
        following = {"project": claim.project}
        answer = self._submit(claim, labels, active_ms, key, next=following)
        return read(Receipt, answer), _next(answer["next"])

    def _submit(
        self, claim: Claim, labels: Sequence[Label], active_ms: int, key: str, **more: Any
    ) -> dict[str, Any]:
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        body = {"labels": [asdict(label) for label in labels], "active_ms": active_ms, **more}
        path = f"claims/{claim.id}/submit/"
        answer: dict[str, Any] = self._insist(path, json=body, headers=headers)
        return answer

    def skip(self, claim: Claim, how: str, reason: str = "") -> None:
        """``how``: to_me, to_others, drop or unrateable."""
        self._send("POST", f"claims/{claim.id}/skip/", json={"how": how, "reason": reason})

    def undo(self, receipt: Receipt) -> Claim:
        return Claim.of(self._call("POST", f"submissions/{receipt.receipt}/undo/"))

    def items(self, project: str, **filters: str) -> Iterator[dict[str, Any]]:
        return self._pages("items/", project=project, **filters)

    def labels(self, project: str, after: int = 0) -> Iterator[dict[str, Any]]:
        return self._pages("labels/", project=project, after=after)

    def resolutions(self, project: str, after: int = 0) -> Iterator[dict[str, Any]]:
        return self._pages("resolutions/", project=project, after=after)

    def pairs(self, project: str, **filters: str) -> Iterator[dict[str, Any]]:
        return self._pages("pairs/", project=project, **filters)

    def agreement(self, project: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._send(
            "GET", "agreement/", params={"project": project}
        ).json()
        return rows

    def add_rollouts(
        self, rollouts: Sequence[Rollout], *, queue: bool = True, priority: int = 0
    ) -> list[dict[str, Any]]:
        """Store your own CoTs, in batches that are each stored whole or not at all."""
        kept: list[dict[str, Any]] = []
        queued = {"priority": priority} if queue else None
        for start in range(0, len(rollouts), _BATCH):
            rows = [asdict(r) | {"queue": queued} for r in rollouts[start : start + _BATCH]]
            kept += self._call("POST", "rollouts/", json={"rollouts": rows})["rollouts"]
        return kept

    def start_import(
        self,
        project: str,
        file: Path,
        *,
        adapter: str = "native",
        skip_bad: bool = False,
        unknown_as_attributes: bool = False,
        dry_run: bool = False,
        **options: str | Path,
    ) -> Job:
        """``dry_run`` reads and checks everything and imports nothing. ``options`` are what the
        adapter takes beside the file: ``scale="0=1,1=4"``, or a further file as a path,
        ``products=Path("products.jsonl")``."""
        files = {"file": file, **{n: v for n, v in options.items() if isinstance(v, Path)}}
        about = {
            **{n: v for n, v in options.items() if not isinstance(v, Path)},
            "project": project,
            "adapter": adapter,
            "skip_bad": str(skip_bad).lower(),
            "unknown_as_attributes": str(unknown_as_attributes).lower(),
            "dry_run": str(dry_run).lower(),
        }
        with ExitStack() as open_files:
            sent = {
                name: (path.name, open_files.enter_context(path.open("rb")))
                for name, path in files.items()
            }
            return Job.of(self._call("POST", "imports/", data=about, files=sent))

    def start_export(self, project: str, format: str, **filter: str) -> Job:
        body = {"project": project, "format": format, "filter": filter}
        return Job.of(self._call("POST", "exports/", json=body))

    def launch_run(
        self,
        project: str,
        method: str,
        policy: str,
        *,
        rm: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> Job:
        body = {"project": project, "method": method, "policy": policy, "rm": rm}
        return Job.of(self._call("POST", "runs/", json=body | {"config": dict(config or {})}))

    def job(self, kind: str, id: int) -> Job:
        """``kind``: imports, exports or runs."""
        return Job.of(self._call("GET", f"{kind}/{id}/"))

    def wait(self, kind: str, id: int, *, seconds: float = 600, every: float = 1.0) -> Job:
        """The job when it has ended, failed or not.

        Raises:
            TimeoutError: it goes on longer than that.
        """
        until = time.monotonic() + seconds
        while not (job := self.job(kind, id)).ended:
            if time.monotonic() >= until:
                raise TimeoutError(f"{kind} {id} is still {job.state}")
            time.sleep(every)
        return job

    def cancel_run(self, id: int) -> Job:
        return Job.of(self._call("POST", f"runs/{id}/cancel/"))

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

    def _pages(self, path: str, **filters: str | int) -> Iterator[dict[str, Any]]:
        page = self._call("GET", path, params={**filters, "page_size": _BATCH})
        while True:
            yield from page["results"]
            if not page["next"]:
                return
            page = self._call("GET", page["next"])

    def _insist(self, path: str, **sent: Any) -> dict[str, Any]:
        """POST what may be sent twice: again while the connection is lost or the answer 503."""
        for pause in self._pauses:
            try:
                return self._call("POST", path, **sent)
            except httpx.TransportError:
                time.sleep(pause)
            except StepwiseError as error:
                if error.status != httpx.codes.SERVICE_UNAVAILABLE:
                    raise
                time.sleep(pause)
        return self._call("POST", path, **sent)

    def _call(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        body: dict[str, Any] = self._send(method, path, **sent).json()
        return body

    def _send(self, method: str, path: str, **sent: Any) -> httpx.Response:
        response = self._http.request(method, path, **sent)
        if response.is_error:
            raise error_of(response)
        return response


def _next(body: dict[str, Any]) -> Claim | Waiting:
    return Claim.of(body["claim"]) if body["claim"] else read(Waiting, body["queue"])

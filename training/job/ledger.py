"""The ledger of a run: what each update rewarded, a group of rollouts a line, each line a zstd
frame of its own. So it can be appended to after a crash, read from the place of any line, and
read as a whole with zstdcat. A last frame that a kill cut short is no line (docs/formats.md).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import zstandard

from annotation.cot.wording import wording as _
from training.job.types import BadInput

_CHUNK = 1 << 16
_SAMPLED = re.compile(r"sampled:(\d*\.?\d+)")

# five columns, steps 1 to 5; None = there is none
Row = list[float | None]


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """The G rollouts of a pair in one update. Tables have G rows of five, steps by kind."""

    update: int  # from 1, the ``step`` of metrics.jsonl
    pair_id: str
    texts: list[str]  # each different text once
    which: list[int]  # of ``texts``, by rollout
    errors: list[str | None]  # why a rollout is not a five-step CoT
    steps: list[list[str | None]]  # by text: the prefix hash of each step
    rewards: list[Row]  # null = masked: no reward exists
    sources: list[list[str | None]]
    p: list[Row]  # the reward model's P(correct) where the reward is its
    z: list[Row]
    advantages: list[Row]  # after the clamp
    masked: list[list[int]]  # 1 where no advantage was made of the step, by gate or plan too
    unfilled: bool  # dynamic sampling found nothing better: the whole group taught nothing

    @property
    def group(self) -> int:
        return len(self.which)


class Placed(NamedTuple):
    """A line and the bytes of its frame in the file, end exclusive."""

    start: int
    end: int
    line: LedgerLine


def ledger_share(setting: str) -> float:
    """The share of groups that ``rl.ledger`` keeps: full 1, off 0, sampled:0.1 a tenth.

    Raises:
        BadInput: it is none of these.
    """
    if setting in ("full", "off"):
        return float(setting == "full")
    match = _SAMPLED.fullmatch(setting)
    if match is None or not 0 < float(match[1]) <= 1:
        raise BadInput(
            _(
                "'rl.ledger' must be full, off or sampled:SHARE with a share over 0 and up to "
                "1, such as sampled:0.1; got %(value)s",
                value=repr(setting),
            ),
            "run.toml",
        )
    return float(match[1])


def ledger_append(path: Path, lines: Iterable[LedgerLine]) -> None:
    """Write the lines at the end, in one go."""
    compressor = zstandard.ZstdCompressor(write_checksum=True)
    frames = [compressor.compress(_json(line)) for line in lines]
    if frames:
        with path.open("ab") as handle:
            handle.write(b"".join(frames))


def ledger_read(path: Path, offset: int = 0) -> Iterator[Placed]:
    """The whole lines from ``offset`` on, which is the start of a line; none where there is no
    file. What follows a frame that cannot be read is not reached.

    Raises:
        BadInput: a frame holds no line of a ledger.
    """
    with suppress(zstandard.ZstdError, FileNotFoundError):
        for start, end, body in _frames(path, offset):
            yield Placed(start, end, _line(body, f"{path.name} at byte {start}"))


def ledger_rewind(path: Path, done: int) -> int:
    """Cut what a run that goes on after ``done`` updates will write again, and a torn last
    frame; returns the length that is left."""
    if not path.exists():
        return 0
    kept = 0
    for _start, end, line in ledger_read(path):
        if line.update > done:
            break
        kept = end
    with path.open("r+b") as handle:
        handle.truncate(kept)
    return kept


def _frames(path: Path, offset: int) -> Iterator[tuple[int, int, bytes]]:
    with path.open("rb") as handle:
        handle.seek(offset)
        data = b""
        while True:
            frame, parts, start = zstandard.ZstdDecompressor().decompressobj(), [], offset
            while not frame.eof:
                data = data or handle.read(_CHUNK)
                if not data:
                    return
                parts.append(frame.decompress(data))
                offset += len(data) - len(frame.unused_data)
                data = frame.unused_data
            yield start, offset, b"".join(parts)


def _json(line: LedgerLine) -> bytes:
    text = json.dumps(asdict(line), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode(errors="replace") + b"\n"


def _line(body: bytes, where: str) -> LedgerLine:
    try:
        row: dict[str, Any] = json.loads(body)
        return LedgerLine(**{item.name: row[item.name] for item in fields(LedgerLine)})
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"not a line of a ledger: {error!r}", where) from error

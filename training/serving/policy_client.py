"""The one seam through which rollouts are sampled: a served model or a local process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from training.job.child import POLL_SECONDS, JobFailed, job_rows
from training.job.folder import PAIRS, ROLLOUTS
from training.job.job_toml import write_job

WAIT_SECONDS = POLL_SECONDS  # how often ``on_wait`` is called while nothing arrives

# Called while the client waits; may raise to stop the sampling, which ends the child.
OnWait = Callable[[], None]


class PolicyError(RuntimeError):
    """The policy cannot answer; the message says what to change."""


class Refused(PolicyError):
    """A server refused a request with a 4xx that asking again cannot help."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class SamplingRequest:
    """``top_k`` 0 means all tokens; ``max_tokens`` is a completion's budget."""

    n: int
    temperature: float
    top_k: int
    max_tokens: int
    seed: int


@dataclass(frozen=True, slots=True)
class SampledText:
    """Completion ``index`` (0..n-1) of one pair. ``finish`` is stop or length; tokens are those
    that a server counts, and ``again`` says that it took a second question to get it."""

    pair_id: str
    index: int
    text: str
    finish: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    again: bool = False


class PolicyClient(Protocol):
    def sample(
        self, prompts: Sequence[Mapping[str, Any]], request: SamplingRequest, on_wait: OnWait
    ) -> Iterator[SampledText]:
        """Yield n completions a prompt, as they come, in any order.

        ``prompts`` are pair records (docs/formats.md) with ``prompt``.

        Raises:
            PolicyError: after retries, where retrying can help.
        """
        ...


class LocalPolicy:
    """A process ``python -m training.rl.policy.sample JOB_DIR``, read while it writes.

    The folder makes it resumable: a second call on the same folder goes on where the first
    ended and yields the completions that were already there again.
    """

    def __init__(
        self, model: str, job_dir: Path, python: str, threads: int = 1, style: str = "policy"
    ) -> None:
        self._model, self._dir, self._style = model, job_dir, style
        self._python, self._threads = python, threads

    def sample(
        self, prompts: Sequence[Mapping[str, Any]], request: SamplingRequest, on_wait: OnWait
    ) -> Iterator[SampledText]:
        settings = {
            "model": self._model,
            "style": self._style,
            "n": request.n,
            "temperature": request.temperature,
            "top_k": request.top_k,
            "max_tokens": request.max_tokens,
            "seed": request.seed,
            "batch_size": 128,
            "threads": self._threads,
        }
        write_job(self._dir, settings, PAIRS, prompts)
        command = [self._python, "-m", "training.rl.policy.sample", str(self._dir)]
        try:
            for rows in job_rows(command, self._dir, ROLLOUTS, on_wait, threads=self._threads):
                for row in rows:
                    yield SampledText(
                        row["pair_id"], int(row["index"]), row["text"], row.get("finish", "")
                    )
        except JobFailed as error:
            raise PolicyError(f"sampling {error}") from error

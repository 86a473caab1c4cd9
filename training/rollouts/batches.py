"""Sampling rollouts in the background: one worker a batch row, repeats are harmless."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F

from annotation.cot.errors import Invalid
from annotation.cot.wording import wording as _
from annotation.labelling.opening import Opened, Wanted, rollouts_open
from annotation.labelling.rollouts import rollout_record
from annotation.models import Pair, Project, Round
from annotation.models.leases import (
    LeaseLost,
    in_flight_until,
    lease_end,
    lease_expiry,
    lease_take,
    lease_update,
    queued_again,
)
from training.models import CATALOGUE, OWN, Checkpoint, RolloutBatch
from training.rollouts.clients import batch_format, batch_prompts, policy_client
from training.rollouts.offered import offered
from training.rollouts.select import batch_parsing, pairs_complete, rollouts_to_queue
from training.serving.policy_client import (
    PolicyClient,
    PolicyError,
    SampledText,
    SamplingRequest,
)

_TRIAL = 20  # rollouts that are looked at before the first is queued


def batch_create(
    *,
    project: Project,
    policy: Checkpoint,
    pairs: Iterable[Pair],
    n: int,
    temperature: float = 0.99,
    top_k: int = 100,
    max_tokens: int = 256,
    seed: int = 0,
    overlap: int | None = None,
    queue_limit: int | None = None,
    round: Round | None = None,
) -> RolloutBatch:
    """Ask for ``n`` CoTs a pair; the caller sends the task on commit.

    The same policy and seed give the same rollouts, so asking twice adds nothing.
    ``queue_limit`` rollouts a pair become queue items (None = all, 0 = none).

    Raises:
        Invalid: not a policy, nothing to sample, or a number out of range.
    """
    pair_ids = sorted({pair.pk for pair in pairs})
    if policy.kind == Checkpoint.Kind.RM:
        raise Invalid(_("%(name)s is a reward model, not a policy", name=policy.name))
    if not pair_ids:
        raise Invalid(_("there is no pair to sample"))
    if not offered(policy, project):
        raise Invalid(
            _(
                "%(name)s knows the built-in sample only and cannot write about %(project)s: "
                "choose who writes its first CoTs",
                name=policy.name,
                project=project.name,
            )
        )
    if policy.path == OWN:
        words = _("%(name)s writes elsewhere: import its CoTs in a file", name=policy.name)
        raise Invalid(words)
    if policy.path == CATALOGUE and n != 1:
        raise Invalid(_("the catalogue writer writes one CoT a pair, so n must be 1"))
    if n < 1 or max_tokens < 1 or temperature < 0:
        raise Invalid(_("n and max_tokens must be at least 1, the temperature at least 0"))
    return RolloutBatch.objects.create(
        project=project,
        policy=policy,
        pair_ids=pair_ids,
        n=n,
        temperature=temperature,
        top_k=top_k,
        max_tokens=max_tokens,
        seed=seed,
        overlap=overlap,
        queue_limit=queue_limit,
        round=round,
        lease_expires_at=in_flight_until(),
    )


def batch_run(*, batch_id: int, client: PolicyClient | None = None) -> RolloutBatch | None:
    """Sample and record a batch; None when another worker holds it or it has ended.

    Every rollout is committed as it comes; a second delivery skips the complete pairs. What
    does not parse is no work for people and is not queued; where less than half parses nothing
    is, and ``error`` says so. A policy that cannot answer, or reads other prompts than its
    row says, ends the batch as FAILED with the reason.
    """
    rows = RolloutBatch.objects.filter(pk=batch_id)
    states = RolloutBatch.State
    token = lease_take(rows, error="")
    if token is None:
        return None
    batch = RolloutBatch.objects.select_related("project", "policy", "round").get(pk=batch_id)
    job_dir = Path(settings.RUNS_DIR) / f"rollouts-{batch.pk}"
    try:
        sampler = client or policy_client(batch.policy, job_dir, batch.project)
        _Recorder(batch, token).run(sampler)
        _finish(batch, token, states.DONE, queued_or_why_not(batch))
    except LeaseLost:
        return None
    except Exception as error:
        with suppress(LeaseLost):
            _finish(batch, token, states.FAILED, str(error) or repr(error))
        if not isinstance(error, PolicyError | Invalid):
            raise
    batch.refresh_from_db()
    return batch


def batch_queue(*, batch: RolloutBatch, after: int = 0) -> Opened:
    """Put the rollouts that parse and still leave something to ask into the queue, those past
    the id ``after``. Repeating it adds none."""
    wanted = Wanted(overlap=batch.overlap, round=batch.round)
    return rollouts_open(rollouts=list(rollouts_to_queue(batch, after)), wanted=wanted)


def batch_retry(*, batch: RolloutBatch) -> RolloutBatch:
    """Put a failed batch back in line; the caller sends the task on commit.

    Raises:
        Invalid: the batch has not failed.
    """
    retried = RolloutBatch.objects.filter(pk=batch.pk, state=RolloutBatch.State.FAILED).update(
        **queued_again(), error=""
    )
    if not retried:
        raise Invalid(_("only a failed batch can be tried again"))
    batch.refresh_from_db()
    return batch


class _Recorder:
    """Turns samples into rollouts and queue items, and keeps the lease while waiting."""

    def __init__(self, batch: RolloutBatch, token: str) -> None:
        self._batch, self._token = batch, token
        self._rows = RolloutBatch.objects.filter(pk=batch.pk)
        self._done = self._n = self._parsed = self._queued = 0
        self._renewed = self._worked = time.monotonic()
        self._layout, self._prompt_version = batch_format(batch)

    def run(self, client: PolicyClient) -> None:
        batch = self._batch
        complete = pairs_complete(batch)
        self._done = len(complete) * batch.n
        pairs = {
            str(pair.pk): pair
            for pair in Pair.objects.filter(pk__in=set(batch.pair_ids) - complete)
            .select_related("product", "project")
            .order_by("pk")
        }
        request = SamplingRequest(
            n=batch.n,
            temperature=batch.temperature,
            top_k=batch.top_k,
            max_tokens=batch.max_tokens,
            seed=batch.seed,
        )
        prompts = batch_prompts(batch, list(pairs.values()))
        recorded: set[tuple[str, int]] = set()
        if prompts:
            for sample in client.sample(prompts, request, self._keep):
                # A resumed job also repeats the pairs of its first life.
                if sample.pair_id in pairs:
                    self._record(pairs[sample.pair_id], sample)
                    recorded.add((sample.pair_id, sample.index))
                    self._done = len(complete) * batch.n + len(recorded)
                self._keep()
        missing = len(pairs) * batch.n - len(recorded)
        if missing:
            raise PolicyError(f"the policy left out {missing} completions")
        lease_update(self._rows, self._token, rollouts_done=self._done)

    @transaction.atomic
    def _record(self, pair: Pair, sample: SampledText) -> None:
        batch = self._batch
        rollout = rollout_record(
            pair=pair,
            text=sample.text,
            policy=batch.policy.name,
            prompt_version=self._prompt_version,
            sample_index=sample.index,
            temperature=batch.temperature,
            seed=batch.seed,
            max_tokens=batch.max_tokens,
            finish=sample.finish,
            layout=self._layout,
            keep_first=True,
        )
        self._count(sample)
        self._n += 1
        self._parsed += not rollout.parse_error
        # until then nobody knows whether the policy can do this task at all
        if self._n % _TRIAL == 0 and 2 * self._parsed >= self._n:
            batch_queue(batch=batch, after=self._queued)
            self._queued = rollout.pk

    def _count(self, sample: SampledText) -> None:
        """Spent with the rollout, so that a worker's death forgets neither."""
        now = time.monotonic()
        lease_update(
            self._rows,
            self._token,
            prompt_tokens=F("prompt_tokens") + sample.prompt_tokens,
            completion_tokens=F("completion_tokens") + sample.completion_tokens,
            seconds=F("seconds") + (now - self._worked),
            asked_again=F("asked_again") + int(sample.again),
        )
        self._worked = now

    def _keep(self) -> None:
        if time.monotonic() - self._renewed < settings.RUN_LEASE_SECONDS / 4:
            return
        further = {"strikes": 1} if self._done > self._batch.rollouts_done else {}
        lease_update(
            self._rows,
            self._token,
            lease_expires_at=lease_expiry(),
            rollouts_done=self._done,
            **further,
        )
        self._renewed = time.monotonic()


def queued_or_why_not(batch: RolloutBatch) -> str:
    """Queue what parses; where most does not, nothing, and the reason."""
    parsing = batch_parsing(batch)
    if parsing.enough:
        batch_queue(batch=batch)
        return ""
    return (
        f"only {parsing.parsed} of {parsing.n} rollouts are five-step answers, so none was "
        "queued. Look at the batch's examples, then queue what parses, or train the policy "
        "first"
    )


def _finish(batch: RolloutBatch, token: str, state: str, error: str = "") -> None:
    lease_end(RolloutBatch.objects.filter(pk=batch.pk), token, state=state, error=error)

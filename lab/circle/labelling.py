"""The arrows that people turn: rollouts in the queue, labels, resolutions, ground truth."""

from __future__ import annotations

from collections.abc import Sequence

from annotation.labelling.opening import Wanted
from annotation.labelling.opening import rollouts_open as queue_rollouts
from annotation.models import Pair, QueueItem, Resolution, Rollout, StepLabel
from annotation.quality.agreement import agreement_table
from annotation.tasks import items_resolve_due
from lab.circle.asked_once import asked_once
from lab.circle.context import Circle, StageFailed
from lab.simulate.people import queue_work_off, splits_adjudicate
from training.models import Checkpoint, RolloutBatch
from training.rollouts.batches import batch_create
from training.rollouts.select import batch_parsing, batch_rollouts
from training.rollouts.tasks import rollouts_run
from training.rollouts.writers import catalogue_writer, writer_start
from verifier.models import GroundTruth, VerifierRelease
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh


def rollouts_sample(circle: Circle, policy: Checkpoint, pairs: Sequence[Pair]) -> None:
    """One rollout a pair through the inference worker; people get those that parse."""
    batch = batch_create(
        project=circle.project,
        policy=policy,
        pairs=pairs,
        n=1,
        max_tokens=circle.config.max_tokens,
        seed=circle.seed,
        queue_limit=0,
    )
    rollouts_run.delay(batch.pk)
    _await(circle, batch)
    rollouts_open(circle, batch)


def _await(circle: Circle, batch: RolloutBatch) -> None:
    """Raises StageFailed when the batch fails."""

    def ended() -> bool:
        batch.refresh_from_db()
        return batch.state in (RolloutBatch.State.DONE, RolloutBatch.State.FAILED)

    circle.wait("rollouts", ended, lambda: f"{batch.rollouts_done} of {len(batch.pair_ids)}")
    if batch.state == RolloutBatch.State.FAILED:
        raise StageFailed(f"rollouts: {batch.error}")


def rollouts_open(circle: Circle, batch: RolloutBatch) -> int:
    """Open what people can judge; returns how many are open.

    Raises:
        StageFailed: nothing of the batch is a five-step answer.
    """
    parsing = batch_parsing(batch)
    if not parsing.parsed:
        raise StageFailed(
            f"rollouts: none of {parsing.n} is a five-step answer, so there is nothing to label"
        )
    circle.say(f"rollouts that parse: {parsing.parsed} of {parsing.n}")
    parsed = batch_rollouts(batch).filter(parse_error="").select_related("pair__project")
    return _open(circle, list(parsed))


def first_cots_write(circle: Circle) -> None:
    """The catalogue writer's CoT of every pair, through the inference worker, for people."""
    batch = writer_start(project=circle.project, writer=catalogue_writer(), queue_limit=0)
    rollouts_run.delay(batch.pk)
    _await(circle, batch)
    rollouts_open(circle, batch)


def _open(circle: Circle, rollouts: list[Rollout]) -> int:
    wanted = Wanted(overlap=circle.source.overlap, kinds=circle.source.kinds)
    opened = queue_rollouts(rollouts=rollouts, wanted=wanted)
    if opened.covered:
        circle.say(f"rollouts with nothing left to ask: {opened.covered}")
    return len(opened.items)


def labels_collect(circle: Circle) -> None:
    """Everybody labels until nothing is open; the lead decides what stays split."""
    items = QueueItem.objects.filter(project=circle.project)
    waiting = items.filter(state=QueueItem.State.LABELLED)
    live = items.filter(state__in=[QueueItem.State.OPEN, QueueItem.State.LABELLED])
    total = 0
    while live.exists():
        done = queue_work_off(project=circle.project, people=circle.crew)
        total += done
        items_resolve_due.delay()  # beat would do it within seconds
        circle.say(f"labels: {total} submissions")
        circle.wait(
            "resolution", lambda: not waiting.exists(), lambda: f"{waiting.count()} items left"
        )
        if not done and live.exists():
            raise StageFailed(f"labels: nobody may take the {live.count()} items still open")
    split = splits_adjudicate(
        project=circle.project, lead=circle.lead, answer=circle.source.lead()
    )
    circle.say(f"adjudicated by the lead: {split}")


def truth_release(circle: Circle) -> VerifierRelease:
    """Pull the resolutions into ground truth and freeze a release."""
    truth_refresh(project=circle.project)
    return release_cut(project=circle.project, user=circle.lead)


def labelling_report(circle: Circle) -> None:
    """Counts and agreement of what has been labelled so far."""
    project = circle.project
    truth = GroundTruth.objects.filter(project=project, superseded_at=None)
    resolved = Resolution.objects.filter(item__project=project)
    circle.report |= {
        "rollouts": {
            "sampled": Rollout.objects.filter(pair__project=project).count(),
            "malformed": Rollout.objects.filter(pair__project=project)
            .exclude(parse_error="")
            .count(),
        },
        "step_labels": StepLabel.objects.filter(item__project=project).count(),
        "asked_once": asked_once(
            project,
            circle.source.kinds,
            circle.source.overlap,
            circle.report.pop("reused_share", {}),
        ),
        "resolutions": {
            source: resolved.filter(source=source).count()
            for source in Resolution.Source.values
        },
        "ground_truth": {
            source: truth.filter(source=source).count() for source in GroundTruth.Source.values
        },
    }


def agreement_report(circle: Circle) -> None:
    """Agreement of the first round, before trained rollouts come back to the same people."""
    circle.report["agreement"] = agreement_table(circle.project)
    circle.report |= circle.source.extras(circle.project)

"""The rows behind a label, a step or an update, and what came of them.

A label counts in the decisions that were made on its item's step after it. A decision counts
where a release holds it; a release counts in the runs that were started on it; of a policy's
run, in the updates that rewarded its pair, or for steps 1-2 that very text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from django.contrib.auth.models import User
from django.db.models import Q

from annotation.cot.steps import OPEN_KINDS
from annotation.models import Resolution, Step, StepLabel
from training.job.methods import METHODS
from training.lineage.graph import Lineage, LineageNode
from training.lineage.nodes import Words, places_of
from training.models import RewardGroup, TrainingRun
from verifier.models import ReleaseRow

MOST_UPDATES = 200


def label_lineage(label: StepLabel, reader: User, most: int = MOST_UPDATES) -> Lineage:
    """The label, its author, and everything that came of it."""
    words = Words(reader)
    lineage = Lineage(words.label(label).key)
    _people(lineage, words, [label])
    if label.submission.undone_at is None:
        later = Resolution.objects.filter(
            item=label.item_id, kind=label.kind, created_at__gte=label.created_at
        )
        decided = {row: [words.label(label)] for row in later.order_by("pk")}
        _onward(lineage, words, decided, most)
    return lineage


def step_lineage(step: Step, reader: User, most: int = MOST_UPDATES) -> Lineage:
    """Every label and decision on the step, and everything that came of them."""
    words = Words(reader)
    decisions = Resolution.objects.filter(item__rollout=step.rollout_id, kind=step.kind)
    labels = _labels(Q(item__rollout=step.rollout_id, kind=step.kind))
    lineage = Lineage("")
    _people(lineage, words, labels)
    _onward(lineage, words, _by_decision(lineage, words, decisions, labels), most)
    return lineage


def update_lineage(group: RewardGroup, reader: User) -> Lineage:
    """What decided the rewards of a pair in one update, back to the people."""
    words = Words(reader)
    hashes = {bytes(value).hex() for value in group.step_sha256}
    rows = (
        ReleaseRow.objects.filter(
            release=group.release_id, pair=group.pair_id, is_truth=True,
            resolution__isnull=False,
        )
        .select_related("resolution", "release")
        .order_by("kind", "pk")
    )  # fmt: skip
    used = {
        row.resolution: (row, places)
        for row in rows
        if row.resolution is not None
        and (row.kind not in OPEN_KINDS or row.step_sha256 in hashes)
        and (places := places_of(group, row.kind, row.step_sha256))
    }
    every = sorted(place for _row, places in used.values() for place in places)
    update = words.update(group, every)
    lineage = Lineage(update.key)
    keys = {(row.item_id, row.kind) for row in used}
    labels = _labels(
        Q(item__in={item for item, _kind in keys}, kind__in={kind for _item, kind in keys})
    )
    known = _by_decision(lineage, words, list(used), labels)
    _people(
        lineage, words, [label for label in labels if words.label(label).key in lineage.nodes]
    )
    run = lineage.add(words.run(group.run))
    for resolution, before in known.items():
        decision = lineage.add(words.resolution(resolution), *before)
        release = lineage.add(words.release(used[resolution][0].release), decision)
        lineage.add(run, release)
    lineage.add(update, run)
    return lineage


def _labels(which: Q) -> list[StepLabel]:
    rows = StepLabel.objects.filter(which, submission__undone_at=None)
    return list(rows.select_related("annotator", "submission").order_by("pk"))


def _people(lineage: Lineage, words: Words, labels: Iterable[StepLabel]) -> None:
    for label in labels:
        author = lineage.add(words.person(label.annotator))
        lineage.add(words.label(label), author)


def _by_decision(
    lineage: Lineage,
    words: Words,
    decisions: Iterable[Resolution],
    labels: Sequence[StepLabel],
) -> dict[Resolution, list[LineageNode]]:
    """Each decision with the labels that were there when it was made."""
    return {
        row: [
            lineage.add(words.label(label))
            for label in labels
            if (label.item_id, label.kind) == (row.item_id, row.kind)
            and label.created_at <= row.created_at
        ]
        for row in decisions
    }


def _onward(
    lineage: Lineage, words: Words, decided: dict[Resolution, list[LineageNode]], most: int
) -> None:
    placed = {
        row.pk: lineage.add(words.resolution(row), *before) for row, before in decided.items()
    }
    rows = ReleaseRow.objects.filter(resolution__in=list(placed)).select_related("release")
    by_release: dict[int, list[ReleaseRow]] = {}
    for row in rows.order_by("release_id", "pk"):
        lineage.add(words.release(row.release), placed[row.resolution_id or 0])
        by_release.setdefault(row.release_id, []).append(row)
    runs = TrainingRun.objects.filter(release__in=list(by_release)).order_by("pk")
    for run in runs.select_related("release"):
        of_run = by_release[run.release_id or 0]
        judges = METHODS[run.method].leaves == "rm"
        wanted = [row for row in of_run if (row.is_label if judges else row.is_truth)]
        if wanted and run.release:
            node = lineage.add(words.run(run), words.release(run.release))
            _updates(lineage, words, run, node, wanted, most)


def _updates(
    lineage: Lineage,
    words: Words,
    run: TrainingRun,
    node: LineageNode,
    rows: Sequence[ReleaseRow],
    most: int,
) -> None:
    for row in rows:
        groups = RewardGroup.objects.filter(run=run, pair=row.pair_id).order_by("update", "pk")
        if row.step_sha256:
            groups = groups.filter(step_sha256__contains=[bytes.fromhex(row.step_sha256)])
        rewarded = (
            (group, places)
            for group in groups.iterator()
            if (places := places_of(group, row.kind, row.step_sha256))
        )
        for group, places in islice(rewarded, most):
            lineage.add(words.update(group, places), node)
        lineage.left_out += sum(1 for _ in rewarded)

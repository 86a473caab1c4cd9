"""Lineage against a walk over all rows, on a random history."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product

import pytest
from django.utils import timezone

from annotation.models import (
    Assignment,
    Project,
    QueueItem,
    Resolution,
    StepLabel,
    Submission,
)
from annotation.people.roles import Role
from tests.factories import make_pair, make_project, make_rollout, make_user
from tests.training.world import policy_make, run_make
from training.lineage.graph import reached
from training.lineage.select import label_lineage, update_lineage
from training.models import RewardGroup, TrainingRun
from verifier.models import ReleaseRow, VerifierRelease

pytestmark = pytest.mark.django_db
KINDS = range(1, 6)
LABELS = 1_000


class World:
    """Rows as the circle leaves them: two labels a step, decisions that repeat, three releases
    that hold some of them, runs on each, groups that people rewarded here and there."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.project: Project = make_project()
        self.people = [make_user() for _ in range(3)]
        self.lead = make_user(Role.LEAD)
        self.now = timezone.now() - timedelta(days=30)
        self.items = [self._item() for _ in range(LABELS // 10)]
        for item in self.items:
            self._label_and_decide(item)
        self.releases = [
            VerifierRelease.objects.create(
                project=self.project, number=number, sha256=str(number), payload="{}"
            )
            for number in range(1, 4)
        ]
        self._freeze()
        self._train()

    def _tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def _item(self) -> QueueItem:
        rollout = make_rollout(make_pair(self.project))
        return QueueItem.objects.create(
            project=self.project, rollout=rollout, overlap=2, kinds=list(KINDS)
        )

    def _label_and_decide(self, item: QueueItem) -> None:
        for slot, person in enumerate(self.rng.sample(self.people, 2)):
            if slot and self.rng.random() < 0.3:
                self._decide(item)
            undone = self.now if self.rng.random() < 0.1 else None
            claim = Assignment.objects.create(
                item=item, annotator=person, slot=slot, expires_at=self.now
            )
            sent = Submission.objects.create(
                assignment=claim, annotator=person, client_key=f"{item.pk}", undone_at=undone
            )
            for kind in KINDS:
                label = StepLabel.objects.create(
                    submission=sent, annotator=person, item=item, kind=kind, verdict="correct"
                )
                StepLabel.objects.filter(pk=label.pk).update(created_at=self._tick())
        self._decide(item)

    def _decide(self, item: QueueItem) -> None:
        for kind in KINDS:
            row = Resolution.objects.create(
                item=item, pair=item.rollout.pair, kind=kind, verdict="correct", value="",
                source="consensus", n=2, agreement=1.0,
                step_sha256=sha(item, kind) if kind < 3 else "",
            )  # fmt: skip
            Resolution.objects.filter(pk=row.pk).update(created_at=self._tick())

    def _freeze(self) -> None:
        rows = [
            ReleaseRow(
                release=release, resolution=row, pair_id=row.pair_id, kind=row.kind,
                step_sha256=row.step_sha256, is_truth=truth, is_label=self.rng.random() < 0.5,
            )
            for release, row in product(self.releases, Resolution.objects.all())
            for truth in [self.rng.random() < 0.6]
            if self.rng.random() < 0.6
        ]  # fmt: skip
        taken: set[tuple[int, int, int]] = set()
        for row in rows:  # one truth a step of a pair, as a release has it
            key = (row.release_id, row.pair_id, row.kind)
            row.is_truth = row.is_truth and key not in taken
            if row.is_truth:
                taken.add(key)
        ReleaseRow.objects.bulk_create(rows)

    def _train(self) -> None:
        policy = policy_make()
        for release, method in product(self.releases, ("srpo", "rm")):
            run = run_make(self.project, method=method, policy=policy, release=release)
            if method == "srpo":
                self._groups(run)

    def _groups(self, run: TrainingRun) -> None:
        groups: list[RewardGroup] = []
        for item in self.items:
            for update in range(self.rng.randrange(3)):
                places = list(product(range(2), KINDS))
                groups.append(
                    RewardGroup(
                        run=run, update=update, pair_id=item.rollout.pair_id,
                        release_id=run.release_id,
                        rewards=[1.0] * 10, advantages=[0.5] * 10,
                        sources=[self.rng.choice([0, 1, 2, 5]) for _ in places],
                        step_sha256=[
                            bytes.fromhex(sha(item, kind))
                            if self.rng.random() < 0.7
                            else b"other"
                            for _row, kind in places
                        ],
                        text_offset=len(groups),
                    )
                )  # fmt: skip
        RewardGroup.objects.bulk_create(groups)


def sha(item: QueueItem, kind: int) -> str:
    return hashlib.sha256(f"{item.pk} {kind}".encode()).hexdigest()


def rewarded(row: ReleaseRow, group: RewardGroup) -> bool:
    """Whether the decision of the row gave a reward of the group; by looking at every cell."""
    return any(
        group.sources[place] in (1, 2)
        and place % 5 + 1 == row.kind
        and (row.kind > 2 or bytes(group.step_sha256[place]).hex() == row.step_sha256)
        for place in range(10)
    )


def walk() -> Iterator[tuple[str, str]]:
    """Every arrow there is, from all rows, without a query's help."""
    by_step: dict[tuple[int, int], list[Resolution]] = {}
    for row in Resolution.objects.all():
        by_step.setdefault((row.item_id, row.kind), []).append(row)
    for label in StepLabel.objects.select_related("submission"):
        for row in by_step.get((label.item_id, label.kind), []):
            if label.submission.undone_at is None and label.created_at <= row.created_at:
                yield f"label:{label.pk}", f"resolution:{row.pk}"
    yield from _walk_on()


def _walk_on() -> Iterator[tuple[str, str]]:
    runs, groups = list(TrainingRun.objects.all()), list(RewardGroup.objects.all())
    of_pair: dict[int, list[RewardGroup]] = {}
    for group in groups:
        of_pair.setdefault(group.pair_id, []).append(group)
    for row in ReleaseRow.objects.all():
        # what comes of a decision goes through its own row: a release holds many
        own = f"row:{row.pk}"
        yield f"resolution:{row.resolution_id}", own
        yield own, f"release:{row.release_id}"
        for run in runs:
            counts = row.is_label if run.method == "rm" else row.is_truth
            if run.release_id == row.release_id and counts:
                yield own, f"run:{run.pk}"
        for group in of_pair.get(row.pair_id, []):
            if group.release_id == row.release_id and row.is_truth and rewarded(row, group):
                yield own, f"update:{group.pk}"


def after(edges: list[tuple[str, str]], start: str) -> set[str]:
    return {key for key in reached(edges, start) if not key.startswith("row:")}


def test_it_equals_a_walk_over_all_rows_in_both_directions() -> None:
    world = World(seed=7)
    edges = list(walk())
    forward = {}
    for label in StepLabel.objects.select_related("submission", "annotator"):
        lineage = label_lineage(label, world.lead, most=10_000)
        seen = {key for key in lineage.nodes if not key.startswith("person:")}
        forward[label.pk] = seen
        assert seen == after(edges, f"label:{label.pk}"), label.pk
        assert reached(lineage.edges, lineage.start) == seen
    assert len(forward) == LABELS
    backward = [(other, one) for one, other in edges]
    for group in RewardGroup.objects.select_related("run", "release"):
        lineage = update_lineage(group, world.lead)
        labels = {key for key in lineage.nodes if key.startswith("label:")}
        start = f"update:{group.pk}"
        assert labels == {k for k in after(backward, start) if k.startswith("label:")}
        assert labels == {f"label:{pk}" for pk, keys in forward.items() if start in keys}

"""A project that leads look after: weeks of labels, gold with a dispute, a changed rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from annotation.deciding.resolution import item_resolve
from annotation.labelling.disputes import dispute_open
from annotation.labelling.gold import gold_save, gold_serve
from annotation.labelling.queue import queue_claim
from annotation.labelling.rollouts import rollout_record
from annotation.labelling.submit import LabelInput, label_submit
from annotation.models import (
    Assignment,
    ExportJob,
    GoldDispute,
    GoldItem,
    GoldTry,
    Project,
    QueueItem,
    StepLabel,
)
from annotation.people.roles import Role
from annotation.quality.guidelines import guideline_save
from annotation.quality.projects import project_create
from tests.browser import seed
from tests.factories import open_item

SAID = {"3": "match", "4": "partial", "5": "3"}
TRUE = SAID | {"5": "2"}


@dataclass(frozen=True, slots=True)
class Looked:
    """What the pages need to be opened."""

    project: Project
    item: QueueItem
    gold: GoldItem
    gold_try: GoldTry
    dispute: GoldDispute


def looked_after() -> Looked:
    """Eight weeks of one item each, two people, who differ now and then."""
    project = project_create(slug="care", name="Shoes, in care", guideline=seed.GUIDELINE)
    seed.asked_each_time(project)
    project.review_percent = 100
    project.save()
    items = [_decided(project, week) for week in range(8)]
    waiting = _item(project, 50)
    gold, row = _gold(project, waiting)
    dispute = dispute_open(
        gold_try=row, annotator=row.annotator, reason="Size 38 is only one attribute of two."
    )
    rules = project.rules.replace("partial = 3", "partial = 2", 1)
    guideline_save(
        project=project,
        author=seed.person_seed("lea", Role.LEAD),
        text=seed.GUIDELINE + "\nA wrong size is a mismatch.\n",
        rules=rules,
        note="A wrong size cannot be worn.",
        base=1,
    )
    return Looked(project, items[0], gold, row, dispute)


def exported(project: Project) -> None:
    """An export in every state, and open items that ask for fewer people than the project."""
    states = ExportJob.State
    for state, written, error in (
        (states.DONE, 85, ""), (states.RUNNING, 30, ""), (states.FAILED, 0, "the disk is full"),
    ):  # fmt: skip
        ExportJob.objects.create(
            project=project, format="labels", state=state, rows_written=written, rows_total=85,
            error=error, filename="care-labels.jsonl.gz", bytes=20_480, sha256="ab" * 32,
        )  # fmt: skip
    QueueItem.objects.filter(project=project, state=QueueItem.State.OPEN).update(overlap=1)


def _item(project: Project, index: int) -> QueueItem:
    rollout = rollout_record(
        pair=seed.pair_seed(project, seed.SANDALS),
        text=seed.cot(seed.SANDALS),
        policy="seed-policy",
        prompt_version="1",
        sample_index=index,
    )
    return open_item(rollout, overlap=2)


def _decided(project: Project, week: int) -> QueueItem:
    item = _item(project, week)
    when = timezone.now() - timedelta(days=3 * (7 - week))
    for name in ("ann", "bob"):
        person = seed.person_seed(name, Role.ANNOTATOR)
        claim = queue_claim(annotator=person, project=project)
        assert claim is not None
        tier = "4" if (name == "bob" and week % 4 == 1) or week % 3 == 2 else "3"
        label_submit(
            assignment=claim,
            annotator=person,
            client_key=f"care-{name}-{week}",
            labels=_labels(tier),
            active_ms=40_000,
        )
        Assignment.objects.filter(pk=claim.pk).update(submitted_at=when)
    StepLabel.objects.filter(item=item).update(created_at=when)
    item_resolve(item=item)
    return item


def _gold(project: Project, waiting: QueueItem) -> tuple[GoldItem, GoldTry]:
    other = seed.pair_seed(project, seed.TRIPOD)
    rollout = rollout_record(
        pair=other, text=seed.cot(seed.SANDALS), policy="seed-policy", prompt_version="1"
    )
    gold = gold_save(rollout=rollout, lead=None, answers=TRUE, note="Only one of two holds.")
    Project.objects.filter(pk=project.pk).update(gold_percent=10, gold_tries=1)
    project.refresh_from_db()
    ann = seed.person_seed("ann", Role.ANNOTATOR)
    expires = timezone.now() + timedelta(hours=1)
    claim = gold_serve(annotator=ann, project=project, expires=expires, draw=0.0)
    assert claim is not None
    assert waiting.state == QueueItem.State.OPEN
    label_submit(assignment=claim, annotator=ann, client_key="care-gold", labels=_labels("3"))
    return gold, GoldTry.objects.get(item=claim.item_id)


def _labels(tier: str) -> list[LabelInput]:
    return [
        LabelInput(1, "correct"),
        LabelInput(2, "correct"),
        LabelInput(3, "correct", "match"),
        LabelInput(4, "correct", "partial"),
        LabelInput(5, "correct" if tier == "3" else "incorrect", tier),
    ]

"""What a person submitted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import QuerySet

from annotation.labelling.submit import undo_refusal
from annotation.models import GoldTry, Pair, Project, QueueItem, StepLabel, Submission

MOST = 20


@dataclass(frozen=True, slots=True)
class RecentWork:
    """``labels``: in the order of the steps, none where it was "cannot be judged".
    ``gold_try``: of a gold item, whose feedback was shown at once."""

    submission: Submission
    item: QueueItem
    pair: Pair
    labels: list[StepLabel]
    gold_try: int | None

    @property
    def can_reopen(self) -> bool:
        return undo_refusal(submission=self.submission, item=self.item) is None


def recent_submissions(user: User, limit: int = 10) -> QuerySet[Submission]:
    """The person's receipts, newest first, undone ones left out; assignment and item loaded."""
    return (
        Submission.objects.filter(assignment__annotator=user, undone_at=None)
        .select_related("assignment__item")
        .order_by("-pk")[:limit]
    )


def recent_work(user: User, project: Project) -> list[RecentWork]:
    """The person's last submissions in a project, newest first, as they stand."""
    own = Submission.objects.filter(
        annotator=user, undone_at=None, assignment__item__project=project
    )
    rows = own.select_related("assignment__item__rollout__pair__product").order_by("-pk")
    newest = list(rows[:MOST])
    labels = defaultdict(list)
    for label in StepLabel.objects.filter(submission__in=newest).order_by("kind"):
        labels[label.submission_id].append(label)
    items = [row.assignment.item for row in newest]
    tries = dict(GoldTry.objects.filter(item__in=items).values_list("item_id", "pk"))
    return [
        RecentWork(row, item, item.rollout.pair, labels[row.pk], tries.get(item.pk))
        for row, item in zip(newest, items, strict=True)
    ]

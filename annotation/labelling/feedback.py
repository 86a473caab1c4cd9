"""What a person is told after a gold item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet

from annotation.cot.gold import label_answers
from annotation.cot.labels import LabelInput
from annotation.labelling.gold import may_retry
from annotation.labelling.gold_select import gold_try_answers
from annotation.models import GoldDispute, GoldItem, GoldTry, Pair


@dataclass(frozen=True, slots=True)
class Feedback:
    """``revealed``: the known answers are told; ``left``: further attempts."""

    gold_try: GoldTry
    given: dict[str, str]
    revealed: bool
    may_retry: bool
    left: int
    disputes: list[GoldDispute]

    @property
    def pair(self) -> Pair:
        return self.gold_try.gold.rollout.pair

    @property
    def note(self) -> str:
        return self.gold_try.gold.note if self.revealed else ""

    @property
    def answers(self) -> list[dict[str, Any]]:
        gold = self.gold_try.gold
        return known_answers(gold, self.given, revealed=self.revealed)


def answered_tries(user: User) -> QuerySet[GoldTry]:
    rows = GoldTry.objects.select_related("gold__project", "gold__rollout__pair__product")
    return rows.filter(annotator=user, answered_at__isnull=False)


def feedback_of(gold_try: GoldTry) -> Feedback:
    labels = [
        LabelInput(kind=label.kind, verdict=label.verdict, value=label.value)
        for label in gold_try_answers(gold_try)
    ]
    tries = gold_try.gold.project.gold_tries
    return Feedback(
        gold_try,
        label_answers(labels),
        revealed=gold_try.attempt >= tries or not gold_try.wrong,
        may_retry=may_retry(gold_try),
        left=tries - gold_try.attempt,
        disputes=list(gold_try.disputes.select_related("decided_by").order_by("-pk")),
    )


def known_answers(
    gold: GoldItem, given: dict[str, str], *, revealed: bool = True
) -> list[dict[str, Any]]:
    """One row a known step; ``revealed`` False keeps the true answers back."""
    return [
        {
            "kind": int(key),
            "known": known if revealed else "",
            "given": given.get(key, ""),
            "wrong": given.get(key) != known,
        }
        for key, known in sorted(gold.answers.items())
    ]

"""Quepid-style ratings as a circle's source: each real rater is replayed as one annotator."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from annotation.cot.steps import StepKind
from annotation.models import Pair, Project, QueueItem, Step, StepLabel
from annotation.pairs.readers.quepid import read_ratings
from annotation.pairs.write import pairs_import
from lab.circle.agreement import alpha_of_grades, rater_ceiling
from lab.compare.real.ratings import RatedPairs, ratings_read
from lab.simulate.judge import Answer
from lab.simulate.people import AnswerFn

RATINGS = "broad_query_set_individual_ratings.csv"
PRODUCTS = "products.jsonl"


class QuepidSource:
    """A folder with individual ratings and a product file. People speak on the tier only, so
    steps 1-2 stay unrewarded and steps 3-4 have what the tier implies, or silver values."""

    slug = "ratings"
    kinds = [int(StepKind.FINAL)]
    foreign = True

    def __init__(self, folder: Path, *, pairs: int, seed: int) -> None:
        self._limit, self._seed = pairs, seed
        self.ratings, self.products = folder / RATINGS, folder / PRODUCTS
        for path in (self.ratings, self.products):
            if not path.is_file():
                raise FileNotFoundError(f"{folder} has no {path.name}")
        self._tiers = {
            (row.query, row.docid): [grade + 1 for grade in row.grades]
            for row in read_ratings(self.ratings)
        }
        self.annotators = self.overlap = len(next(iter(self._tiers.values())))

    def pairs_load(self, project: Project, work_dir: Path) -> dict[str, int]:
        report = pairs_import(
            project=project,
            path=self.ratings,
            adapter="quepid",
            products=self.products,
            gold=False,
        )
        return {"read": report.read, "created": report.created, "existing": report.existing}

    def chosen(self, project: Project) -> list[Pair]:
        rows = list(Pair.objects.filter(project=project, split="train").order_by("pk"))
        return random.Random(self._seed).sample(rows, min(self._limit, len(rows)))

    def annotator(self, number: int) -> AnswerFn:
        return self._answers(lambda tiers: tiers[number])

    def lead(self) -> AnswerFn:
        """Three different grades are settled by their median."""
        return self._answers(lambda tiers: sorted(tiers)[len(tiers) // 2])

    def extras(self, project: Project) -> dict[str, Any]:
        """The final step's alpha from the stored labels and from the file, and the ceiling.

        Both numbers take every rated pair and treat tiers as ordinal.
        """
        grades: dict[int, dict[int, int]] = {}
        labels = StepLabel.objects.filter(
            item__project=project, kind=StepKind.FINAL, submission__undone_at=None
        )
        for item, annotator, value in labels.values_list("item", "annotator", "value"):
            grades.setdefault(item, {})[annotator] = int(value)
        complete = [list(row.values()) for row in grades.values()]
        held_out = set(
            Pair.objects.filter(project=project, split="test").values_list(
                "query", "product__external_id"
            )
        )
        return {
            "alpha_from_file": {
                "here": alpha_of_grades(complete),
                "file": alpha_of_grades(list(self._tiers.values())),
                "level": "ordinal",
                "items": len(complete),
            },
            "rater_ceiling": rater_ceiling(
                [t for k, t in self._tiers.items() if k in held_out]
            ),
            "majorities": dict(Counter(len(set(t)) for t in self._tiers.values())),
        }

    def rated(self) -> RatedPairs:
        return ratings_read(self.ratings.parent)

    def _answers(self, pick: Callable[[list[int]], int]) -> AnswerFn:
        def answer(item: QueueItem, kind: StepKind, step: Step | None) -> Answer:
            pair = item.rollout.pair
            value = str(pick(self._tiers[(pair.query, pair.product.external_id)]))
            right = step is not None and step.value == value
            return Answer("correct" if right else "incorrect", value)

        return answer

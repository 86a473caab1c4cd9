"""The built-in sample as a circle's source: people answer from the truth it holds back."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from annotation.cot.steps import StepKind
from annotation.models import Pair, Project, QueueItem, Step
from annotation.pairs.write import pairs_import
from lab.sample.generate import generate
from lab.sample.writers import held_truth, write_pairs_jsonl
from lab.simulate.judge import Answer, HeldTruth, NoisyJudge
from lab.simulate.people import AnswerFn
from training.rollouts.offered import SAMPLE_SOURCE


class SampleSource:
    slug = "sample"
    kinds = [int(kind) for kind in StepKind]
    foreign = False

    def __init__(self, *, annotators: int, noise: float, pairs: int, seed: int) -> None:
        self.annotators, self.overlap = annotators, min(annotators, 2)
        self._noise, self._limit, self._seed = noise, pairs, seed
        self._sample = generate(seed=0)
        self._held = held_truth(self._sample)

    def pairs_load(self, project: Project, work_dir: Path) -> dict[str, int]:
        """The test split comes with gold; what people are to label comes without."""
        path = work_dir / "sample.jsonl"
        write_pairs_jsonl(self._sample, path, with_truth={"test"})
        report = pairs_import(project=project, path=path, source=SAMPLE_SOURCE)
        return {"read": report.read, "created": report.created, "existing": report.existing}

    def chosen(self, project: Project) -> list[Pair]:
        rows = list(Pair.objects.filter(project=project, split="train").order_by("pk"))
        return random.Random(self._seed).sample(rows, min(self._limit, len(rows)))

    def knows(self, project: Project) -> bool:
        """Whether the project's pairs are those of the sample; the first one stands for all."""
        first = Pair.objects.filter(project=project).select_related("product").first()
        return first is not None and (first.query, first.product.external_id) in self._held

    def annotator(self, number: int) -> AnswerFn:
        return self._answers(self._noise, self._seed * 1000 + number)

    def lead(self) -> AnswerFn:
        """The lead looks twice: half of an annotator's noise."""
        return self._answers(self._noise / 2, self._seed * 1000 + 999)

    def extras(self, project: Project) -> dict[str, Any]:
        return {}

    def rated(self) -> None:
        return None

    def _answers(self, noise: float, seed: int) -> AnswerFn:
        judge = NoisyJudge(noise, seed)

        def answer(item: QueueItem, kind: StepKind, step: Step | None) -> Answer:
            text, claimed = (step.text, step.value) if step else ("", "")
            return judge.answer(kind, text, claimed, self._truth(item.rollout.pair))

        return answer

    def _truth(self, pair: Pair) -> HeldTruth:
        return self._held[(pair.query, pair.product.external_id)]

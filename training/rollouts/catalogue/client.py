"""The catalogue writer as rollouts are sampled."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from annotation.cot.rules import Rules
from annotation.cot.steps import Layout
from training.job.prompts import PairText
from training.rollouts.catalogue.writer import catalogue_cot
from training.serving.policy_client import OnWait, SampledText, SamplingRequest


class CatalogueWriter:
    """One CoT a pair: the same pair and rules give the same text."""

    def __init__(
        self, rules: Rules, layout: Layout, brands: Collection[tuple[str, ...]]
    ) -> None:
        self._rules, self._layout, self._brands = rules, layout, brands

    def sample(
        self, prompts: Sequence[Mapping[str, Any]], request: SamplingRequest, on_wait: OnWait
    ) -> Iterator[SampledText]:
        for prompt in prompts:
            pair = PairText(
                prompt["query"],
                prompt["title"],
                prompt["category_path"],
                prompt["attributes"],
                prompt["description"],
            )
            text = catalogue_cot(
                pair,
                self._rules,
                query_type=prompt["query_type"],
                layout=self._layout,
                brands=self._brands,
            )
            yield SampledText(str(prompt["pair_id"]), 0, text, "stop")
            on_wait()

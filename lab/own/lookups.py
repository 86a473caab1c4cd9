"""Practice before whole CoTs: one product, several queries, and of each steps 3 and 4 alone.
Most of their words are judgments, most of a CoT's are copied."""

from __future__ import annotations

import dataclasses
import random
from dataclasses import dataclass

from transformers import PreTrainedTokenizerFast

from lab.own.draw import PracticeShop
from lab.seed.seed_training import Example
from training.job.prompts import PairText, PromptVersion, policy_prompt, visible
from training.rollouts.catalogue.words import words
from training.rollouts.catalogue.writer import catalogue_reading, claim_lines

_OWN = 0.5  # share of queries made of one or two words of the product's lines


@dataclass(frozen=True, slots=True)
class Lookups:
    """``queries`` a product; an example of more than ``longest`` tokens ends there."""

    shop: PracticeShop
    version: PromptVersion
    longest: int
    queries: int = 8

    def example(self, tokenizer: PreTrainedTokenizerFast, rng: random.Random) -> Example:
        """What is judged counts, the product and the queries do not."""
        product = visible(rng.choice(self.shop.products), self.version)
        shown = policy_prompt(product, version=self.version).split("\n", 1)[1]
        ids: list[int] = tokenizer(shown)["input_ids"]
        counts = [False] * len(ids)
        for _ in range(self.queries):
            query = self._query(product, rng)
            pair = dataclasses.replace(product, query=query)
            reading = catalogue_reading(pair, pair.product_lines, self.shop.brands)
            question = tokenizer(f"query: {query}\n")["input_ids"]
            judged = tokenizer("\n".join(claim_lines(reading)) + "\n")["input_ids"]
            if len(ids) + len(question) + len(judged) > self.longest:
                break
            ids += question + judged
            counts += [False] * len(question) + [True] * len(judged)
        return ids, counts

    def _query(self, product: PairText, rng: random.Random) -> str:
        if rng.random() > _OWN:
            return self.shop.query(rng)
        line = rng.choice(product.product_lines)
        row = words(line.value)
        if not row:
            return self.shop.query(rng)
        last = rng.randrange(len(row))
        first = max(0, last - rng.randint(0, 1))
        return " ".join(line.value[row[first].start : row[last].end].lower().split())

"""``python -m training.rl.measure.serve_score MODEL_DIR < pairs.jsonl``: tiers by first token.

An answer-first policy states its tier before its reasons, so serving reads the prompt, looks at
the four tier tokens and stops: no token is generated. A line a pair: ``pair_id``, ``tier`` and
``band`` by CumPT with the threshold in the model folder, ``probabilities`` of the four tiers.
``--tune`` reads pairs with a known tier instead (validation pairs, never the test set) and
writes that threshold; where argmax is better on them, tiers are argmax's.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from annotation.cot.steps import StepKind
from training.job.data import sample_of
from training.job.files import json_rows, write_json
from training.job.folder import Exit
from training.job.model_folder import model_facts
from training.job.prompts import PairText
from training.job.types import BadInput, Sample
from training.rl.measure.answers import answer_text
from training.rl.measure.classification import TIERS
from training.rl.measure.cumpt import Tuned, band, tier_probabilities, tune
from training.rl.policy.generate import next_token_logits
from training.rl.policy.model import Policy, load_policy
from training.rl.policy.tokens import encode

THRESHOLD_FILE = "cumpt.json"


class TierScorer:
    """P(4), P(3), P(2), P(1) of a pair from one forward pass over its prompt."""

    def __init__(self, policy: Policy, batch_size: int = 256) -> None:
        """Raises BadInput for a policy that does not answer first, or a tokenizer in which
        the tiers do not differ in one token."""
        if (
            policy.layout != "answer_first"
            and model_facts(policy.path).get("target") != "answer"
        ):
            raise BadInput(
                f"'{policy.path}' writes its answer last; sft with layout 'answer_first' "
                "makes a policy whose first token is a score"
            )
        self._policy, self._batch_size = policy, batch_size
        self._prefix, self._tokens = tier_tokens(policy)

    def probabilities(self, pairs: Sequence[PairText]) -> list[list[float]]:
        """One distribution a pair, best tier first."""
        rows = [
            self._policy.prompt_ids(self._policy.prompt(pair)) + self._prefix for pair in pairs
        ]
        if not rows:
            return []
        logits = next_token_logits(self._policy, rows, self._tokens, self._batch_size)
        return [tier_probabilities(row) for row in logits.tolist()]


def tier_tokens(policy: Policy) -> tuple[list[int], list[int]]:
    """(what is always written before the tier, the token of each tier, best first).

    Raises:
        BadInput: the tiers do not differ in one token each.
    """
    texts = [encode(policy.tokenizer, answer_text(tier)) for tier in TIERS]
    place = next(
        (n for n, column in enumerate(zip(*texts, strict=False)) if len(set(column)) > 1), None
    )
    tokens = [] if place is None else [ids[place] for ids in texts]
    if len(set(tokens)) < len(TIERS):
        raise BadInput(
            f"the tokenizer in '{policy.path}' has no token of its own for each tier"
        )
    return texts[0][:place], tokens


def read_tuned(folder: Path) -> Tuned:
    """Raises BadInput when it was never tuned or the file is damaged."""
    path = folder / THRESHOLD_FILE
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        threshold = body["threshold"]
        if not isinstance(threshold, float) or not 0 < threshold <= 1:
            raise BadInput(
                f"{path}: the threshold must be above 0 and at most 1, got {threshold!r}"
            )
        return Tuned(**body)
    except OSError as error:
        command = (
            f"python -m training.rl.measure.serve_score --tune {folder} < validation.jsonl"
        )
        raise BadInput(f"{path}: no threshold yet; tune it with {command}") from error
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise BadInput(f"{path}: not what --tune wrote") from error


def tuned(scorer: TierScorer, samples: Sequence[Sample]) -> Tuned:
    """Tune on the samples whose tier is known; raises BadInput if none is."""
    known = [(s, best.value) for s in samples if (best := s.best(StepKind.FINAL))]
    if not known:
        raise BadInput("no pair has a known tier: nothing to tune the threshold on")
    rows = scorer.probabilities([sample.text for sample, _ in known])
    return tune(rows, [tier for _, tier in known])


def scores(scorer: TierScorer, samples: Sequence[Sample], threshold: Tuned) -> Iterator[Any]:
    """One record a sample."""
    rows = scorer.probabilities([sample.text for sample in samples])
    for sample, row in zip(samples, rows, strict=True):
        yield {
            "pair_id": sample.pair_id,
            "tier": threshold.tier(row),
            "band": band(row, threshold.threshold),
            "probabilities": {t: round(p, 6) for t, p in zip(TIERS, row, strict=True)},
        }


def _samples(lines: Iterable[str]) -> Iterator[Sample]:
    for number, row in json_rows(lines, "standard input"):
        try:
            yield sample_of(row)
        except BadInput as error:
            raise BadInput(f"standard input line {number}: {error}") from error


def main(argv: list[str]) -> int:
    """0, or 4 with one clear line for bad input."""
    parser = argparse.ArgumentParser(prog="python -m training.rl.measure.serve_score")
    parser.add_argument("model", type=Path)
    parser.add_argument("--tune", action="store_true", help="write the threshold")
    parser.add_argument("--batch-size", type=int, default=256)
    options = parser.parse_args(argv)
    try:
        scorer = TierScorer(load_policy(options.model), max(1, options.batch_size))
        samples = _samples(sys.stdin)
        if options.tune:
            threshold = tuned(scorer, list(samples))
            write_json(options.model / THRESHOLD_FILE, asdict(threshold))
            print(json.dumps(asdict(threshold)))
            if threshold.by_argmax:
                print("argmax is better on these pairs; tiers will be its", file=sys.stderr)
            return 0
        threshold = read_tuned(options.model)
        while batch := list(islice(samples, max(1, options.batch_size))):
            for record in scores(scorer, batch, threshold):
                print(json.dumps(record, ensure_ascii=False))
    except BadInput as error:
        print(error, file=sys.stderr)
        return Exit.BAD_INPUT
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

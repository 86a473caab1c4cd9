"""What ``python -m lab.compare --suite real --data DIR`` does."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lab.compare.arms import arms_of
from lab.compare.real.folds import ALL, FOLDS, LABEL_SIZES
from lab.compare.real.guessers import GUESSERS
from lab.compare.real.ratings import RULES, RatedPairs, ratings_read, text_of
from lab.compare.real.report import SUITE, write
from lab.compare.real.suite import RealPlan, opened, run_all
from lab.own.config import OwnConfig
from lab.own.draw import Catalogue
from lab.own.policy import policy_make
from training.job.folder import MODEL_FACTS
from training.job.types import BadInput

_UPDATES = 20
_TOKENS = 256  # of a CoT: the catalogue writer quotes
_FIRST = "kappa_quadratic"  # what chooses a point is what the tables have first
_TINY_QUERIES, _TINY_PAIRS = 28, 2


def run_real(options: argparse.Namespace) -> int:
    """0 when every cell ended well, 1 when some failed.

    Raises:
        BadInput: no ratings, an unknown arm, or other ratings than before.
        ImportFileError: a file of ratings cannot be read.
    """
    if not options.data:
        raise BadInput("suite real needs --data, a folder of ratings (docs/importing.md)")
    plan = _plan(options)
    ratings = ratings_read(options.data.resolve())
    ratings = _few(ratings) if options.tiny else ratings
    out = options.out.resolve()
    policy = options.policy.resolve() if options.policy else out / "policy"
    real = opened(out, ratings, _settings(options), policy)
    failed = 0
    if not options.report_only:
        if plan.policies and not options.policy and not (policy / MODEL_FACTS).exists():
            _policy_of_the_shop(ratings, policy, tiny=options.tiny)
        failed = run_all(real, plan)
    if not write(real, plan, options.document, options.document.parent / "results"):
        raise BadInput("no arm has finished a fold with all its labels: nothing to report")
    print(f"wrote {options.document}", flush=True)
    return 1 if failed else 0


def _plan(options: argparse.Namespace) -> RealPlan:
    """Raises BadInput for an arm or a fold that there is not."""
    quick = {guesser.name: guesser for guesser in GUESSERS}
    only: Sequence[str] = options.only
    slow = [name for name in only if name not in quick]
    numbers = range(FOLDS) if options.folds is None else options.folds
    if wrong := [number for number in numbers if number not in range(FOLDS)]:
        raise BadInput(f"there is no fold {wrong[0]}: they are 0 to {FOLDS - 1}")
    return RealPlan(
        guessers=[quick[name] for name in quick if not only or name in only],
        policies=arms_of(SUITE, slow) if slow or not only else [],
        folds=list(numbers),
        curve=options.queries or LABEL_SIZES,
        policy_sizes=options.queries or [ALL],
        seeds=range(options.seeds or 1),
    )


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    """What all policies share."""
    tokens, every = {"max_tokens": _TOKENS}, options.curve_every
    if options.tiny:
        small = {"updates": 2, "prompts": 2, "group": 4, "micro_batch": 8, "max_tokens": 64}
        curve = {"curve_every": 2, "keep_best": True, "best_by": _FIRST, "max_tokens": 64}
        # It answers nothing that can be read: every prompt is always wrong.
        return {"eval": curve, "rl": small, "sampling": {"rejection": False}}
    return {
        "eval": {"curve_every": every, "keep_best": every > 0, "best_by": _FIRST, **tokens},
        "rl": {"updates": options.updates or _UPDATES, **tokens},
    }


def _few(ratings: RatedPairs) -> RatedPairs:
    """Two pairs of each of some queries."""
    taken: dict[str, int] = {}
    rows = []
    for row in ratings.rows:
        number = taken.get(row["query"], 0)
        if number < _TINY_PAIRS and (number or len(taken) < _TINY_QUERIES):
            taken[row["query"]] = number + 1
            rows.append(row)
    return replace(ratings, rows=rows)


def _policy_of_the_shop(ratings: RatedPairs, out: Path, *, tiny: bool) -> None:
    """A small policy that has read the products and no query that anybody wrote, so that it is
    the same for all folds."""
    products = {row["product_id"]: replace(text_of(row), query="") for row in ratings.rows}
    config = (
        OwnConfig(lookups=16, examples=64, width=32, vocabulary=512) if tiny else OwnConfig()
    )
    policy_make(Catalogue(list(products.values()), []), RULES, config, out, _say)


def _say(line: str) -> None:
    print(line, flush=True)

"""Where step rewards came from, counted by step and source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from annotation.cot.steps import StepKind
from training.job.types import ScoredRollout
from verifier.truth import HUMAN_SOURCES, SOURCES

NONE = "none"  # the source of a step that is masked


def source_counts(rollouts: Iterable[ScoredRollout]) -> Counter[str]:
    """How many step rewards came from where, by "kind source" as in "1 consensus"; "none"
    counts the masked steps."""
    return Counter(
        f"{kind:d} {reward.source or NONE}"
        for rollout in rollouts
        for kind, reward in rollout.rewards.items()
    )


def by_source(counts: Mapping[str, int]) -> dict[str, int]:
    """Of :func:`source_counts`, the sums over the kinds."""
    sums: Counter[str] = Counter()
    for key, count in counts.items():
        sums[key.rpartition(" ")[2]] += count
    return dict(sorted(sums.items()))


def by_kind(counts: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Of :func:`source_counts`, kind -> source -> step rewards."""
    return {
        f"{kind:d}": {
            key.split()[1]: count
            for key, count in sorted(counts.items())
            if key.startswith(f"{kind:d} ")
        }
        for kind in StepKind
    }


def reused_share(counts: Mapping[str, int], kinds: Sequence[StepKind]) -> float | None:
    """Share of the rewards of these open steps that a verdict on the same text gave; None if
    none exist."""
    tables = by_kind(counts)
    known = [
        (source, count)
        for kind in kinds
        for source, count in tables[f"{kind:d}"].items()
        if source not in (NONE, "format")
    ]
    total = sum(count for _, count in known)
    return sum(count for source, count in known if source in SOURCES) / total if total else None


def source_share(counts: Mapping[str, int], *sources: str) -> float | None:
    """Share of the step rewards that exist, of :func:`by_source`, which came from there; None
    if none exist."""
    known = sum(count for source, count in counts.items() if source != NONE)
    return sum(counts.get(source, 0) for source in sources) / known if known else None


def human_share(counts: Mapping[str, int]) -> float | None:
    """The share of people."""
    return source_share(counts, *HUMAN_SOURCES)

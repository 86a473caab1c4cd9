"""What rollouts of a pair claim, beside each other. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence


def most_frequent(readings: Sequence[Mapping[int, str]]) -> int:
    """The place of the claims (kind -> value) that most others make too, the first of several:
    what is shown of a group."""
    keys = [tuple(sorted(claims.items())) for claims in readings]
    often = Counter(keys)
    return max(range(len(keys)), key=lambda place: (often[keys[place]], -place))

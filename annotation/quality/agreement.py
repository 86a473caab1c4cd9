"""How far people agree: by step, and by annotator, query type, split or week.

Items are counted by what people answered, in the database, so that a million labels come
back as a few dozen rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from django.contrib.auth.models import User
from django.db import connection

from annotation.cot.sql import Sql, statement
from annotation.cot.steps import StepKind
from annotation.models import Project, QueueItem, StepLabel
from annotation.quality.alpha import Alpha, Explained, Level, alpha_explained, kappa_of_counts

Slice = Literal["", "annotator", "query_type", "split", "week"]
SLICES: tuple[Slice, ...] = ("", "annotator", "query_type", "split", "week")
Patterns = dict[tuple[str, ...], int]

_OF = {
    "": "''",
    "annotator": "person::text",
    "query_type": "p.query_type",
    "split": "p.split",
    "week": "to_char(date_trunc('week', items.at AT TIME ZONE 'UTC'), 'YYYY-MM-DD')",
}


def judged_sql(name: str, by: Slice = "") -> str:
    """A statement on what people answered, sliced."""
    judged = statement(
        __file__, "judged", gold=QueueItem.State.GOLD, unsure=StepLabel.Verdict.UNSURE
    )
    return statement(
        __file__,
        name,
        parts=["people"] if by == "annotator" else [],
        judged=Sql(judged),
        slice=Sql(_OF[by]),
    )


@dataclass(frozen=True, slots=True)
class SlicedAlpha:
    value: str  # of the slice: a name, a split, the Monday of a week; "" = everything
    key: str  # what finds it again: the annotator's id, else ``value``
    by_kind: Mapping[int, Alpha]


@dataclass(frozen=True, slots=True)
class Behind:
    """An item behind a number: who answered what, disagreeing items first."""

    item_id: int
    query: str
    answers: tuple[tuple[str, str], ...]  # (username, value)
    differ: bool


def level_of(kind: StepKind | int) -> Level:
    """Steps 1-2 compare verdicts, 3-4 values (nominal), 5 tiers (ordinal)."""
    return "ordinal" if kind == StepKind.FINAL else "nominal"


def agreement_table(project: Project) -> list[dict[str, Any]]:
    """One row a step kind: ``kind``, ``n_items``, ``n_labels``, ``alpha`` (None with an
    ``undefined_reason``), ``few`` (items) and ``level``."""
    (row,) = agreement_slices(project, "") or [SlicedAlpha("", "", {})]
    rows = []
    for kind in StepKind:
        alpha = row.by_kind.get(int(kind)) or alpha_explained({}, level_of(kind)).alpha
        result = asdict(alpha)
        value = result.pop("value")
        rows.append({"kind": int(kind), "alpha": value, "few": alpha.few, **result})
    return rows


def agreement_slices(project: Project, by: Slice) -> list[SlicedAlpha]:
    """Alpha of every step for every value of the slice; weeks oldest first, else by name.

    An annotator's alpha is over the items that person judged, with everybody's labels.
    """
    patterns: dict[str, dict[int, Patterns]] = defaultdict(lambda: defaultdict(dict))
    with connection.cursor() as cursor:
        cursor.execute(judged_sql("agreement_slices", by), _of(project))
        for key, kind, answers, n in cursor.fetchall():
            patterns[key][kind][tuple(answers)] = n
    names = _names(patterns) if by == "annotator" else {}
    rows = [
        SlicedAlpha(
            names.get(key, key),
            key,
            {
                kind: alpha_explained(counts, level_of(kind)).alpha
                for kind, counts in sorted(by_kind.items())
            },
        )
        for key, by_kind in patterns.items()
    ]
    return sorted(rows, key=lambda row: row.value)


def agreement_patterns(project: Project) -> dict[int, Patterns]:
    """Step kind -> the answers of an item -> how many items got them; of what people judged."""
    patterns: dict[int, Patterns] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(judged_sql("agreement_slices"), _of(project))
        for _key, kind, answers, n in cursor.fetchall():
            patterns[kind][tuple(answers)] = n
    return patterns


def agreement_explained(
    project: Project, kind: StepKind, by: Slice = "", key: str = ""
) -> tuple[Explained, int]:
    """One number with what it is computed from, and how many items it leaves out because
    only one person was sure about them."""
    with connection.cursor() as cursor:
        cursor.execute(judged_sql("agreement_answers", by), _slice(project, kind, key))
        patterns: Patterns = {tuple(answers): n for answers, n in cursor.fetchall()}
    single = sum(n for answers, n in patterns.items() if len(answers) < 2)
    return alpha_explained(patterns, level_of(kind)), single


def agreement_items(
    project: Project, kind: StepKind, by: Slice = "", key: str = "", limit: int = 100
) -> list[Behind]:
    """The items behind a number, those on which people differ first, then the newest."""
    values = _slice(project, kind, key) | {"limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(judged_sql("agreement_items", by), values)
        rows = cursor.fetchall()
    names = dict(
        User.objects.filter(pk__in={pk for row in rows for pk in row[3]}).values_list(
            "pk", "username"
        )
    )
    return [
        Behind(
            item, query, tuple((names[pk], s) for pk, s in zip(people, answers, strict=True)), d
        )
        for item, query, answers, people, d in rows
    ]


def kappa_table(project: Project, kind: StepKind) -> list[dict[str, Any]]:
    """One row for two annotators who share items: ``pair`` (usernames), ``kappa`` (None with
    an ``undefined_reason``), ``weighted`` (quadratic, step 5 only) and ``n``; most shared
    items first."""
    shared: dict[tuple[int, int], Counter[tuple[str, str]]] = defaultdict(Counter)
    with connection.cursor() as cursor:
        cursor.execute(judged_sql("kappa_shared"), _of(project) | {"kind": int(kind)})
        for one, other, first, second, n in cursor.fetchall():
            shared[one, other][first, second] = n
    names = _names([str(pk) for pair in shared for pk in pair])
    rows = [_kappa_row(pair, counts, kind, names) for pair, counts in shared.items()]
    return sorted(rows, key=lambda row: (-row["n"], row["pair"]))


def _kappa_row(
    pair: tuple[int, int],
    counts: Counter[tuple[str, str]],
    kind: StepKind,
    names: Mapping[str, str],
) -> dict[str, Any]:
    plain = kappa_of_counts(counts)
    ordinal = level_of(kind) == "ordinal"
    return {
        "pair": (names[str(pair[0])], names[str(pair[1])]),
        "kappa": plain.value,
        "weighted": kappa_of_counts(counts, quadratic=True).value if ordinal else None,
        "n": plain.n,
        "undefined_reason": plain.undefined_reason,
    }


def _of(project: Project) -> dict[str, Any]:
    return {"projects": [project.pk], "since": "-infinity"}


def _slice(project: Project, kind: StepKind, key: str) -> dict[str, Any]:
    return _of(project) | {"kind": int(kind), "key": key}


def _names(keys: Mapping[str, Any] | Sequence[str]) -> dict[str, str]:
    users = User.objects.filter(pk__in=[int(key) for key in keys])
    return {str(pk): name for pk, name in users.values_list("pk", "username")}

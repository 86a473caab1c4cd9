"""What a project's data must meet before a run is launched, by the project's thresholds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Avg, Count

from annotation.cot.intervals import wilson
from annotation.cot.sql import statement
from annotation.cot.steps import STRUCTURED_KINDS
from annotation.cot.wording import wording as _
from annotation.models import GoldTry, Project, QueueItem, Resolution
from annotation.quality.agreement import agreement_patterns, level_of
from annotation.quality.alpha import alpha_explained
from annotation.quality.alpha_interval import alpha_interval
from annotation.quality.stale_select import stale_counts
from training.job.methods import Method
from training.models import Checkpoint, RmAppointment
from training.runs.thresholds import thresholds_of
from verifier.truth import STATED

_VARIED = statement(__file__, "varied_pairs")


@dataclass(frozen=True, slots=True)
class Check:
    """One threshold: ``text`` says what was measured and what is wanted. What cannot be
    measured is not met."""

    name: str
    text: str
    met: bool


@dataclass(frozen=True, slots=True)
class Data:
    """What a run would work with: its training pairs, and their truth, kind -> source -> n."""

    pairs: Sequence[int]
    truth: Mapping[int, Mapping[str, int]]


def checks(
    project: Project, row: Method, policy: Checkpoint, rm: Checkpoint | None, data: Data
) -> list[Check]:
    """In the order of the circle. A threshold that the project has emptied is not checked, nor
    what a method of this kind does not read."""
    limits = thresholds_of(project)
    lines = [*_alphas(project, limits.alpha), *_gold(project, limits.gold_accuracy)]
    if row.leaves != "rm":
        lines += _coverage(data, limits.human_coverage)
    lines += _stale(project, limits.stale_share)
    if row.takes_rm:
        lines += _gated(project, rm, limits.rm_gated)
        lines += _varied(policy, data, limits.varied_pairs)
    return lines


def _alphas(project: Project, limit: float | None) -> Iterator[Check]:
    """Of every step that people judge; imported answers are nobody's agreement."""
    if limit is None:
        return
    for kind, patterns in sorted(agreement_patterns(project).items()):
        level = level_of(kind)
        alpha = alpha_explained(patterns, level).alpha
        interval = alpha_interval(patterns, level)
        values = {"kind": kind, "limit": f"{limit:.2f}"}
        if alpha.value is None or interval is None:
            text = _(
                "step %(kind)s: alpha is unknown (%(reason)s); its lower bound must reach "
                "%(limit)s",
                reason=alpha.undefined_reason or _("too few items"),
                **values,
            )
        else:
            text = _(
                "step %(kind)s: alpha is %(value)s (%(low)s to %(high)s); its lower bound must "
                "reach %(limit)s",
                **_numbers(alpha.value, interval),
                **values,
            )
        yield Check(f"alpha_{kind}", text, bool(interval and interval[0] >= limit))


def _gold(project: Project, limit: float | None) -> Iterator[Check]:
    if limit is None or not _labelled(project):
        return
    first = GoldTry.objects.filter(
        gold__project=project, attempt=1, answered_at__isnull=False, score__isnull=False
    )
    seen = first.aggregate(n=Count("pk"), accuracy=Avg("score"))
    if not seen["n"]:
        text = _(
            "accuracy on gold items is unknown: nobody has answered one; its lower bound must "
            "reach %(limit)s",
            limit=f"{limit:.2f}",
        )
        yield Check("gold_accuracy", text, False)
        return
    interval = wilson(seen["accuracy"] * seen["n"], seen["n"])
    text = _(
        "accuracy on gold items is %(value)s (%(low)s to %(high)s, %(n)s answers); its lower "
        "bound must reach %(limit)s",
        n=seen["n"],
        limit=f"{limit:.2f}",
        **_numbers(seen["accuracy"], interval),
    )
    yield Check("gold_accuracy", text, interval[0] >= limit)


def _coverage(data: Data, limit: float | None) -> Iterator[Check]:
    if limit is None:
        return
    human = sum(
        n
        for sources in data.truth.values()
        for source, n in sources.items()
        if source in STATED
    )
    wanted = len(STRUCTURED_KINDS) * len(data.pairs)
    share = human / wanted if wanted else 0.0
    text = _(
        "people answered %(value)s of steps 3 to 5 of the training pairs; %(limit)s are wanted",
        value=f"{share:.2f}",
        limit=f"{limit:.2f}",
    )
    yield Check("human_coverage", text, share >= limit)


def _stale(project: Project, limit: float | None) -> Iterator[Check]:
    if limit is None:
        return
    decided = (
        Resolution.objects.filter(item__project=project)
        .values("item__rollout_id")
        .distinct()
        .count()
    )
    stale = stale_counts([project]).get(project.pk, 0)
    share = stale / decided if decided else 0.0
    text = _(
        "%(stale)s of %(decided)s decided rollouts are stale; at most %(limit)s of them may be",
        stale=stale,
        decided=decided,
        limit=f"{limit:.2f}",
    )
    yield Check("stale_share", text, share <= limit)


def _gated(project: Project, rm: Checkpoint | None, wanted: bool) -> Iterator[Check]:
    if not wanted or rm is None:
        return
    appointed = RmAppointment.objects.filter(project=project, rm=rm, until=None).exists()
    text = _("the reward model %(name)s must be appointed for this project", name=rm.name)
    yield Check("rm_gated", text, appointed)


def _varied(policy: Checkpoint, data: Data, limit: float | None) -> Iterator[Check]:
    if limit is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(_VARIED, {"pairs": list(data.pairs), "policy": policy.name})
        varied, several = cursor.fetchone() or (0, 0)
    if several:
        text = _(
            "in %(varied)s of %(several)s pairs this policy's rollouts differ in a reward; "
            "a share of %(limit)s is wanted, for the others teach nothing",
            varied=varied,
            several=several,
            limit=f"{limit:.2f}",
        )
    else:
        text = _(
            "how often the policy's rollouts of a pair differ is unknown: make a dry run; a "
            "share of %(limit)s is wanted",
            limit=f"{limit:.2f}",
        )
    yield Check("varied_pairs", text, bool(several) and varied / several >= limit)


def _labelled(project: Project) -> bool:
    rows = QueueItem.objects.filter(project=project, assignments__state="submitted")
    return rows.exclude(state=QueueItem.State.GOLD).exists()


def _numbers(value: float, interval: tuple[float, float]) -> dict[str, str]:
    low, high = interval
    return {"value": f"{value:.2f}", "low": f"{low:.2f}", "high": f"{high:.2f}"}

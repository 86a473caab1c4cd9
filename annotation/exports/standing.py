"""Which decisions stand for a rollout: its own, and those that are reused for it."""

from __future__ import annotations

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from annotation.models import Project, Resolution, Step


def decided(project: Project) -> QuerySet[Resolution]:
    """What stands for the steps of the rollout of the outer query: its own decisions, and those
    that people are not asked for again (docs/labelling.md), unless steps may stay unmarked."""
    own = Q(item__rollout=OuterRef("pk"))
    prefixes = Step.objects.filter(rollout=OuterRef(OuterRef("pk"))).values("sha256")
    served = Q(kind__gte=3) & ~Q(value="") | Q(kind__lte=2, step_sha256__in=prefixes)
    rows = standing().filter(pair=OuterRef("pair_id"))
    lead = Q(source=Resolution.Source.ADJUDICATED, own=False)
    return (
        rows.filter(own | served if reuses(project) else own)
        .annotate(own=_flag(own))
        .annotate(lead=_flag(lead))
        .order_by("own", "lead", "pk")
    )


def reuses(project: Project) -> bool:
    return project.reuse and not project.first_error_only


def covered() -> Q:
    """All five steps of the rollout of the outer query are answered: the pair's values, and
    the verdicts on these very texts."""
    served = standing().filter(
        Q(kind__gte=3) & ~Q(value="") | Q(kind__lte=2, step_sha256=OuterRef("sha256")),
        pair=OuterRef("rollout__pair_id"),
        kind=OuterRef("kind"),
    )
    open_steps = Step.objects.filter(~Exists(served), rollout=OuterRef("pk"))
    final = standing().filter(pair=OuterRef("pair_id"), kind=5).exclude(value="")
    return Q(Exists(final), ~Exists(open_steps), parse_error="")


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False))


def standing() -> QuerySet[Resolution]:
    """What no lead has taken back."""
    return Resolution.objects.filter(withdrawn_at=None)

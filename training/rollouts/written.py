"""What each writer has written of a project, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from annotation.models import Pair, Project, Rollout
from training.models import CATALOGUE, OWN, Checkpoint, RolloutBatch
from training.rollouts.offered import offered

_State = RolloutBatch.State
_OPEN = (_State.QUEUED, _State.RUNNING)


@dataclass(frozen=True, slots=True)
class Writing:
    """One writer's CoTs of one project. ``batch`` is its newest request, None for CoTs that
    came in a file or over the API."""

    name: str
    rollouts: int
    parsed: int
    tokens: int
    seconds: float
    asked_again: int
    batch: RolloutBatch | None

    @property
    def share(self) -> int | None:
        """Percent that parse."""
        return round(100 * self.parsed / self.rollouts) if self.rollouts else None

    @property
    def state(self) -> str:
        """``resumed``: its worker was lost, and another one goes on where that one was."""
        if self.batch is None:
            return _State.DONE
        lost = self.batch.strikes > (0 if self.batch.state == _State.QUEUED else 1)
        return "resumed" if self.live and lost else self.batch.state

    @property
    def live(self) -> bool:
        return self.batch is not None and self.batch.state in _OPEN

    @property
    def per_second(self) -> float | None:
        return self.rollouts / self.seconds if self.seconds else None


def writings(project: Project) -> list[Writing]:
    """Every writer, the one that was chosen last first."""
    batches = RolloutBatch.objects.filter(project=project).select_related("policy")
    newest = {batch.policy.name: batch for batch in batches.order_by("pk")}
    spent: dict[str, Any] = {
        row["policy__name"]: row
        for row in batches.order_by()
        .values("policy__name")
        .annotate(
            prompts=Sum("prompt_tokens"),
            completions=Sum("completion_tokens"),
            time=Sum("seconds"),
            twice=Sum("asked_again"),
        )
    }
    counts: dict[str, Any] = {
        row["policy"]: row
        for row in Rollout.objects.filter(pair__project=project)
        .order_by()
        .values("policy")
        .annotate(n=Count("pk"), parsed=Count("pk", filter=Q(parse_error="")))
    }
    names = sorted({*newest, *counts}, key=lambda name: (-_number(newest.get(name)), name))
    return [
        _writing(name, counts.get(name, {}), spent.get(name, {}), newest.get(name))
        for name in names
    ]


def pairs_unwritten(project: Project) -> int:
    """Pairs that nobody has written a CoT of."""
    mine = Rollout.objects.filter(pair=OuterRef("pk"))
    return Pair.objects.filter(~Exists(mine), project=project).count()


def policies_offered(project: Project) -> list[Checkpoint]:
    """Models that are there already and know this project's words, as far as can be told."""
    policies = Checkpoint.objects.filter(kind=Checkpoint.Kind.POLICY).order_by("-pk")
    return [policy for policy in policies if offered(policy, project)]


def chat_writers() -> QuerySet[Checkpoint]:
    """Chat models that were named before."""
    writers = Checkpoint.objects.filter(kind=Checkpoint.Kind.WRITER)
    return writers.exclude(path__in=(CATALOGUE, OWN)).order_by("-pk")


def chat_addresses() -> list[str]:
    """What the form proposes: the installation's own server, then those that were used."""
    own = [settings.CHAT_URL] if settings.CHAT_URL else []
    return list(dict.fromkeys([*own, *chat_writers().values_list("path", flat=True)]))


def _writing(
    name: str,
    count: Mapping[str, Any],
    spent: Mapping[str, Any],
    batch: RolloutBatch | None,
) -> Writing:
    return Writing(
        name=name,
        rollouts=count.get("n", 0),
        parsed=count.get("parsed", 0),
        tokens=int(spent.get("prompts", 0) + spent.get("completions", 0)),
        seconds=spent.get("time", 0.0),
        asked_again=int(spent.get("twice", 0)),
        batch=batch,
    )


def _number(batch: RolloutBatch | None) -> int:
    return batch.pk if batch else 0

"""Rows as nodes of a lineage, in words."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext as _

from annotation.cot.step_names import NAMES
from annotation.cot.steps import StepKind
from annotation.models import Resolution, StepLabel
from annotation.people.language import in_words
from annotation.people.roles import Role, has_role
from training.lineage.graph import LineageNode
from training.models import RewardGroup, TrainingRun
from training.models.ledger import SOURCES
from verifier.models import VerifierRelease
from verifier.truth import HUMAN_SOURCES

HUMAN = frozenset(SOURCES.index(source) for source in HUMAN_SOURCES)
STEPS = 5  # columns of a group's tables


@dataclass(frozen=True, slots=True)
class Words:
    """Names of people are for leads, and one's own for everybody; no ``reader`` is who sits at
    the shell, and may read all."""

    reader: User | None

    def person(self, person: User) -> LineageNode:
        named = self.reader is None or person == self.reader or has_role(self.reader, Role.LEAD)
        text = person.username if named else _("an annotator")
        return LineageNode(
            "person", person.pk, text, {"name": person.username} if named else {}
        )

    def label(self, label: StepLabel) -> LineageNode:
        step = NAMES[StepKind(label.kind)]
        text = _("%(step)s: %(verdict)s") % {
            "step": step,
            "verdict": label.value or in_words(label.verdict),
        }
        facts = {
            "kind": label.kind,
            "verdict": label.verdict,
            "value": label.value,
            "at": label.created_at.isoformat(),
            "guideline_version": label.guideline_version,
        }
        return LineageNode(
            "label", label.pk, text, facts, reverse("lineage_label", args=[label.pk])
        )

    def resolution(self, row: Resolution) -> LineageNode:
        text = _("%(source)s: %(value)s") % {
            "source": row.source,
            "value": row.value or row.verdict,
        }
        facts = {
            "kind": row.kind,
            "verdict": row.verdict,
            "value": row.value,
            "source": row.source,
            "n": row.n,
            "cause": row.cause,
            "at": row.created_at.isoformat(),
            "guideline_version": row.guideline_version,
            "withdrawn": row.withdrawn_at is not None,
        }
        return LineageNode("resolution", row.pk, text, facts)

    def release(self, row: VerifierRelease) -> LineageNode:
        text = _("release %(n)s") % {"n": row.number}
        facts = {"number": row.number, "sha256": row.sha256, "at": row.created_at.isoformat()}
        return LineageNode("release", row.pk, text, facts)

    def run(self, run: TrainingRun) -> LineageNode:
        text = _("run %(n)s, %(method)s") % {"n": run.pk, "method": run.method}
        facts = {"method": run.method, "state": run.state}
        return LineageNode("run", run.pk, text, facts, reverse("run", args=[run.pk]))

    def update(self, group: RewardGroup, places: list[int]) -> LineageNode:
        """``places`` of the group's flat tables that the decision rewarded."""
        rewards = [group.rewards[place] for place in places]
        advantages = [group.advantages[place] for place in places]
        text = _("update %(n)s: %(right)s of %(all)s right") % {
            "n": group.update,
            "right": sum(value >= 0.5 for value in rewards),
            "all": len(places),
        }
        facts = {
            "update": group.update,
            "pair": group.pair_id,
            "steps": [
                {"rollout": place // STEPS, "kind": place % STEPS + 1} for place in places
            ],
            "rewards": rewards,
            "advantages": advantages,
        }
        address = reverse("lineage_update", args=[group.run_id, group.update, group.pair_id])
        return LineageNode("update", group.pk, text, facts, address)


def places_of(group: RewardGroup, kind: int, step_sha256: str) -> list[int]:
    """Where in the flat tables people decided steps of this kind; with a hash, of that text."""
    wanted = bytes.fromhex(step_sha256)
    return [
        place
        for place in range(kind - 1, len(group.sources), STEPS)
        if group.sources[place] in HUMAN
        and (not wanted or bytes(group.step_sha256[place]) == wanted)
    ]

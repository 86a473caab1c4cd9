"""Versions of the guideline and its rules table, and what a change asks people to redo."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.cot.rules import RulesError, parse_rules
from annotation.cot.steps import StepKind
from annotation.cot.wording import wording as _
from annotation.labelling.queue import queue_ask
from annotation.models import GuidelineVersion, Project, QueueItem
from annotation.people.roles import Role, has_role
from annotation.quality.relabel import relabel_plan
from annotation.quality.stale_select import stale_rollouts


@transaction.atomic
def guideline_save(
    *,
    project: Project,
    author: User | None,
    text: str,
    rules: str,
    changed_kinds: Sequence[int] = (),
    note: str = "",
    base: int | None = None,
) -> GuidelineVersion:
    """Store a guideline; a changed text or rules table becomes the next version.

    ``changed_kinds`` names the steps whose meaning the new text changes: labels made under
    earlier versions are stale there. ``base`` is the version that the author started from.
    An unchanged guideline gives the current version back.

    Raises:
        Invalid: a bad rules table or kind.
        Conflict: somebody else saved a version after ``base``.
    """
    try:
        parse_rules(rules)
    except RulesError as error:
        raise Invalid(_("rules: %(error)s", error=str(error))) from error
    kinds = sorted(set(changed_kinds))
    if not set(kinds) <= {int(kind) for kind in StepKind}:
        raise Invalid(_("changed steps must be 1 to 5"))
    text, rules = _lines(text), _lines(rules)
    stored = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if base is not None and base != stored.guideline_version:
        raise Conflict(_("version %(n)s was saved meanwhile", n=stored.guideline_version))
    current = guideline_current(project=stored)
    if (_lines(current.text), _lines(current.rules)) == (text, rules) and not kinds:
        return current
    made = GuidelineVersion.objects.create(
        project=stored,
        number=current.number + 1,
        text=text,
        rules=rules,
        changed_kinds=kinds,
        note=note.strip(),
        author=author,
    )
    stored.guideline, stored.rules = text, rules
    stored.guideline_version = made.number
    stored.save(update_fields=["guideline", "rules", "guideline_version"])
    project.guideline, project.rules = text, rules
    project.guideline_version = made.number
    return made


def guideline_current(*, project: Project) -> GuidelineVersion:
    """The version in force; written down now for a project made before versions were kept."""
    version, _ = GuidelineVersion.objects.get_or_create(
        project=project,
        number=project.guideline_version,
        defaults={"text": project.guideline, "rules": project.rules},
    )
    return version


@transaction.atomic
def stale_reopen(*, project: Project, lead: User, contradicting_only: bool = True) -> int:
    """Ask people again about what a rule change made stale, each pair's values and each text
    once; returns how many items.

    ``contradicting_only`` leaves alone what agrees with the new rules anyway. Old labels stay;
    the new resolution supersedes the old one. A rollout that is in the queue is left there.

    Raises:
        Denied: not a lead.
    """
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead may reopen stale labels"))
    rows = stale_rollouts(project, contradicting_only=contradicting_only)
    plan = relabel_plan(project, rows)
    for each in plan:
        queue_ask(
            rollout=each.rollout,
            reason=QueueItem.Reason.STALE,
            kinds=each.kinds,
            note=f"the guideline changed since version {each.row.guideline_version}",
        )
    return len(plan)


def _lines(text: str) -> str:
    """A browser sends CRLF; a text that was only looked at is no new version."""
    return text.replace("\r\n", "\n")

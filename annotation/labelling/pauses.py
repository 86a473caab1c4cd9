"""The pause rule: too many gold steps wrong, and a person gets no more claims."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.cot.errors import Conflict, Denied
from annotation.cot.wording import wording as _
from annotation.labelling.gold_select import recent_scores
from annotation.models import Pause, Project
from annotation.people.roles import Role, has_role


@transaction.atomic
def pause_check(*, project: Project, annotator: User) -> Pause | None:
    """Apply the rule to one person; returns the pause in force, if any.

    The mean score of the last ``pause_window`` gold items under ``pause_below`` percent
    pauses; answers from before the last lifted pause do not count again. A pause whose cause
    is gone, because a gold answer was changed, is lifted.
    """
    current = Pause.objects.filter(project=project, annotator=annotator, lifted_at=None).first()
    scores = recent_scores(annotator, project)
    full = project.pause_below > 0 and len(scores) >= project.pause_window > 0
    threshold = project.pause_below / 100
    accuracy = sum(scores) / len(scores) if scores else 1.0
    if full and accuracy < threshold:
        if current is None:
            current, _ = Pause.objects.get_or_create(
                project=project,
                annotator=annotator,
                lifted_at=None,
                defaults={"accuracy": accuracy, "n": len(scores), "threshold": threshold},
            )
        return current
    if current is not None and full:
        current.lifted_at, current.note = timezone.now(), "a gold answer was changed"
        current.save(update_fields=["lifted_at", "note"])
    return None if full else current


@transaction.atomic
def pause_lift(*, pause: Pause, lead: User, note: str = "") -> Pause:
    """Let a person go on; the window starts afresh.

    Raises:
        Denied: not a lead.
        Conflict: lifted already.
    """
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead may lift a pause"))
    locked = Pause.objects.select_for_update().get(pk=pause.pk)
    if locked.lifted_at is not None:
        raise Conflict(_("this pause was lifted already"))
    locked.lifted_at, locked.lifted_by, locked.note = timezone.now(), lead, note.strip()
    locked.save(update_fields=["lifted_at", "lifted_by", "note"])
    return locked

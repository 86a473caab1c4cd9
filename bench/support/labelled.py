"""Labels by SQL, for exports of many: as five correct verdicts an item would leave them."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import connection

from annotation.models import Project

_ASSIGNMENTS = """
insert into annotation_assignment (item_id, annotator_id, slot, state, claimed_at, expires_at,
    submitted_at, reason, draft, draft_version, active_ms)
select i.id, %(user)s, 0, 'submitted', now(), now(), now(), '', '{}'::jsonb, 0, 1000
from annotation_queueitem i where i.project_id = %(project)s and i.state = 'open'
on conflict do nothing
"""
_SUBMISSIONS = """
insert into annotation_submission (assignment_id, annotator_id, client_key, created_at)
select a.id, a.annotator_id, 'filled-' || a.id, now()
from annotation_assignment a join annotation_queueitem i on i.id = a.item_id
where i.project_id = %(project)s and i.state = 'open' and a.state = 'submitted'
"""
_LABELS = """
insert into annotation_steplabel (submission_id, annotator_id, item_id, kind, verdict, value,
    reason, comment, guideline_version, active_ms, hint_shown, attributes, created_at)
select m.id, a.annotator_id, i.id, s.kind, 'correct', s.value, '', '', 1, 0, false,
    '[]'::jsonb, now()
from annotation_submission m
join annotation_assignment a on a.id = m.assignment_id
join annotation_queueitem i on i.id = a.item_id
join annotation_step s on s.rollout_id = i.rollout_id
where i.project_id = %(project)s and i.state = 'open'
order by m.id, s.kind
"""
_CLOSE = """
update annotation_queueitem i set state = 'labelled'
where i.project_id = %(project)s and i.state = 'open'
"""


def label_rest(project: Project, user: User) -> None:
    """Every open item of the project is labelled by ``user``; held ones lose their holder."""
    values = {"project": project.pk, "user": user.pk}
    drop = (
        "delete from annotation_assignment a using annotation_queueitem i "
        "where i.id = a.item_id and i.project_id = %(project)s and a.state = 'claimed'"
    )
    with connection.cursor() as cursor:
        for statement in (drop, _ASSIGNMENTS, _SUBMISSIONS, _LABELS, _CLOSE):
            cursor.execute(statement, values)
        cursor.execute("analyze")

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


_DECIDE = """
insert into annotation_resolution (item_id, pair_id, kind, verdict, value, source, n, agreement,
    step_sha256, cause, method, guideline_version, created_at)
select i.id, r.pair_id, s.kind, 'correct', s.value, 'consensus', 1, 1, s.sha256, '', '', 1,
    now()
from annotation_queueitem i
join annotation_rollout r on r.id = i.rollout_id
join annotation_step s on s.rollout_id = r.id
where i.project_id = %(project)s and i.state in ('open', 'labelled')
order by i.id, s.kind
"""
_RESOLVE = """
update annotation_queueitem i set state = 'resolved', closed_at = now()
where i.project_id = %(project)s and i.state in ('open', 'labelled')
"""
_ROLLOUTS = """
insert into annotation_rollout (pair_id, policy, text, layout, parse_error, parse_message,
    prompt_version, sample_index, temperature, seed, max_tokens, finish, created_at)
select r.pair_id, %(policy)s, r.text, r.layout, '', '', '1', 0, 1, 0, 256, 'stop', now()
from annotation_rollout r join annotation_pair p on p.id = r.pair_id
where p.project_id = %(project)s and r.policy = %(model)s
order by r.id
"""
_STEPS = """
insert into annotation_step (rollout_id, kind, text, start, "end", value, sha256)
select n.id, s.kind, s.text, s.start, s."end", s.value,
    case when n.pair_id %% 2 = 0 then s.sha256 else md5(%(policy)s || s.sha256) end
from annotation_rollout n
join annotation_rollout r on r.pair_id = n.pair_id and r.policy = %(model)s
join annotation_step s on s.rollout_id = r.id
join annotation_pair p on p.id = n.pair_id
where p.project_id = %(project)s and n.policy = %(policy)s
order by n.id, s.kind
"""


def resolve_all(project: Project) -> None:
    """Every item that is open or labelled is decided as its rollout claims."""
    with connection.cursor() as cursor:
        for statement in (_DECIDE, _RESOLVE, "analyze"):
            cursor.execute(statement, {"project": project.pk})


def rollouts_again(project: Project, model: str, policy: str) -> None:
    """``policy`` wrote what ``model`` wrote; for every other pair in other words."""
    values: dict[str, str | int] = {"project": project.pk, "model": model, "policy": policy}
    with connection.cursor() as cursor:
        for statement in (_ROLLOUTS, _STEPS, "analyze"):
            cursor.execute(statement, values)

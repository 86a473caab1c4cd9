"""A circle gone through many times: labels, decisions, a release, the groups of a run."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import connection

from bench.support.items import items_make, lead_make, people_make
from bench.support.labelled import label_rest, resolve_all
from training.models import Checkpoint, TrainingRun
from verifier.models import VerifierRelease

_FROZEN = """
insert into verifier_releaserow (release_id, resolution_id, pair_id, kind, step_sha256,
    is_truth, is_label)
select %(release)s, r.id, r.pair_id, r.kind,
    case when r.kind <= 2 then r.step_sha256 else '' end, true, true
from annotation_resolution r
"""
_REWARDED = """
insert into training_rewardgroup (run_id, update, pair_id, release_id, rewards, advantages,
    sources, step_sha256, text_offset)
select %(run)s, u, o.pair_id, %(release)s, array_fill(1::real, array[10]),
    array_fill(0.5::real, array[10]), array_fill(2::smallint, array[10]),
    h.hashes || array_fill(sha256(int8send(o.id)), array[5]), row_number() over ()
from annotation_rollout o
join annotation_pair p on p.id = o.pair_id
join lateral (
    select array_agg(decode(s.sha256, 'hex') order by s.kind) as hashes
    from annotation_step s where s.rollout_id = o.id
) h on true
cross join generate_series(0, %(updates)s - 1) u
where p.project_id = %(project)s
"""
# Each item's steps have a text, and so a hash, of their own.
_HASHES = """
update annotation_step s set sha256 = encode(sha256(int8send(s.id)), 'hex')
from annotation_rollout o join annotation_pair p on p.id = o.pair_id
where s.rollout_id = o.id and p.project_id = %(project)s
"""
_PLANNED = (
    "select * from training_rewardgroup where run_id = %(run)s and pair_id = %(pair)s "
    "order by update, id",
    "select * from training_rewardgroup where run_id = %(run)s and pair_id = %(pair)s and "
    "step_sha256 @> array[decode(%(sha)s, 'hex')] order by update, id",
    "select * from verifier_releaserow where resolution_id = %(resolution)s",
    "select * from verifier_releaserow where release_id = %(release)s and pair_id = %(pair)s",
)


@dataclass(frozen=True, slots=True)
class History:
    lead: User
    run: int
    release: int
    labels: list[int]
    steps: list[int]
    pairs: list[int]

    def plans(self) -> list[str]:
        """What PostgreSQL does for the queries of a lineage."""
        values: dict[str, int | str] = {
            "run": self.run, "release": self.release, "pair": self.pairs[0], "sha": "00" * 32,
            "resolution": _column("select min(id) from annotation_resolution")[0],
        }  # fmt: skip
        lines = []
        with connection.cursor() as cursor:
            for query in _PLANNED:
                cursor.execute(f"explain (costs off) {query}", values)
                lines.append(" / ".join(row[0].strip() for row in cursor.fetchall()))
        return lines


def history_make(items: int, updates: int) -> History:
    project = items_make("bench", items)
    (person,) = people_make(1)
    lead = User.objects.get(username=lead_make())
    release = VerifierRelease.objects.create(
        project=project, number=1, sha256="0" * 64, payload='{"sha256": "", "rows": []}'
    )
    policy = Checkpoint.objects.create(name="bench", path="/nowhere")
    run = TrainingRun.objects.create(
        project=project, method="srpo", policy=policy, release=release, state="finished"
    )
    values = {
        "project": project.pk, "release": release.pk, "run": run.pk, "updates": updates,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_HASHES, values)
        label_rest(project, User.objects.get(username=person))
        resolve_all(project)
        for statement in (_FROZEN, _REWARDED):
            cursor.execute(statement, values)
        cursor.execute("analyze")
    return History(
        lead,
        run.pk,
        release.pk,
        _column("select id from annotation_steplabel order by id"),
        _column("select id from annotation_step order by id"),
        _column("select id from annotation_pair order by id"),
    )


def _column(query: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [row[0] for row in cursor.fetchall()]

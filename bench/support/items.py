"""Queue items by the hundred thousand: set-based SQL, the same rows the services make."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import connection

from annotation.cot.steps import StepKind, render
from annotation.labelling.rollouts import rollout_record
from annotation.models import Pair, Project
from annotation.people.abilities import abilities_of
from annotation.people.roles import Role, role_grant
from annotation.people.tokens import api_token_create
from annotation.quality.projects import project_create

PASSWORD = "bench"
COT = render(
    {
        StepKind.QUERY: "want: kettle\ncolor: black",
        StepKind.ITEM: "product: kettle\ncolor: black",
        StepKind.CATEGORY: "kettle kettle same\ncategory: match",
        StepKind.ATTRIBUTE: "color: black black same met\nattribute: all",
        StepKind.FINAL: "category match attribute all\ntier: 4",
    }
)

_PRODUCTS = """
insert into annotation_product (project_id, external_id, content_hash, title, category_path,
    attributes, description, image_url)
select %s, 'p' || i, md5('p' || i), 'Kettle ' || i, 'kitchen > kettle',
    '[["color", "black"]]'::jsonb, '', ''
from generate_series(1, %s) i
"""
_PAIRS = """
insert into annotation_pair (project_id, product_id, query, query_type, locale, split,
    content_hash, source, gold, silver, created_at)
select project_id, id, 'black kettle ' || external_id, 'general', 'en', 'train',
    md5('q' || external_id), 'bench', '{}'::jsonb, '{}'::jsonb, now()
from annotation_product where project_id = %s
"""

_FILLED = [f"annotation_{name}" for name in ("product", "pair", "rollout", "step", "queueitem")]


def items_make(slug: str, count: int) -> Project:
    """A project with ``count`` open items of five readable steps, one annotator each."""
    project = project_create(slug=slug, overlap=1, max_overlap=3)
    with connection.cursor() as cursor:
        cursor.execute(_PRODUCTS, [project.pk, count])
        cursor.execute(_PAIRS, [project.pk])
    first = Pair.objects.filter(project=project).order_by("pk")[0]
    model = rollout_record(pair=first, text=COT, policy="bench", prompt_version="1")
    _copy_rollouts(project, model.pk)
    _open_items(project)
    with connection.cursor() as cursor:
        # Of what was filled: a table known to be empty is planned for as if it stayed so.
        cursor.execute(f"analyze {', '.join(_FILLED)}")
    return project


def people_make(count: int) -> list[str]:
    names = [f"bench{number}" for number in range(count)]
    for name in names:
        if not User.objects.filter(username=name).exists():
            user = User.objects.create_user(name, password=PASSWORD)
            role_grant(user=user, role=Role.ANNOTATOR)
    return names


def lead_make() -> str:
    if not User.objects.filter(username="bench-lead").exists():
        user = User.objects.create_user("bench-lead", password=PASSWORD)
        role_grant(user=user, role=Role.LEAD)
    return "bench-lead"


def token_make(name: str) -> str:
    """A token with every scope that the person's roles allow; returns the secret."""
    user = User.objects.get(username=name)
    _, secret = api_token_create(user=user, name="bench", scopes=sorted(abilities_of(user)))
    return secret


def _copy_rollouts(project: Project, model: int) -> None:
    rollout = _columns("annotation_rollout", {"id", "pair_id"})
    step = _columns("annotation_step", {"id", "rollout_id"})
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into annotation_rollout (pair_id, {rollout}) "
            f"select p.id, {_of('r', rollout)} from annotation_pair p, annotation_rollout r "
            "where r.id = %s and p.project_id = %s and p.id <> r.pair_id",
            [model, project.pk],
        )
        cursor.execute(
            f"insert into annotation_step (rollout_id, {step}) "
            f"select r.id, {_of('s', step)} from annotation_step s, annotation_rollout r "
            "join annotation_pair p on p.id = r.pair_id "
            "where s.rollout_id = %s and p.project_id = %s and r.id <> s.rollout_id",
            [model, project.pk],
        )


def _open_items(project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into annotation_queueitem (project_id, rollout_id, reason, state, "
            "priority, overlap, kinds, note, opened_at) "
            "select p.project_id, r.id, 'new', 'open', 0, 1, '{1,2,3,4,5}', '', now() "
            "from annotation_rollout r join annotation_pair p on p.id = r.pair_id "
            "where p.project_id = %s order by r.id",
            [project.pk],
        )


def _columns(table: str, without: set[str]) -> str:
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, table)
    return ", ".join(f'"{row.name}"' for row in columns if row.name not in without)


def _of(alias: str, columns: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in columns.split(", "))

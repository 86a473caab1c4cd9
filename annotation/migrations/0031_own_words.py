"""A verdict on an item analysis is kept by its own words (docs/decisions/0023): the hashes of
stored steps and decisions follow."""

import hashlib

from django.db import migrations, models

_BATCH = 5_000
_READ = """
SELECT s.id, p.content_hash, s.text
FROM annotation_step AS s
JOIN annotation_rollout AS o ON o.id = s.rollout_id
JOIN annotation_pair AS p ON p.id = o.pair_id
WHERE s.kind = 2 AND s.id > %s
ORDER BY s.id
LIMIT %s
"""
_WRITE = """
UPDATE annotation_step AS s SET sha256 = n.sha256
FROM unnest(%s::bigint[], %s::text[]) AS n (id, sha256)
WHERE s.id = n.id
"""
_DECISIONS = """
UPDATE annotation_resolution AS r SET step_sha256 = s.sha256
FROM annotation_queueitem AS i, annotation_step AS s
WHERE i.id = r.item_id AND s.rollout_id = i.rollout_id
    AND r.kind = 2 AND s.kind = 2 AND r.step_sha256 <> ''
"""


def hash_own_words(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        last = 0
        while True:
            cursor.execute(_READ, [last, _BATCH])
            rows = cursor.fetchall()
            if not rows:
                break
            cursor.execute(_WRITE, [[row[0] for row in rows], [_hash(*row[1:]) for row in rows]])
            last = rows[-1][0]
        cursor.execute(_DECISIONS)


def _hash(context, text):
    # as annotation.cot.steps.step_sha256 was when this was written
    normal = "\n".join(" ".join(part.split()).lower() for part in (context, text))
    return hashlib.sha256(normal.encode()).hexdigest()


class Migration(migrations.Migration):
    dependencies = [("annotation", "0030_round_waiver")]

    operations = [
        migrations.AlterField(
            model_name="step",
            name="sha256",
            field=models.CharField(
                db_index=True,
                help_text="steps 1-2 by their own words, 3-5 with all before them",
                max_length=64,
            ),
        ),
        migrations.RunPython(hash_own_words, migrations.RunPython.noop, elidable=True),
    ]

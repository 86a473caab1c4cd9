"""Truths of item analyses follow their decisions' hashes (annotation 0031). Where several are of
one text now, the strongest stays and among equals the newest; the others are superseded."""

from django.db import migrations

_SUPERSEDE = """
UPDATE verifier_groundtruth AS t SET superseded_at = now()
FROM (
    SELECT g.id, row_number() OVER (
        PARTITION BY g.project_id, r.step_sha256
        ORDER BY (g.source = 'adjudicated') DESC, g.id DESC
    ) AS place
    FROM verifier_groundtruth AS g
    JOIN annotation_resolution AS r ON r.id = g.resolution_id
    WHERE g.kind = 2 AND g.superseded_at IS NULL
) AS ranked
WHERE ranked.id = t.id AND ranked.place > 1
"""
_FOLLOW = """
UPDATE verifier_groundtruth AS t SET step_sha256 = r.step_sha256
FROM annotation_resolution AS r
WHERE r.id = t.resolution_id AND t.kind = 2 AND r.step_sha256 <> ''
"""


class Migration(migrations.Migration):
    dependencies = [
        ("verifier", "0003_release_labels"),
        ("annotation", "0031_own_words"),
    ]

    operations = [
        migrations.RunSQL(_SUPERSEDE, migrations.RunSQL.noop, elidable=True),
        migrations.RunSQL(_FOLLOW, migrations.RunSQL.noop, elidable=True),
    ]

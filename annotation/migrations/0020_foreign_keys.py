"""Foreign keys again where triggers of 0008 looked at whole statements (docs/decisions/0017).

One key of a pair says that its product is there and is its own project's; that product's key
says that the project is there.
"""

import django.db.models.deletion
from django.core.management.base import CommandError
from django.db import migrations, models

DROP_TRIGGERS = """
DROP FUNCTION stepwise_product_written, stepwise_pair_written, stepwise_product_removed,
    stepwise_project_removed, stepwise_stays CASCADE
"""
PAIR_KEY = """
ALTER TABLE annotation_pair ADD CONSTRAINT pair_of_project
    FOREIGN KEY (project_id, product_id) REFERENCES annotation_product (project_id, id)
    DEFERRABLE INITIALLY DEFERRED
"""
NO_PAIR_KEY = "ALTER TABLE annotation_pair DROP CONSTRAINT pair_of_project"

ORPHANS = {
    "annotation_product": (
        "project is not there",
        """SELECT d.id FROM annotation_product d
        WHERE NOT EXISTS (SELECT FROM annotation_project o WHERE o.id = d.project_id)
        ORDER BY d.id""",
    ),
    "annotation_pair": (
        "product is not there, or is another project's",
        """SELECT p.id FROM annotation_pair p
        WHERE NOT EXISTS (SELECT FROM annotation_product d
                          WHERE d.id = p.product_id AND d.project_id = p.project_id)
        ORDER BY p.id""",
    ),
}


def orphans_refuse(apps, schema_editor):
    """Say which rows the keys would refuse, and what to do; PostgreSQL names only the first."""
    for table, (what, query) in ORPHANS.items():
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(query)
            ids = [str(row[0]) for row in cursor.fetchall()]
        if ids:
            shown = ", ".join(ids[:20]) + (", ..." if len(ids) > 20 else "")
            raise CommandError(
                f"the database was not updated: of {len(ids)} rows of {table} the {what} "
                f"(ids {shown}). Bring the missing rows back from a backup, or remove these and "
                "what hangs on them, then run this again; docs/operations.md, Upgrading, says how."
            )


class Migration(migrations.Migration):
    dependencies = [("annotation", "0019_project_tombstones")]

    operations = [
        migrations.RunPython(orphans_refuse, migrations.RunPython.noop, elidable=True),
        migrations.RunSQL(DROP_TRIGGERS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "product", models.UniqueConstraint(fields=("project", "id"), name="product_of_project")
        ),
        migrations.AlterField(
            "product",
            "project",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="products",
                to="annotation.project",
            ),
        ),
        migrations.RunSQL(PAIR_KEY, NO_PAIR_KEY),
    ]

"""The key that pairs refer to begins with the product's id, not with the project's.

With an index that begins with the project the planner takes all products of a project, unknown
to its statistics, where one is looked up by project, id of the file and hash.
"""

from django.db import migrations, models

OLD = """
ALTER TABLE annotation_pair ADD CONSTRAINT pair_of_project
    FOREIGN KEY (project_id, product_id) REFERENCES annotation_product (project_id, id)
    DEFERRABLE INITIALLY DEFERRED
"""
NEW = """
ALTER TABLE annotation_pair ADD CONSTRAINT pair_of_project
    FOREIGN KEY (product_id, project_id) REFERENCES annotation_product (id, project_id)
    DEFERRABLE INITIALLY DEFERRED
"""
NONE = "ALTER TABLE annotation_pair DROP CONSTRAINT pair_of_project"


class Migration(migrations.Migration):
    dependencies = [("annotation", "0021_skip_reasons_are_rows")]

    operations = [
        migrations.RunSQL(NONE, OLD),
        migrations.RemoveConstraint("product", "product_of_project"),
        migrations.AddConstraint(
            "product", models.UniqueConstraint(fields=("id", "project"), name="product_of_project")
        ),
        migrations.RunSQL(NEW, NONE),
    ]

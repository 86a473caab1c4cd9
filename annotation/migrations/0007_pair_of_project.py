"""One foreign key of a pair says that its product is there and of the same project.

It takes the place of two, which cost an import twice as much and let a pair name the product of
another project. Nothing asked for a split without a project: that index goes.
"""

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
ALTER TABLE annotation_pair ADD CONSTRAINT pair_of_project
    FOREIGN KEY (project_id, product_id) REFERENCES annotation_product (project_id, id)
    DEFERRABLE INITIALLY DEFERRED
"""
BACKWARD = "ALTER TABLE annotation_pair DROP CONSTRAINT pair_of_project"


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0006_submit"),
    ]

    operations = [
        migrations.AlterField(
            model_name="pair",
            name="product",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="pairs",
                to="annotation.product",
            ),
        ),
        migrations.AlterField(
            model_name="pair",
            name="project",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="pairs",
                to="annotation.project",
            ),
        ),
        migrations.AlterField(
            model_name="pair",
            name="split",
            field=models.CharField(help_text="by query hash", max_length=8),
        ),
        migrations.AlterField(
            model_name="product",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="products",
                to="annotation.project",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(
                fields=("project", "id"), name="product_of_project"
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]

"""How and when a claim was given back, kept with the claim itself."""

from django.db import migrations, models

# What is known of older ones: a reason that the item's note repeats closed it.
KNOWN = """
UPDATE annotation_assignment a SET skip = CASE
        WHEN i.note = 'unrateable: ' || a.reason THEN 'unrateable'
        WHEN i.note = 'drop: ' || a.reason THEN 'drop'
        ELSE 'to_others' END
FROM annotation_queueitem i WHERE i.id = a.item_id AND a.state = 'skipped'
"""


class Migration(migrations.Migration):
    dependencies = [("annotation", "0014_leased_jobs")]

    operations = [
        migrations.AddField(
            "assignment",
            "skip",
            models.CharField(
                blank=True,
                choices=[
                    ("to_me", "to me later"),
                    ("to_others", "to others"),
                    ("drop", "dropped"),
                    ("unrateable", "cannot be judged"),
                ],
                db_default="",
                default="",
                help_text="how it was given back",
                max_length=12,
            ),
        ),
        migrations.AddField(
            "assignment", "skipped_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
    ]

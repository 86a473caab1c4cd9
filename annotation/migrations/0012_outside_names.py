"""Names of people in other tools, and when a submission came in a file."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0011_outbox_horizon"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "submission",
            "imported_at",
            models.DateTimeField(
                null=True,
                blank=True,
                help_text="of a file; then created_at is when it was said there",
            ),
        ),
        migrations.CreateModel(
            name="OutsideName",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("origin", models.CharField(max_length=200)),
                (
                    "name",
                    models.CharField(
                        max_length=254, help_text="e-mail, name or #number, folded"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.ForeignKey(
                        settings.AUTH_USER_MODEL,
                        django.db.models.deletion.CASCADE,
                        related_name="+",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["origin", "name"], name="outside_name_once"
                    )
                ],
            },
        ),
    ]

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("config", "0001_initial")]

    operations = [
        migrations.AddField(
            "workerheartbeat",
            "busy",
            models.BooleanField(default=False, help_text="at a job"),
        ),
        migrations.AddField(
            "workerheartbeat",
            "done",
            models.PositiveBigIntegerField(
                default=0, help_text="jobs ended since its start"
            ),
        ),
        migrations.AddField(
            "workerheartbeat",
            "worked_at",
            models.DateTimeField(
                default=django.utils.timezone.now, help_text="when that number last grew"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "workerheartbeat",
            "read_at",
            models.DateTimeField(
                null=True,
                help_text="when it last asked for a job; empty when the broker does not tell",
            ),
        ),
    ]

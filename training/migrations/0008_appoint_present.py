"""Until now the newest reward model of a project was in charge; it stays so, on record."""

from django.db import migrations

REASON = "in charge before appointments existed"


def appoint(apps, schema_editor):
    checkpoints = apps.get_model("training", "Checkpoint").objects.using(
        schema_editor.connection.alias
    )
    appointments = apps.get_model("training", "RmAppointment").objects.using(
        schema_editor.connection.alias
    )
    newest = {}
    rows = checkpoints.filter(kind="rm", run__isnull=False).order_by("pk")
    for pk, project in rows.values_list("pk", "run__project"):
        newest[project] = pk
    for project in appointments.filter(until=None).values_list("project", flat=True):
        newest.pop(project, None)
    for project, rm in newest.items():
        appointments.create(project_id=project, rm_id=rm, reason=REASON)


class Migration(migrations.Migration):
    dependencies = [("training", "0007_gate")]

    operations = [migrations.RunPython(appoint, migrations.RunPython.noop, elidable=True)]

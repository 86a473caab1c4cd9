from django.db import migrations, models

# Where somebody ever had an account, demo users are never made again.
MARK = """
insert into config_demousers (id, made_at)
select 1, now() where pg_sequence_last_value('auth_user_id_seq') is not null
"""


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0002_worker_at_work"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="DemoUsers",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("made_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.RunSQL(MARK, migrations.RunSQL.noop),
    ]

"""What an installation has otherwise than a new one, because landed migrations were edited.

0001 got an index after 0.1.0, and a function of 0008 another text. Keys for the API were an
app of their own at first; its table stayed, and a person who has a row there cannot be removed.
"""

from django.db import migrations

FORWARD = """
CREATE INDEX IF NOT EXISTS queue_order_any ON annotation_queueitem (priority DESC, id)
    WHERE state = 'open';

CREATE OR REPLACE FUNCTION stepwise_product_written() RETURNS trigger
LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    PERFORM FROM annotation_project WHERE id IN (SELECT project_id FROM written) FOR KEY SHARE;
    IF EXISTS (SELECT FROM (SELECT DISTINCT project_id FROM written) w
               WHERE (SELECT p.id FROM annotation_project p WHERE p.id = w.project_id) IS NULL)
    THEN
        RAISE foreign_key_violation USING CONSTRAINT = 'product_of_project',
            MESSAGE = 'product_of_project: there is no such project';
    END IF;
    RETURN NULL;
END $$;

DROP TABLE IF EXISTS authtoken_token;
"""


class Migration(migrations.Migration):
    dependencies = [("annotation", "0017_import_options")]

    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]

"""How far a reader of ids may go: writers mark where they began, readers look at the marks.

A mark is a shared advisory lock (nobody ever waits for it): its first number names the table and
the project, its second is the id that was newest when the transaction first wrote. It ends with
the transaction or the savepoint that it was taken in, as the rows do. Project 0 stands for all.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION stepwise_outbox_newest(outbox text) RETURNS bigint LANGUAGE sql AS $$
    SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(outbox, 'id')::regclass), 0)
$$;

CREATE FUNCTION stepwise_outbox_mark() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    project text := CASE TG_ARGV[0] WHEN 'a_project'
        THEN nullif(current_setting('stepwise.project', true), '') END;
    name text := TG_TABLE_NAME || ':' || coalesce(project, '0');
    marked text := coalesce(current_setting('stepwise.marked', true), '');
BEGIN
    IF position(',' || name || ',' IN marked) = 0 THEN
        PERFORM pg_advisory_xact_lock_shared(
            hashtext(name), stepwise_outbox_newest(TG_TABLE_NAME)::bit(32)::int);
        PERFORM set_config('stepwise.marked', marked || ',' || name || ',', true);
    END IF;
    RETURN NULL;
END $$;

-- The newest id first and then the marks, by two statements: a writer that is not among the
-- marks has ended, or will get a higher id. Only 32 bits of a mark are kept; a writer is never
-- four thousand million ids behind.
CREATE FUNCTION stepwise_outbox_horizon(outbox text, project bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    newest bigint;
    oldest bigint;
BEGIN
    newest := stepwise_outbox_newest(outbox);
    SELECT min(newest - ((newest - l.objid::bigint) & 4294967295)) INTO oldest
    FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.pid <> pg_backend_pid()
        AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
        AND l.classid::bigint IN (hashtext(outbox || ':0')::bigint & 4294967295,
                                  hashtext(outbox || ':' || project)::bigint & 4294967295);
    RETURN least(newest, oldest);
END $$;

CREATE TRIGGER outbox_mark BEFORE INSERT ON annotation_pair
    FOR EACH STATEMENT EXECUTE FUNCTION stepwise_outbox_mark('a_project');
CREATE TRIGGER outbox_mark BEFORE INSERT ON annotation_rollout
    FOR EACH STATEMENT EXECUTE FUNCTION stepwise_outbox_mark('all');
CREATE TRIGGER outbox_mark BEFORE INSERT ON annotation_steplabel
    FOR EACH STATEMENT EXECUTE FUNCTION stepwise_outbox_mark('all');
CREATE TRIGGER outbox_mark BEFORE INSERT ON annotation_resolution
    FOR EACH STATEMENT EXECUTE FUNCTION stepwise_outbox_mark('all');
"""
BACKWARD = """
DROP FUNCTION stepwise_outbox_mark CASCADE;
DROP FUNCTION stepwise_outbox_horizon, stepwise_outbox_newest;
"""


class Migration(migrations.Migration):
    dependencies = [("annotation", "0010_keys_of_a_person")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

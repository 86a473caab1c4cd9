CREATE OR REPLACE FUNCTION stepwise_outbox_mark() RETURNS trigger LANGUAGE plpgsql AS $$
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

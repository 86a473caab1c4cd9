-- The newest id first and then the marks, by two statements: a writer that is not among the
-- marks has ended, or will get a higher id. Only 32 bits of a mark are kept; a writer is never
-- four thousand million ids behind.
CREATE OR REPLACE FUNCTION stepwise_outbox_horizon(outbox text, project bigint) RETURNS bigint
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

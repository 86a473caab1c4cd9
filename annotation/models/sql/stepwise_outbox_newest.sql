CREATE OR REPLACE FUNCTION stepwise_outbox_newest(outbox text) RETURNS bigint LANGUAGE sql AS $$
    SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(outbox, 'id')::regclass), 0)
$$;

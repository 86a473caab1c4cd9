-- It never waits for the row, which the job's own transaction may hold.
UPDATE %(table)s
SET %(done_column)s = %(done)s, %(total_column)s = coalesce(%(total)s, %(total_column)s)
WHERE id = (
    SELECT id FROM %(table)s WHERE id = %(job)s FOR UPDATE SKIP LOCKED
)

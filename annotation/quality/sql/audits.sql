-- What an audit by chance came to, beside the answer that would have been reused: the strongest
-- that stood when the item was opened.
SELECT a.kind, count(*), count(*) FILTER (WHERE a.answer <> b.answer)
FROM (
    SELECT DISTINCT ON (r.item_id, r.kind)
        r.item_id, r.kind, r.pair_id, r.step_sha256, i.opened_at,
        CASE WHEN r.kind <= 2 THEN r.verdict ELSE r.value END AS answer
    FROM annotation_queueitem AS i
    JOIN annotation_resolution AS r ON r.item_id = i.id
    WHERE i.project_id = %(project)s AND i.selection = %(audit)s AND r.withdrawn_at IS NULL
    ORDER BY r.item_id, r.kind, r.id DESC
) AS a
CROSS JOIN LATERAL (
    SELECT CASE WHEN e.kind <= 2 THEN e.verdict ELSE e.value END AS answer
    FROM annotation_resolution AS e
    WHERE e.pair_id = a.pair_id AND e.kind = a.kind AND e.created_at < a.opened_at
        AND (e.kind >= 3 OR e.step_sha256 = a.step_sha256)
        AND (e.withdrawn_at IS NULL OR e.withdrawn_at > a.opened_at)
        AND CASE WHEN e.kind <= 2 THEN e.verdict ELSE e.value END <> ''
    ORDER BY (e.source = %(adjudicated)s) DESC, e.id DESC
    LIMIT 1
) AS b
WHERE a.answer <> ''
GROUP BY a.kind
ORDER BY a.kind

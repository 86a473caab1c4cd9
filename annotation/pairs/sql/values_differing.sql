-- Rows with values that their pair, known before or from an earlier row, has not.
SELECT s.line, p.id, s.gold::json, s.silver::json, p.gold::json, p.silver::json,
    p.created_at = %(now)s
FROM staged_pair AS s
CROSS JOIN LATERAL (
    SELECT k.id, k.gold, k.silver, k.created_at
    FROM annotation_pair AS k
    WHERE k.project_id = %(project)s AND k.content_hash = s.pair_hash
    LIMIT 1
) AS p
WHERE (s.gold <> '{}' AND NOT p.gold @> s.gold::jsonb)
    OR (s.silver <> '{}' AND NOT p.silver @> s.silver::jsonb)
ORDER BY s.line

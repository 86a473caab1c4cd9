SELECT s.project_id, count(*)
FROM (%(stale)s) AS s
WHERE s.changed IS NOT NULL
    OR (s.expected IS NOT NULL AND s.expected IS DISTINCT FROM s.tier)
GROUP BY 1

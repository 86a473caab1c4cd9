WITH decided AS (
    SELECT DISTINCT ON (r.item_id, r.kind)
        r.item_id, r.kind, CASE WHEN r.kind <= 2 THEN r.verdict ELSE r.value END AS truth
    FROM annotation_resolution AS r
    JOIN annotation_queueitem AS i ON i.id = r.item_id
    WHERE i.project_id = %(project)s AND r.withdrawn_at IS NULL
    ORDER BY r.item_id, r.kind, r.id DESC
)
SELECT l.kind, d.truth, CASE WHEN l.kind <= 2 THEN l.verdict ELSE l.value END, count(*)
FROM annotation_steplabel AS l
JOIN annotation_submission AS s ON s.id = l.submission_id AND s.undone_at IS NULL
JOIN decided AS d ON d.item_id = l.item_id AND d.kind = l.kind
WHERE l.annotator_id = %(user)s AND l.verdict <> %(unsure)s AND d.truth <> ''
GROUP BY 1, 2, 3

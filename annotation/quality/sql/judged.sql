-- One label a person, step and item; "unsure", undone and gold answers are left out.
WITH judged AS (
    SELECT
        i.project_id, l.item_id, l.kind, l.annotator_id, l.created_at,
        CASE WHEN l.kind <= 2 THEN l.verdict ELSE l.value END AS answer
    FROM annotation_steplabel AS l
    JOIN annotation_submission AS s ON s.id = l.submission_id AND s.undone_at IS NULL
    JOIN annotation_queueitem AS i ON i.id = l.item_id
    WHERE i.project_id = ANY (%(projects)s)
        AND l.created_at >= %(since)s::timestamptz
        AND i.state <> %(gold)s
        AND l.verdict <> %(unsure)s
),
items AS (
    SELECT
        project_id, item_id, kind,
        array_agg(answer ORDER BY answer) AS answers,
        max(created_at) AS at,
        array_agg(annotator_id ORDER BY answer, annotator_id) AS people
    FROM judged
    GROUP BY project_id, item_id, kind
)

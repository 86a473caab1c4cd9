-- Arrays of text and not objects: naming each value would double the time of the statement.
WITH chosen AS MATERIALIZED (
    SELECT
        r.id AS rollout_id, r.policy, p.id AS pair_id, p.query, p.query_type, p.locale, p.split,
        d.external_id AS product_id, d.title, d.category_path, d.description, d.image_url,
        d.attributes::text AS attributes
    FROM annotation_rollout AS r
    JOIN annotation_pair AS p ON p.id = r.pair_id
    JOIN annotation_product AS d ON d.id = p.product_id
    WHERE p.project_id = %(project)s
        AND %(split)s IN ('', p.split)
        AND %(policy)s IN ('', r.policy)
),
parts AS (
    SELECT
        c.rollout_id,
        json_agg(ARRAY[s.kind::text, s.text, s.value] ORDER BY s.start)::text AS steps
    FROM chosen AS c
    JOIN annotation_step AS s ON s.rollout_id = c.rollout_id
    GROUP BY c.rollout_id
),
submitted AS (
    SELECT
        c.rollout_id, m.id, u.id AS person, u.username, a.active_ms,
        min(l.created_at) AS created_at,
        json_agg(ARRAY[l.kind::text, l.verdict, l.value, l.comment, l.reason] ORDER BY l.id)
            AS labels
    FROM chosen AS c
    JOIN annotation_queueitem AS i ON i.rollout_id = c.rollout_id
    JOIN annotation_steplabel AS l ON l.item_id = i.id
    JOIN annotation_submission AS m ON m.id = l.submission_id
    JOIN annotation_assignment AS a ON a.id = m.assignment_id
    JOIN auth_user AS u ON u.id = l.annotator_id
    WHERE m.undone_at IS NULL AND i.state <> %(gold)s
    GROUP BY c.rollout_id, m.id, u.id, a.active_ms
),
told AS (
    SELECT
        rollout_id,
        json_agg(
            json_build_array(id, created_at, active_ms, person, username, labels) ORDER BY id
        )::text AS submitted
    FROM submitted
    GROUP BY rollout_id
)
SELECT c.*, parts.steps, told.submitted
FROM chosen AS c
JOIN told USING (rollout_id)
LEFT JOIN parts USING (rollout_id)
ORDER BY rollout_id

-- Only closed rollouts count: what is in the queue is being looked at again already.
WITH newest AS (
    SELECT DISTINCT ON (i.rollout_id, r.kind)
        i.project_id, i.rollout_id, r.item_id, r.kind, r.value, r.guideline_version
    FROM annotation_resolution AS r
    JOIN annotation_queueitem AS i ON i.id = r.item_id
    WHERE i.project_id = ANY (%(projects)s) AND r.withdrawn_at IS NULL
    ORDER BY i.rollout_id, r.kind, r.id DESC
),
-- A step that was decided for the pair before is not asked of each rollout again.
of_pair AS (
    SELECT DISTINCT ON (r.pair_id, r.kind) r.pair_id, r.kind, r.value
    FROM annotation_resolution AS r
    JOIN annotation_queueitem AS i ON i.id = r.item_id
    WHERE i.project_id = ANY (%(projects)s) AND r.withdrawn_at IS NULL
        AND r.kind IN (3, 4) AND r.value <> ''
    ORDER BY r.pair_id, r.kind, r.id DESC
),
decided AS (
    SELECT
        n.project_id, n.rollout_id, max(n.item_id) AS item_id,
        max(n.value) FILTER (WHERE n.kind = 3) AS category,
        max(n.value) FILTER (WHERE n.kind = 4) AS attribute,
        max(n.value) FILTER (WHERE n.kind = 5) AS tier,
        max(n.guideline_version) FILTER (WHERE n.kind = 5) AS tier_version,
        min(n.guideline_version) AS version,
        array_agg(n.kind ORDER BY n.kind) FILTER (
            WHERE n.guideline_version < (
                SELECT max(k.number)
                FROM unnest(%(k_project)s::bigint[], %(k_kind)s::int[], %(k_number)s::int[])
                    AS k (project, kind, number)
                WHERE k.project = n.project_id AND k.kind = n.kind
            )
        ) AS changed
    FROM newest AS n
    GROUP BY n.project_id, n.rollout_id
)
SELECT
    d.rollout_id, d.item_id, p.query, t.title, d.version, v.category, v.attribute, d.tier,
    c.tier AS expected, d.changed, d.project_id
FROM decided AS d
JOIN annotation_rollout AS o ON o.id = d.rollout_id
LEFT JOIN of_pair AS pc ON pc.pair_id = o.pair_id AND pc.kind = 3
LEFT JOIN of_pair AS pa ON pa.pair_id = o.pair_id AND pa.kind = 4
CROSS JOIN LATERAL (
    SELECT
        coalesce(d.category, pc.value) AS category,
        coalesce(d.attribute, pa.value) AS attribute
) AS v
LEFT JOIN unnest(
    %(c_project)s::bigint[], %(c_number)s::int[], %(c_category)s::text[],
    %(c_attribute)s::text[], %(c_tier)s::text[]
) AS c (project, number, category, attribute, tier)
    ON c.project = d.project_id
    AND c.number = d.tier_version
    AND c.category = v.category
    AND c.attribute = v.attribute
JOIN annotation_pair AS p ON p.id = o.pair_id
JOIN annotation_product AS t ON t.id = p.product_id
WHERE (c.tier IS NOT NULL OR d.changed IS NOT NULL)
    AND NOT EXISTS (
        SELECT 1
        FROM annotation_queueitem AS i
        WHERE i.rollout_id = d.rollout_id AND i.state IN %(live)s
    )
ORDER BY (c.tier IS DISTINCT FROM d.tier) DESC, d.rollout_id

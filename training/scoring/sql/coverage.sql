-- One pass over the project's steps. What covers steps of a rollout or of a pair is first made into
-- one row each, a bit a step kind, so that the joins by step are few and none multiplies rows.
WITH judged AS (
    SELECT i.rollout_id, bit_or(1 << r.kind) AS kinds
    FROM annotation_resolution AS r
    JOIN annotation_queueitem AS i ON i.id = r.item_id
    WHERE i.project_id = %(project)s AND r.withdrawn_at IS NULL
        AND (r.verdict <> '' OR r.value <> '')
    GROUP BY i.rollout_id
),
valued AS (
    SELECT
        t.pair_id, bit_or(1 << t.kind) AS kinds,
        coalesce(max(t.value) FILTER (WHERE t.kind = 3), '') AS category,
        coalesce(max(t.value) FILTER (WHERE t.kind = 4), '') AS attribute,
        coalesce(max(t.value) FILTER (WHERE t.kind = 5), '') AS tier
    FROM verifier_groundtruth AS t
    WHERE t.project_id = %(project)s AND t.superseded_at IS NULL AND t.source <> %(silver)s
        AND t.kind >= 3
    GROUP BY t.pair_id
),
-- what the rules table leaves no choice about: the kinds that each set of known values implies
implied AS (
    SELECT * FROM unnest(
        %(categories)s::text[], %(attributes)s::text[], %(tiers)s::text[], %(kinds)s::integer[]
    ) AS r (category, attribute, tier, kinds)
),
covered AS (
    SELECT
        o.policy, o.id AS rollout_id, s.kind,
        (coalesce(j.kinds, 0) >> s.kind) & 1 = 1 AS people,
        (coalesce(v.kinds, 0) >> s.kind) & 1 = 1 OR t.id IS NOT NULL AS known,
        (coalesce(m.kinds, 0) >> s.kind) & 1 = 1 AS implied,
        c.id IS NOT NULL AS scored
    FROM annotation_pair AS p
    JOIN annotation_rollout AS o ON o.pair_id = p.id
    JOIN annotation_step AS s ON s.rollout_id = o.id
    LEFT JOIN judged AS j ON j.rollout_id = o.id
    LEFT JOIN valued AS v ON v.pair_id = p.id
    LEFT JOIN implied AS m USING (category, attribute, tier)
    LEFT JOIN verifier_groundtruth AS t
        ON t.project_id = %(project)s AND t.superseded_at IS NULL AND t.kind <= 2
        AND t.kind = s.kind AND t.step_sha256 = s.sha256
    LEFT JOIN training_stepscore AS c ON c.step_id = s.id AND c.rm_id = %(rm)s
    WHERE p.project_id = %(project)s
)
SELECT
    policy, kind, count(*) AS rollouts,
    count(*) FILTER (WHERE people) AS people,
    count(*) FILTER (WHERE known AND NOT people) AS reused,
    count(*) FILTER (WHERE implied AND NOT known AND NOT people) AS implied,
    count(*) FILTER (WHERE scored AND NOT implied AND NOT known AND NOT people) AS model,
    max(rollout_id) AS newest
FROM covered
GROUP BY policy, kind
ORDER BY max(max(rollout_id)) OVER (PARTITION BY policy) DESC, policy, kind

-- One pass over the project's steps; what may cover a step is made into two lists first, each
-- with one row a key, so that all joins can be by hash and none multiplies rows.
WITH judged AS (
    SELECT DISTINCT i.rollout_id, r.kind
    FROM annotation_resolution AS r
    JOIN annotation_queueitem AS i ON i.id = r.item_id
    WHERE i.project_id = %(project)s AND r.withdrawn_at IS NULL
        AND (r.verdict <> '' OR r.value <> '')
),
known AS (
    SELECT t.kind, CASE WHEN t.kind <= 2 THEN t.step_sha256 ELSE t.pair_id::text END AS key
    FROM verifier_groundtruth AS t
    WHERE t.project_id = %(project)s AND t.superseded_at IS NULL AND t.source <> %(silver)s
)
SELECT
    o.policy, s.kind, count(*) AS rollouts,
    count(*) FILTER (WHERE j.kind IS NOT NULL) AS people,
    count(*) FILTER (WHERE j.kind IS NULL AND k.kind IS NOT NULL) AS reused,
    count(*) FILTER (
        WHERE j.kind IS NULL AND k.kind IS NULL AND c.id IS NOT NULL
    ) AS model,
    max(o.id) AS newest
FROM annotation_pair AS p
JOIN annotation_rollout AS o ON o.pair_id = p.id
JOIN annotation_step AS s ON s.rollout_id = o.id
LEFT JOIN judged AS j ON j.rollout_id = o.id AND j.kind = s.kind
LEFT JOIN known AS k
    ON k.kind = s.kind
    AND k.key = CASE WHEN s.kind <= 2 THEN s.sha256 ELSE p.id::text END
LEFT JOIN training_stepscore AS c ON c.step_id = s.id AND c.rm_id = %(rm)s
WHERE p.project_id = %(project)s
GROUP BY o.policy, s.kind
ORDER BY max(max(o.id)) OVER (PARTITION BY o.policy) DESC, o.policy, s.kind

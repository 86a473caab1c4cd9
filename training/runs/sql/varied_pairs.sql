-- Of pairs with several rollouts of the policy: in how many do they differ in a known reward.
WITH judged AS (
    SELECT o.pair_id, s.kind, s.value = t.value AS agrees
    FROM annotation_rollout AS o
    JOIN annotation_step AS s ON s.rollout_id = o.id
    JOIN verifier_groundtruth AS t
        ON t.pair_id = o.pair_id AND t.kind = s.kind AND t.superseded_at IS NULL
    WHERE o.pair_id = ANY (%(pairs)s)
        AND o.policy = %(policy)s
        AND o.parse_error = ''
        AND t.kind >= 3
),
steps AS (
    SELECT pair_id, count(DISTINCT agrees) > 1 AS differs
    FROM judged
    GROUP BY pair_id, kind
    HAVING count(*) > 1
),
pairs AS (
    SELECT pair_id, bool_or(differs) AS varied
    FROM steps
    GROUP BY pair_id
)
SELECT count(*) FILTER (WHERE varied), count(*)
FROM pairs

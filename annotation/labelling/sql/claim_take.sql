-- What is asked about each item stays a subquery of its own, never a join: so items are always
-- walked in the order of the queue's index, a few of them, whatever the tables' statistics say.
-- A condition that holds for all items is left out, because it is asked of each of them.
WITH candidate AS (
    SELECT i.id, i.overlap
    FROM annotation_queueitem AS i
    WHERE i.state = %(open)s
        -- if of_project
        AND i.project_id = %(project)s
        -- end
        -- if not_barred
        AND i.project_id <> ALL (%(barred)s)
        -- end
        -- if asked_gold
        -- Rollouts of the pairs that the person was asked about as gold: feedback told the
        -- answers. It does not depend on the item, so the server looks once a claim.
        AND i.rollout_id <> ALL (ARRAY(
            SELECT r.id
            FROM (
                SELECT gold_id FROM annotation_goldtry WHERE annotator_id = %(annotator)s
                UNION
                SELECT gold_id FROM annotation_practice WHERE annotator_id = %(annotator)s
            ) AS t
            JOIN annotation_golditem AS g ON g.id = t.gold_id
            JOIN annotation_rollout AS gold ON gold.id = g.rollout_id
            JOIN annotation_rollout AS r ON r.pair_id = gold.pair_id
        ))
        -- end
        -- if reservations
        -- OFFSET 0 keeps these subqueries, too, from becoming joins.
        AND (
            NOT EXISTS (
                SELECT 1
                FROM annotation_queueitem_reserved_for AS r
                WHERE r.queueitem_id = i.id
                OFFSET 0
            )
            OR EXISTS (
                SELECT 1
                FROM annotation_queueitem_reserved_for AS r
                WHERE r.queueitem_id = i.id AND r.user_id = %(annotator)s
                OFFSET 0
            )
        )
        -- end
        -- if without_judged
        -- Texts that the person judged as an earlier item: they come last, when nothing else is
        -- left.
        AND NOT EXISTS (
            SELECT 1
            FROM annotation_queueitem AS e
            JOIN annotation_assignment AS b ON b.item_id = e.id
            WHERE e.rollout_id = i.rollout_id
                AND e.id <> i.id
                AND b.annotator_id = %(annotator)s
                AND b.state = %(submitted)s
            OFFSET 0
        )
        -- end
        AND (
            SELECT
                count(*) FILTER (
                    WHERE a.state = %(submitted)s
                        OR (a.state = %(claimed)s AND a.expires_at > %(now)s)
                ) < i.overlap
                AND count(*) FILTER (
                    WHERE a.annotator_id = %(annotator)s AND a.state IN %(passed)s
                ) = 0
            FROM annotation_assignment AS a
            WHERE a.item_id = i.id
        )
    ORDER BY i.priority DESC, i.id
    LIMIT 1
    FOR UPDATE OF i
    -- if skip_locked
    SKIP LOCKED
    -- end
),
free AS (
    SELECT
        c.id AS item_id,
        (
            SELECT min(n)
            FROM generate_series(0, c.overlap - 1) AS n
            WHERE n <> ALL (ARRAY(
                SELECT a.slot
                FROM annotation_assignment AS a
                WHERE a.item_id = c.id
                    AND (
                        a.state = %(submitted)s
                        OR (a.state = %(claimed)s AND a.expires_at > %(now)s)
                    )
            ))
        ) AS slot
    FROM candidate AS c
),
lapsed AS (
    UPDATE annotation_assignment AS a
    SET state = %(expired)s
    WHERE a.item_id = (SELECT item_id FROM free)
        AND a.slot = (SELECT slot FROM free)
        AND a.state = %(claimed)s
        AND a.expires_at <= %(now)s
    RETURNING a.id
),
mine AS (
    SELECT a.draft, a.draft_version, a.active_ms
    FROM annotation_assignment AS a
    WHERE a.item_id = (SELECT item_id FROM free) AND a.annotator_id = %(annotator)s
    ORDER BY a.id DESC
    LIMIT 1
),
taken AS (
    INSERT INTO annotation_assignment (
        item_id, annotator_id, slot, state, claimed_at, expires_at, reason, draft,
        draft_version, active_ms
    )
    SELECT
        free.item_id, %(annotator)s, free.slot, %(claimed)s, %(now)s, %(expires)s, '',
        coalesce(mine.draft, '{}'::jsonb), coalesce(mine.draft_version, 0),
        coalesce(mine.active_ms, 0)
    FROM free
    -- Counting the lapsed rows makes the slot free before it is taken.
    CROSS JOIN (SELECT count(*) FROM lapsed) AS done
    LEFT JOIN mine ON true
    ON CONFLICT DO NOTHING
    RETURNING id, item_id, draft, draft_version, active_ms
)
SELECT
    (SELECT id FROM candidate),
    (SELECT id FROM taken),
    (SELECT draft::json FROM taken),
    (SELECT draft_version FROM taken),
    (SELECT active_ms FROM taken),
    (%(shown)s)

WITH own AS (
    UPDATE annotation_assignment
    SET expires_at = greatest(expires_at, %(expires)s)
    WHERE state = %(claimed)s
        AND id = (
            SELECT a.id
            FROM annotation_assignment AS a
            JOIN annotation_queueitem AS i ON i.id = a.item_id
            WHERE a.annotator_id = %(annotator)s
                AND a.state = %(claimed)s
                AND i.state IN %(claimable)s
                -- if of_project
                AND i.project_id = (
                    SELECT o.id FROM annotation_project AS o WHERE o.slug = %(slug)s
                )
                -- end
            ORDER BY a.expires_at DESC
            LIMIT 1
        )
    RETURNING id
)
SELECT
    (SELECT id FROM own),
    EXISTS (SELECT 1 FROM annotation_goldtry AS t WHERE t.annotator_id = %(annotator)s)
    OR EXISTS (SELECT 1 FROM annotation_practice AS t WHERE t.annotator_id = %(annotator)s),
    EXISTS (
        SELECT 1
        FROM annotation_project AS o
        WHERE (o.gold_percent > 0 OR o.gold_onboarding > 0)
            -- if of_project
            AND o.slug = %(slug)s
            -- end
    ),
    (SELECT o.id FROM annotation_project AS o WHERE o.slug = %(slug)s),
    ARRAY(
        SELECT p.project_id
        FROM annotation_pause AS p
        WHERE p.annotator_id = %(annotator)s AND p.lifted_at IS NULL
        UNION
        SELECT m.project_id
        FROM annotation_project_pool AS m
        GROUP BY m.project_id
        HAVING bool_and(m.user_id <> %(annotator)s)
    ),
    EXISTS (SELECT 1 FROM annotation_queueitem_reserved_for)

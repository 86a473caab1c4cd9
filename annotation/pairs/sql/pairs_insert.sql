-- The scalar subquery is looked up in the unique index row by row. A join would leave the
-- planner free to read all of a table that has grown since its statistics were made.
INSERT INTO annotation_pair (
    project_id, product_id, content_hash, query, query_type, locale, split, gold, silver,
    source, created_at
)
SELECT
    %(project)s,
    (
        SELECT p.id
        FROM annotation_product AS p
        WHERE p.project_id = %(project)s
            AND p.external_id = s.external_id
            AND p.content_hash = s.product_hash
    ),
    s.pair_hash, s.query, s.query_type, s.locale, s.split, s.gold::jsonb, s.silver::jsonb,
    %(source)s, %(now)s
FROM staged_pair AS s
ORDER BY s.line
ON CONFLICT (project_id, content_hash) DO NOTHING

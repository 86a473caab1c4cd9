-- One JSON value instead of columns: it always looks rows up by their keys, whatever statement
-- it is part of.
SELECT json_build_object(
    'id', i.id, 'reason', i.reason, 'state', i.state, 'overlap', i.overlap, 'kinds', i.kinds,
    'project', json_build_object(
        'id', o.id, 'slug', o.slug, 'name', o.name, 'rules', o.rules,
        'guideline_version', o.guideline_version, 'first_error_only', o.first_error_only
    ),
    'rollout', json_build_object(
        'id', r.id, 'parse_error', r.parse_error, 'parse_message', r.parse_message,
        'text', CASE r.parse_error WHEN '' THEN '' ELSE r.text END,
        'pair', json_build_object(
            'query', p.query, 'query_type', p.query_type, 'locale', p.locale,
            'product', json_build_object(
                'title', d.title, 'category_path', d.category_path,
                'attributes', d.attributes, 'description', d.description,
                'image_url', d.image_url
            )
        ),
        'steps', coalesce((
            SELECT json_agg(
                json_build_object('kind', s.kind, 'text', s.text, 'value', s.value)
                ORDER BY s.start
            )
            FROM annotation_step AS s
            WHERE s.rollout_id = r.id
        ), '[]')
    )
)::text
FROM annotation_queueitem AS i
JOIN annotation_project AS o ON o.id = i.project_id
JOIN annotation_rollout AS r ON r.id = i.rollout_id
JOIN annotation_pair AS p ON p.id = r.pair_id
JOIN annotation_product AS d ON d.id = p.product_id
WHERE i.id = %(item)s

INSERT INTO annotation_product (
    project_id, external_id, content_hash, title, category_path, attributes, description,
    image_url
)
SELECT DISTINCT ON (s.external_id, s.product_hash)
    %(project)s, s.external_id, s.product_hash, s.title, s.category_path, s.attributes::jsonb,
    s.description, s.image_url
FROM staged_pair AS s
ORDER BY s.external_id, s.product_hash
ON CONFLICT (project_id, external_id, content_hash) DO NOTHING

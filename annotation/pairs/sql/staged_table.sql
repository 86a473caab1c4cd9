CREATE TEMPORARY TABLE IF NOT EXISTS staged_pair (
    line bigint,
    external_id text,
    product_hash text,
    title text,
    category_path text,
    attributes text,
    description text,
    image_url text,
    pair_hash text,
    query text,
    query_type text,
    locale text,
    split text,
    gold text,
    silver text
) ON COMMIT DROP

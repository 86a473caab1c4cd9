SELECT
    a.id, a.state, a.expires_at, a.draft::json, a.draft_version, a.active_ms,
    (%(shown)s)
FROM annotation_assignment AS a
WHERE a.id = %(claim)s AND a.annotator_id = %(annotator)s

SELECT
    i.id, i.state, i.kinds, o.rules, o.first_error_only, o.guideline_version,
    (
        SELECT json_agg(json_build_array(s.kind, s.value, char_length(s.text)))
        FROM annotation_step AS s
        WHERE s.rollout_id = i.rollout_id
    )
FROM annotation_assignment AS a
JOIN annotation_queueitem AS i ON i.id = a.item_id
JOIN annotation_project AS o ON o.id = i.project_id
WHERE a.id = %(claim)s AND a.annotator_id = %(annotator)s

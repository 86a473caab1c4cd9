SELECT %(columns)s, %(groups)s
FROM annotation_apitoken AS t
JOIN auth_user AS u ON u.id = t.user_id
WHERE t.digest = %(digest)s
    AND t.revoked_at IS NULL
    AND u.is_active
    AND (t.expires_at IS NULL OR t.expires_at > %(now)s)

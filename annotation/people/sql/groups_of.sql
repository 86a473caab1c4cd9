ARRAY(
    SELECT g.name
    FROM auth_group AS g
    JOIN auth_user_groups AS ug ON ug.group_id = g.id
    WHERE ug.user_id = u.id
)

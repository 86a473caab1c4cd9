SELECT %(columns)s, %(groups)s
FROM auth_user AS u
WHERE u.id = %(user)s AND u.is_active

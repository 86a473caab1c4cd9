SELECT %(columns)s
FROM annotation_project AS o
WHERE o.slug = %(slug)s

%(judged)s
SELECT project_id, kind, at >= %(week)s, answers, count(*)
FROM items
WHERE cardinality(answers) >= 2
GROUP BY 1, 2, 3, 4

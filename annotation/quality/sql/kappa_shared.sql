%(judged)s
SELECT a.annotator_id, b.annotator_id, a.answer, b.answer, count(*)
FROM judged AS a
JOIN judged AS b
    ON b.item_id = a.item_id AND b.kind = a.kind AND b.annotator_id > a.annotator_id
WHERE a.kind = %(kind)s
GROUP BY 1, 2, 3, 4

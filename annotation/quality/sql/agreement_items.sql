%(judged)s
SELECT
    i.id, p.query, items.answers, items.people,
    items.answers[1] <> items.answers[cardinality(items.answers)] AS differ
FROM items
JOIN annotation_queueitem AS i ON i.id = items.item_id
JOIN annotation_rollout AS o ON o.id = i.rollout_id
JOIN annotation_pair AS p ON p.id = o.pair_id
-- if people
CROSS JOIN LATERAL unnest(items.people) AS person
-- end
WHERE items.kind = %(kind)s
    AND %(slice)s = %(key)s
    AND cardinality(items.answers) >= 2
ORDER BY 5 DESC, items.at DESC
LIMIT %(limit)s

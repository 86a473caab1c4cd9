%(judged)s
SELECT %(slice)s AS slice, items.kind, items.answers, count(*)
FROM items
JOIN annotation_queueitem AS i ON i.id = items.item_id
JOIN annotation_rollout AS o ON o.id = i.rollout_id
JOIN annotation_pair AS p ON p.id = o.pair_id
-- if people
CROSS JOIN LATERAL unnest(items.people) AS person
-- end
GROUP BY 1, 2, 3

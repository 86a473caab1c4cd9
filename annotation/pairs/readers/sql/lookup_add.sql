INSERT INTO rows (key, record)
VALUES (:key, :record)
ON CONFLICT (key) DO UPDATE SET clash = 1
WHERE record <> excluded.record

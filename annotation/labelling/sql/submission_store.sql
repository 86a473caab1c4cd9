SELECT outcome, receipt, stored_at
FROM stepwise_submit(
    %(claim)s, %(annotator)s, %(client_key)s, %(labels)s::jsonb, %(active_ms)s,
    %(guideline_version)s, %(now)s
)

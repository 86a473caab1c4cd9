"""A client's key of a submit is its person's own: two people may choose the same."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

OWNERS = """
UPDATE annotation_submission s SET annotator_id = a.annotator_id
FROM annotation_assignment a WHERE a.id = s.assignment_id
"""
# As migration 0006 made it, but for whose key is looked up and stored.
FUNCTION = """
CREATE OR REPLACE FUNCTION stepwise_submit(
    the_claim bigint, person bigint, key text, said jsonb, spent integer, guideline integer,
    moment timestamptz, OUT outcome text, OUT receipt bigint, OUT stored_at timestamptz)
LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    item record;
    held record;
    earlier record;
    place integer;
BEGIN
    SELECT i.id, i.state, i.overlap INTO item FROM annotation_queueitem i
    WHERE i.id = (SELECT a.item_id FROM annotation_assignment a
                  WHERE a.id = the_claim AND a.annotator_id = person)
    FOR UPDATE;
    IF NOT FOUND THEN outcome := 'denied'; RETURN; END IF;

    SELECT s.id, s.assignment_id, s.created_at INTO earlier
    FROM annotation_submission s WHERE s.annotator_id = person AND s.client_key = key;
    IF FOUND THEN
        outcome := CASE earlier.assignment_id WHEN the_claim THEN 'repeated' ELSE 'used' END;
        receipt := earlier.id;
        stored_at := earlier.created_at;
        RETURN;
    END IF;

    SELECT a.state, a.slot INTO held
    FROM annotation_assignment a WHERE a.id = the_claim FOR UPDATE;
    IF item.state NOT IN ('open', 'gold') THEN
        outcome := 'closed'; RETURN;
    ELSIF held.state = 'claimed' THEN
        place := held.slot;
    ELSIF held.state <> 'expired' THEN
        outcome := 'over'; RETURN;
    ELSIF EXISTS (SELECT 1 FROM annotation_assignment b
                  WHERE b.item_id = item.id AND b.annotator_id = person
                    AND b.state IN ('claimed', 'submitted')) THEN
        outcome := 'again'; RETURN;
    ELSE  -- the lease ran out: any slot that is free will do
        SELECT min(n) INTO place FROM generate_series(0, item.overlap - 1) AS n
        WHERE n NOT IN (SELECT b.slot FROM annotation_assignment b
                        WHERE b.item_id = item.id AND b.state IN ('claimed', 'submitted'));
        IF place IS NULL THEN outcome := 'given_away'; RETURN; END IF;
    END IF;

    -- clock_timestamp: the undo window starts when the wait for the lock is over
    INSERT INTO annotation_submission (assignment_id, annotator_id, client_key, created_at)
    VALUES (the_claim, person, key, clock_timestamp())
    ON CONFLICT (annotator_id, client_key) DO NOTHING
    RETURNING id, created_at INTO receipt, stored_at;
    IF receipt IS NULL THEN outcome := 'used'; RETURN; END IF;
    UPDATE annotation_assignment
    SET state = 'submitted', slot = place, submitted_at = moment, active_ms = spent
    WHERE id = the_claim;
    INSERT INTO annotation_steplabel (submission_id, annotator_id, item_id, kind, verdict,
        value, reason, comment, comment_start, comment_end, guideline_version, active_ms,
        hint_shown, attributes, created_at)
    SELECT receipt, person, item.id, l.kind, l.verdict, l.value, l.reason, l.comment,
        l.comment_start, l.comment_end, guideline, l.active_ms, l.hint_shown, l.attributes,
        stored_at
    FROM jsonb_to_recordset(said) AS l(
        kind smallint, verdict text, value text, reason text, comment text,
        comment_start integer, comment_end integer, active_ms integer, hint_shown boolean,
        attributes jsonb);
    IF item.state = 'open' AND item.overlap <= (
            SELECT count(*) FROM annotation_assignment b
            WHERE b.item_id = item.id AND b.state = 'submitted') THEN
        UPDATE annotation_queueitem SET state = 'labelled' WHERE id = item.id;
    END IF;
    outcome := 'stored';
END $$
"""
PERSON = settings.AUTH_USER_MODEL
PROTECT = django.db.models.deletion.PROTECT


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0009_pools_order"),
        migrations.swappable_dependency(PERSON),
    ]

    operations = [
        migrations.AddField(
            "submission",
            "annotator",
            models.ForeignKey(PERSON, PROTECT, null=True, related_name="+", db_index=False),
        ),
        migrations.RunSQL(
            [OWNERS, "SET CONSTRAINTS ALL IMMEDIATE"], migrations.RunSQL.noop
        ),
        migrations.AlterField(
            "submission",
            "annotator",
            models.ForeignKey(PERSON, PROTECT, related_name="+", db_index=False),
        ),
        migrations.AlterField(
            "submission", "client_key", models.CharField(max_length=64)
        ),
        migrations.AddConstraint(
            "submission",
            models.UniqueConstraint(
                fields=["annotator", "client_key"], name="key_once_a_person"
            ),
        ),
        migrations.RunSQL(FUNCTION, migrations.RunSQL.noop),
    ]

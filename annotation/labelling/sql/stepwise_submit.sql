-- Every statement of a function sees what was committed before it: the lock on the item puts
-- submits, undos and resolutions of one item in a row, and what is read after it is younger than
-- the lock. The settings keep plans made while the tables were small from scanning them later.
CREATE OR REPLACE FUNCTION stepwise_submit(
    the_claim bigint, person bigint, key text, labels jsonb, spent integer, guideline integer,
    moment timestamptz, OUT outcome text, OUT receipt bigint, OUT stored_at timestamptz
)
LANGUAGE plpgsql SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    item record;
    claim record;
    earlier record;
    place integer;
BEGIN
    SELECT i.id, i.state, i.overlap INTO item FROM annotation_queueitem i
    WHERE i.id = (SELECT a.item_id FROM annotation_assignment a
                  WHERE a.id = the_claim AND a.annotator_id = person)
    FOR UPDATE;
    IF NOT FOUND THEN
        outcome := %(denied)s;
        RETURN;
    END IF;

    SELECT s.id, s.assignment_id, s.created_at INTO earlier
    FROM annotation_submission s WHERE s.annotator_id = person AND s.client_key = key;
    IF FOUND THEN
        outcome := CASE earlier.assignment_id WHEN the_claim THEN %(repeated)s ELSE %(used)s END;
        receipt := earlier.id;
        stored_at := earlier.created_at;
        RETURN;
    END IF;

    SELECT a.state, a.slot INTO claim
    FROM annotation_assignment a WHERE a.id = the_claim FOR UPDATE;
    IF item.state NOT IN %(claimable)s THEN
        outcome := %(closed)s;
        RETURN;
    ELSIF claim.state = %(claimed)s THEN
        place := claim.slot;
    ELSIF claim.state <> %(expired)s THEN
        outcome := %(over)s;
        RETURN;
    ELSIF EXISTS (SELECT 1 FROM annotation_assignment b
                  WHERE b.item_id = item.id AND b.annotator_id = person
                    AND b.state IN %(live)s) THEN
        outcome := %(again)s;
        RETURN;
    ELSE  -- the lease ran out: any slot that is free will do
        SELECT min(n) INTO place FROM generate_series(0, item.overlap - 1) AS n
        WHERE n NOT IN (SELECT b.slot FROM annotation_assignment b
                        WHERE b.item_id = item.id AND b.state IN %(live)s);
        IF place IS NULL THEN
            outcome := %(given_away)s;
            RETURN;
        END IF;
    END IF;

    -- clock_timestamp: the undo window starts when the wait for the lock is over
    INSERT INTO annotation_submission (assignment_id, annotator_id, client_key, created_at)
    VALUES (the_claim, person, key, clock_timestamp())
    ON CONFLICT (annotator_id, client_key) DO NOTHING
    RETURNING id, created_at INTO receipt, stored_at;
    IF receipt IS NULL THEN
        outcome := %(used)s;
        RETURN;
    END IF;
    UPDATE annotation_assignment
    SET state = %(submitted)s, slot = place, submitted_at = moment, active_ms = spent
    WHERE id = the_claim;
    INSERT INTO annotation_steplabel (submission_id, annotator_id, item_id, kind, verdict,
        value, reason, comment, comment_start, comment_end, guideline_version, active_ms,
        hint_shown, attributes, created_at)
    SELECT receipt, person, item.id, l.kind, l.verdict, l.value, l.reason, l.comment,
        l.comment_start, l.comment_end, guideline, l.active_ms, l.hint_shown, l.attributes,
        stored_at
    FROM jsonb_to_recordset(labels) AS l(
        kind smallint, verdict text, value text, reason text, comment text,
        comment_start integer, comment_end integer, active_ms integer, hint_shown boolean,
        attributes jsonb);
    IF item.state = %(open)s AND item.overlap <= (
            SELECT count(*) FROM annotation_assignment b
            WHERE b.item_id = item.id AND b.state = %(submitted)s) THEN
        UPDATE annotation_queueitem SET state = %(labelled)s WHERE id = item.id;
    END IF;
    outcome := %(stored)s;
END $$

"""The rules of closing: a real week begins to close after its end, a close is kept, a closed period takes nothing."""

from django.db import migrations

from byhand.triggers import unchanging

GUARDS = """
CREATE OR REPLACE FUNCTION wages_period_real_weeks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT simulated FROM wages_paidproject WHERE id = NEW.project_id) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.ends IS DISTINCT FROM OLD.ends THEN
        RAISE EXCEPTION 'wages_period: the end of a real week never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF least(NEW.closing_at, NEW.closed_at) < NEW.ends THEN
        RAISE EXCEPTION 'wages_period: a real week closes after its end' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION wages_periodclose_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.finished_at IS NOT NULL OR NEW.through_worker < OLD.through_worker THEN
        RAISE EXCEPTION 'wages_periodclose %: a close only goes on', OLD.period_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wages_periodclose_goes_on BEFORE UPDATE ON wages_periodclose
    FOR EACH ROW EXECUTE FUNCTION wages_periodclose_goes_on();
CREATE TRIGGER wages_periodclose_kept BEFORE DELETE ON wages_periodclose
    FOR EACH ROW EXECUTE FUNCTION wages_kept();
CREATE TRIGGER wages_periodclose_never_emptied BEFORE TRUNCATE ON wages_periodclose
    FOR EACH STATEMENT EXECUTE FUNCTION wages_kept();

-- work takes a share lock on the open period itself; for all else the database looks
CREATE FUNCTION wages_entry_in_open_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM wages_period WHERE id = NEW.pay_period_id AND closed_at IS NULL FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'wages_entry: period % is closed', NEW.pay_period_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wages_entry_in_open_period BEFORE INSERT ON wages_entry
    FOR EACH ROW WHEN (NEW.pay_period_id IS NOT NULL AND NEW.kind <> 'work')
    EXECUTE FUNCTION wages_entry_in_open_period();
ALTER TABLE wages_draftleaf ADD CONSTRAINT draftleaf_salt CHECK (octet_length(salt) = 32);
"""
NO_GUARDS = """
ALTER TABLE wages_draftleaf DROP CONSTRAINT draftleaf_salt;
DROP TRIGGER wages_entry_in_open_period ON wages_entry; DROP FUNCTION wages_entry_in_open_period();
DROP TRIGGER wages_periodclose_never_emptied ON wages_periodclose;
DROP TRIGGER wages_periodclose_kept ON wages_periodclose;
DROP TRIGGER wages_periodclose_goes_on ON wages_periodclose; DROP FUNCTION wages_periodclose_goes_on();
"""


class Migration(migrations.Migration):
    dependencies = [("wages", "0030_closing_in_batches")]
    operations = [
        migrations.RunSQL(GUARDS, NO_GUARDS),
        unchanging("wages_periodclose", "period_id", "started_at", "started_by_id", "p75_ms", "log_size", "log_root"),
    ]

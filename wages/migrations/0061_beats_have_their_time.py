"""A beat is deleted after 90 days, or when the worker's erasure has begun, and never before; the table is never emptied.

That its pay has arrived as well, and that no case is open, is for `services.retention` to see.
"""

from django.db import migrations

GUARD = """
CREATE FUNCTION wages_beat_has_its_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'wages_beat is kept: TRUNCATE refused' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.at >= clock_timestamp() - interval '90 days' AND NOT EXISTS (
        SELECT 1 FROM rights_erasure WHERE user_id = OLD.worker_id AND called_back_at IS NULL
        AND due_at <= clock_timestamp()) THEN
        RAISE EXCEPTION 'beat % is kept for 90 days', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER wages_beat_has_its_time BEFORE DELETE ON wages_beat
    FOR EACH ROW EXECUTE FUNCTION wages_beat_has_its_time();
CREATE TRIGGER wages_beat_never_emptied BEFORE TRUNCATE ON wages_beat
    FOR EACH STATEMENT EXECUTE FUNCTION wages_beat_has_its_time();
"""
BACK = """
DROP TRIGGER wages_beat_never_emptied ON wages_beat; DROP TRIGGER wages_beat_has_its_time ON wages_beat;
DROP FUNCTION wages_beat_has_its_time();
"""


class Migration(migrations.Migration):
    dependencies = [("wages", "0051_payouts_stand"), ("rights", "0002_rules")]
    operations = [migrations.RunSQL(GUARD, BACK)]

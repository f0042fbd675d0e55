"""A real project's week is never cut: its end stands, and it closes at that end or later."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION wages_period_real_weeks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT simulated FROM wages_paidproject WHERE id = NEW.project_id) THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.ends IS DISTINCT FROM OLD.ends THEN
        RAISE EXCEPTION 'wages_period: the end of a real week never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.closed_at < NEW.ends THEN
        RAISE EXCEPTION 'wages_period: a real week closes after its end' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wages_period_real_weeks BEFORE INSERT OR UPDATE ON wages_period
    FOR EACH ROW EXECUTE FUNCTION wages_period_real_weeks();
"""
BACKWARD = "DROP TRIGGER wages_period_real_weeks ON wages_period; DROP FUNCTION wages_period_real_weeks();"


class Migration(migrations.Migration):
    dependencies = [("wages", "0004_history_stays")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

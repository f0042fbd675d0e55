"""Requests stay as they were made; an erasure that is done, and one that was called back, are final."""

from django.db import migrations

from byhand.triggers import unchanging

GUARDS = """
CREATE FUNCTION rights_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is kept: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION rights_erasure_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.done_at IS NOT NULL OR OLD.called_back_at IS NOT NULL
        OR (OLD.job_id IS NOT NULL AND NEW.job_id IS DISTINCT FROM OLD.job_id) THEN
        RAISE EXCEPTION 'erasure % is settled', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rights_erasure_ends_once BEFORE UPDATE ON rights_erasure
    FOR EACH ROW EXECUTE FUNCTION rights_erasure_ends_once();
CREATE TRIGGER rights_erasure_kept BEFORE DELETE ON rights_erasure FOR EACH ROW EXECUTE FUNCTION rights_stays();
CREATE TRIGGER rights_erasure_never_emptied BEFORE TRUNCATE ON rights_erasure
    FOR EACH STATEMENT EXECUTE FUNCTION rights_stays();
CREATE TRIGGER rights_bundle_kept BEFORE DELETE ON rights_bundle FOR EACH ROW EXECUTE FUNCTION rights_stays();
CREATE TRIGGER rights_bundle_never_emptied BEFORE TRUNCATE ON rights_bundle
    FOR EACH STATEMENT EXECUTE FUNCTION rights_stays();
"""
BACK = """
DROP TRIGGER rights_bundle_never_emptied ON rights_bundle; DROP TRIGGER rights_bundle_kept ON rights_bundle;
DROP TRIGGER rights_erasure_never_emptied ON rights_erasure; DROP TRIGGER rights_erasure_kept ON rights_erasure;
DROP TRIGGER rights_erasure_ends_once ON rights_erasure; DROP FUNCTION rights_erasure_ends_once();
DROP FUNCTION rights_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("rights", "0001_initial")]
    operations = [
        migrations.RunSQL(GUARDS, BACK),
        unchanging("rights_bundle", "user_id", "job_id", "asked_at"),
        unchanging("rights_erasure", "user_id", "asked_at", "due_at"),
    ]

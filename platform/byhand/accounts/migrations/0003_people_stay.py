from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION accounts_people_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: rows are never deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accounts_user_stays BEFORE DELETE ON accounts_user
    FOR EACH ROW EXECUTE FUNCTION accounts_people_stay();
CREATE TRIGGER accounts_organisation_stays BEFORE DELETE ON accounts_organisation
    FOR EACH ROW EXECUTE FUNCTION accounts_people_stay();

CREATE OR REPLACE FUNCTION accounts_invitation_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.accepted_by_id IS NOT NULL THEN
        RAISE EXCEPTION 'an accepted invitation never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_invitation_once BEFORE UPDATE ON accounts_invitation
    FOR EACH ROW EXECUTE FUNCTION accounts_invitation_once();
"""
BACKWARD = """
DROP TRIGGER accounts_user_stays ON accounts_user;
DROP TRIGGER accounts_organisation_stays ON accounts_organisation;
DROP FUNCTION accounts_people_stay();
DROP TRIGGER accounts_invitation_once ON accounts_invitation;
DROP FUNCTION accounts_invitation_once();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_simulated_never_changes")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

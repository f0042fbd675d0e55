"""Deferred constraint triggers: at commit every entry has postings that add up to zero in each currency."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION wages_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked bigint;
    unequal record;
BEGIN
    -- an IF, not a CASE: the record has only the columns of the table that fired
    IF TG_TABLE_NAME = 'wages_entry' THEN
        checked := NEW.id;
        IF (SELECT count(*) FROM wages_posting WHERE entry_id = checked) < 2 THEN
            RAISE EXCEPTION 'ledger entry % has fewer than two postings', checked USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END IF;
    checked := NEW.entry_id;
    SELECT currency, sum(amount_micro) AS total INTO unequal FROM wages_posting
        WHERE entry_id = checked GROUP BY currency HAVING sum(amount_micro) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger entry % does not balance: % micro-units of % too many', checked, unequal.total,
            unequal.currency USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER wages_posting_balances AFTER INSERT ON wages_posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wages_entry_balances();
CREATE CONSTRAINT TRIGGER wages_entry_balances AFTER INSERT ON wages_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wages_entry_balances();
"""
BACKWARD = """
DROP TRIGGER wages_posting_balances ON wages_posting;
DROP TRIGGER wages_entry_balances ON wages_entry;
DROP FUNCTION wages_entry_balances();
"""


class Migration(migrations.Migration):
    dependencies = [("wages", "0002_simulated_never_mixes")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

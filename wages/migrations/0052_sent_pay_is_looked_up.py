"""The guard of workers' accounts looks each account up by its key, one table at a time: cheap for any batch.

As one join it was planned before the batch's rows were known to the planner, and read whole tables for each line.
"""

from django.db import migrations

LOOKED_UP = """
CREATE OR REPLACE FUNCTION wages_entry_takes_what_is_there() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    taken bigint;
    named text;
    held numeric;
BEGIN
    PERFORM 1 FROM wages_paidproject WHERE id = NEW.project_id FOR NO KEY UPDATE;
    FOR taken IN SELECT account_id FROM wages_posting WHERE entry_id = NEW.id AND amount_micro < 0 LOOP
        SELECT kind INTO named FROM wages_ledgeraccount WHERE id = taken;
        CONTINUE WHEN named NOT IN ('worker_payable', 'worker_sent');
        SELECT sum(amount_micro) INTO held FROM wages_posting WHERE account_id = taken;
        IF held < 0 THEN
            RAISE EXCEPTION 'ledger entry % (%) takes % micro-units more than account % (%) holds', NEW.id, NEW.kind,
                -held, taken, named USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
"""
JOINED = """
CREATE OR REPLACE FUNCTION wages_entry_takes_what_is_there() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    short record;
BEGIN
    PERFORM 1 FROM wages_paidproject WHERE id = NEW.project_id FOR NO KEY UPDATE;
    SELECT account.id, account.kind, sum(every.amount_micro) AS total INTO short
        FROM wages_posting taken
        JOIN wages_ledgeraccount account ON account.id = taken.account_id
            AND account.kind IN ('worker_payable', 'worker_sent')
        JOIN wages_posting every ON every.account_id = account.id
        WHERE taken.entry_id = NEW.id AND taken.amount_micro < 0
        GROUP BY account.id, account.kind HAVING sum(every.amount_micro) < 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger entry % (%) takes % micro-units more than account % (%) holds', NEW.id, NEW.kind,
            -short.total, short.id, short.kind USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("wages", "0024_fx_spread")]
    operations = [migrations.RunSQL(LOOKED_UP, JOINED)]

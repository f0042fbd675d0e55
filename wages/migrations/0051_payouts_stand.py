"""The rules of payouts: append-only rows, two stewards, one outcome a line, and no account of a worker below zero."""

from django.db import migrations

from byhand.triggers import append_only, unchanging

APPEND_ONLY = ("payoutaccount", "payoutline", "settlementfile", "settlement", "unmatchedsettlement", "payoutreceipt")

# a batch is decided once; its lines are made with it; the hold is 48 hours and whole milliseconds
GUARDS = """
CREATE FUNCTION wages_payoutbatch_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.approved_at IS NOT NULL OR OLD.cancelled_at IS NOT NULL THEN
        RAISE EXCEPTION 'payout batch % is decided', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.approved_at IS NOT NULL AND NEW.approved_by_id = OLD.made_by_id THEN
        RAISE EXCEPTION 'payout batch %: another steward approves it', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wages_payoutbatch_decided_once BEFORE UPDATE ON wages_payoutbatch
    FOR EACH ROW EXECUTE FUNCTION wages_payoutbatch_decided_once();
CREATE TRIGGER wages_payoutbatch_kept BEFORE DELETE ON wages_payoutbatch
    FOR EACH ROW EXECUTE FUNCTION wages_kept();
CREATE TRIGGER wages_payoutbatch_never_emptied BEFORE TRUNCATE ON wages_payoutbatch
    FOR EACH STATEMENT EXECUTE FUNCTION wages_kept();

CREATE FUNCTION wages_payoutline_in_a_draft() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    batch wages_payoutbatch;
BEGIN
    SELECT * INTO batch FROM wages_payoutbatch WHERE id = NEW.batch_id FOR KEY SHARE;
    IF batch.approved_at IS NOT NULL OR batch.cancelled_at IS NOT NULL THEN
        RAISE EXCEPTION 'payout batch % is decided: no line comes to it', NEW.batch_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.worker_id = batch.made_by_id THEN
        RAISE EXCEPTION 'payout batch %: nobody decides about their own pay', NEW.batch_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wages_payoutline_in_a_draft BEFORE INSERT ON wages_payoutline
    FOR EACH ROW EXECUTE FUNCTION wages_payoutline_in_a_draft();

CREATE FUNCTION wages_settlement_of_sent_pay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM wages_payoutline line JOIN wages_payoutbatch batch ON batch.id = line.batch_id
                   WHERE line.id = NEW.line_id AND batch.approved_at IS NOT NULL) THEN
        RAISE EXCEPTION '%: payout line % was not sent', TG_TABLE_NAME, NEW.line_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wages_settlement_of_sent_pay BEFORE INSERT ON wages_settlement
    FOR EACH ROW EXECUTE FUNCTION wages_settlement_of_sent_pay();
CREATE TRIGGER wages_payoutreceipt_of_sent_pay BEFORE INSERT ON wages_payoutreceipt
    FOR EACH ROW EXECUTE FUNCTION wages_settlement_of_sent_pay();

ALTER TABLE wages_payoutaccount ADD CONSTRAINT payoutaccount_held_48_hours CHECK (
    held_until = created_at + interval '48 hours' AND created_at = date_trunc('milliseconds', created_at));
ALTER TABLE wages_payoutidentity ADD CONSTRAINT payoutidentity_salt CHECK (octet_length(salt) = 32);
CREATE TRIGGER wages_payoutidentity_never_emptied BEFORE TRUNCATE ON wages_payoutidentity
    FOR EACH STATEMENT EXECUTE FUNCTION wages_kept();
"""
NO_GUARDS = """
DROP TRIGGER wages_payoutidentity_never_emptied ON wages_payoutidentity;
ALTER TABLE wages_payoutidentity DROP CONSTRAINT payoutidentity_salt;
ALTER TABLE wages_payoutaccount DROP CONSTRAINT payoutaccount_held_48_hours;
DROP TRIGGER wages_payoutreceipt_of_sent_pay ON wages_payoutreceipt;
DROP TRIGGER wages_settlement_of_sent_pay ON wages_settlement; DROP FUNCTION wages_settlement_of_sent_pay();
DROP TRIGGER wages_payoutline_in_a_draft ON wages_payoutline; DROP FUNCTION wages_payoutline_in_a_draft();
DROP TRIGGER wages_payoutbatch_never_emptied ON wages_payoutbatch;
DROP TRIGGER wages_payoutbatch_kept ON wages_payoutbatch;
DROP TRIGGER wages_payoutbatch_decided_once ON wages_payoutbatch; DROP FUNCTION wages_payoutbatch_decided_once();
"""

# what moves between a worker's accounts takes from one only what is in it. The project's row is locked first, so
# that two entries that come at once see each other; the sum after the lock is a new snapshot
NEVER_BELOW_ZERO = """
CREATE FUNCTION wages_entry_takes_what_is_there() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE CONSTRAINT TRIGGER wages_entry_takes_what_is_there AFTER INSERT ON wages_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind IN ('payout', 'received', 'returned'))
    EXECUTE FUNCTION wages_entry_takes_what_is_there();
"""
BELOW_ZERO = """
DROP TRIGGER wages_entry_takes_what_is_there ON wages_entry; DROP FUNCTION wages_entry_takes_what_is_there();
"""


def agree(name: str, table: str, columns: str, target: str, target_columns: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns}) REFERENCES {target} ({target_columns})",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("wages", "0050_where_pay_goes")]
    operations = [
        *(append_only(f"wages_{table}") for table in APPEND_ONLY),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        migrations.RunSQL(NEVER_BELOW_ZERO, BELOW_ZERO),
        unchanging("wages_payoutidentity", "account_id", "holder", "iban", "account_number", "bank_code", "provider",
                   "phone", "salt"),
        unchanging("wages_settlementevidence", "file_id", "content"),
        unchanging("wages_payoutbatch", "id", "project_id", "currency", "simulated", "key", "content_sha256",
                   "left_out", "made_by_id", "made_at"),
        agree("payoutaccount_worker_simulated", "wages_payoutaccount", "worker_id, simulated",
              "accounts_user", "id, simulated"),
        agree("payoutbatch_project_currency", "wages_payoutbatch", "project_id, currency, simulated",
              "wages_paidproject", "id, currency, simulated"),
        agree("payoutline_batch_currency", "wages_payoutline", "batch_id, currency, simulated",
              "wages_payoutbatch", "id, currency, simulated"),
        agree("payoutline_worker_simulated", "wages_payoutline", "worker_id, simulated",
              "accounts_user", "id, simulated"),
        agree("payoutline_account_worker", "wages_payoutline", "account_id, worker_id, currency",
              "wages_payoutaccount", "id, worker_id, currency"),
    ]

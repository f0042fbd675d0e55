"""What was written stays: append-only tables, columns that never change, and rows that are never deleted."""

from django.db import migrations

from byhand.triggers import append_only, unchanging

APPEND_ONLY = ("payer", "interval", "ledgeraccount", "entry", "posting", "sliceleaf")
KEPT = ("paidproject", "ratecard", "deposit", "period", "accrual")


def kept(table: str) -> migrations.RunSQL:
    """Rows of `table` may be completed, never deleted."""
    return migrations.RunSQL(
        f"""CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION wages_kept();
        CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION wages_kept();""",
        f"DROP TRIGGER {table}_kept ON {table}; DROP TRIGGER {table}_never_emptied ON {table};",
    )


KEPT_FUNCTION = """
CREATE FUNCTION wages_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is kept: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""

# a card may end once, in the future of its beginning; a closed period and an approved deposit are final;
# an accrual only ever grows
GUARDS = """
CREATE FUNCTION wages_ratecard_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.period IS DISTINCT FROM OLD.period
        AND (NOT upper_inf(OLD.period) OR lower(NEW.period) <> lower(OLD.period)) THEN
        RAISE EXCEPTION 'rate card %: its period is settled', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wages_ratecard_ends_once BEFORE UPDATE ON wages_ratecard
    FOR EACH ROW EXECUTE FUNCTION wages_ratecard_ends_once();

CREATE FUNCTION wages_period_closes_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closed_at IS NOT NULL THEN
        RAISE EXCEPTION 'period % is closed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wages_period_closes_once BEFORE UPDATE ON wages_period
    FOR EACH ROW EXECUTE FUNCTION wages_period_closes_once();

CREATE FUNCTION wages_deposit_approved_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.approved_at IS NOT NULL THEN
        RAISE EXCEPTION 'deposit % is approved', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wages_deposit_approved_once BEFORE UPDATE ON wages_deposit
    FOR EACH ROW EXECUTE FUNCTION wages_deposit_approved_once();

CREATE FUNCTION wages_accrual_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.total_ms < OLD.total_ms THEN
        RAISE EXCEPTION 'accrual % would fall', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wages_accrual_grows BEFORE UPDATE ON wages_accrual
    FOR EACH ROW EXECUTE FUNCTION wages_accrual_grows();

ALTER TABLE wages_accrual ADD CONSTRAINT accrual_pays_the_formula
    CHECK (earned_micro = div(total_ms::numeric * hourly_micro + 3599999, 3600000));
ALTER TABLE wages_interval ADD CONSTRAINT interval_ms_is_its_period
    CHECK (ms > 0 AND ms = extract(epoch FROM upper(period) - lower(period)) * 1000);
ALTER TABLE wages_sliceleaf ADD CONSTRAINT sliceleaf_salt CHECK (octet_length(salt) = 32);
CREATE INDEX wages_interval_worker_until ON wages_interval (worker_id, upper(period));
"""
NO_GUARDS = """
DROP INDEX wages_interval_worker_until;
ALTER TABLE wages_sliceleaf DROP CONSTRAINT sliceleaf_salt;
ALTER TABLE wages_interval DROP CONSTRAINT interval_ms_is_its_period;
ALTER TABLE wages_accrual DROP CONSTRAINT accrual_pays_the_formula;
DROP TRIGGER wages_accrual_grows ON wages_accrual; DROP FUNCTION wages_accrual_grows();
DROP TRIGGER wages_deposit_approved_once ON wages_deposit; DROP FUNCTION wages_deposit_approved_once();
DROP TRIGGER wages_period_closes_once ON wages_period; DROP FUNCTION wages_period_closes_once();
DROP TRIGGER wages_ratecard_ends_once ON wages_ratecard; DROP FUNCTION wages_ratecard_ends_once();
"""


class Migration(migrations.Migration):
    dependencies = [("wages", "0003_entries_balance")]
    operations = [
        *(append_only(f"wages_{table}") for table in APPEND_ONLY),
        migrations.RunSQL(KEPT_FUNCTION, "DROP FUNCTION wages_kept();"),
        *(kept(f"wages_{table}") for table in KEPT),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        unchanging("wages_paidproject", "id", "organisation_id", "currency", "simulated", "declared_floor_micro"),
        unchanging("wages_ratecard", "project_id", "version", "hourly_micro"),
        unchanging("wages_deposit", "project_id", "amount_micro", "evidence", "key", "created_by_id"),
        unchanging("wages_period", "project_id", "starts", "label"),
        unchanging("wages_accrual", "worker_id", "period_id", "project_id", "rate_card_id", "hourly_micro"),
        unchanging("wages_beat", "worker_id", "session", "tab", "seq", "elapsed_ms", "work_kind", "work_id", "focused", "at"),
    ]

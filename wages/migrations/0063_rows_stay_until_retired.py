"""The one exception to the append-only triggers: rows of a period that this very transaction has retired, for one role.

Who asks is the role that logged in (`session_user`), so that neither the app role nor the owner passes, SET ROLE or not.
"""

from django.db import migrations

from byhand.triggers import append_only, unchanging

TABLES = ("interval", "entry", "posting", "sliceleaf", "statement", "statementanswer")

FUNCTIONS = """
CREATE FUNCTION wages_is_being_retired(place text, line jsonb) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
    period bigint;
BEGIN
    IF session_user <> 'byhand_retire' THEN
        RETURN false;
    END IF;
    IF place = 'wages_posting' THEN
        SELECT pay_period_id INTO period FROM wages_entry WHERE id = (line ->> 'entry_id')::bigint;
    ELSIF place = 'wages_statementanswer' THEN
        SELECT period_id INTO period FROM wages_statement WHERE id = (line ->> 'statement_id')::bigint;
    ELSIF place = 'wages_workedhour' THEN  -- an hour may lie in two periods; what is left of it is written again
        SELECT gone.period_id INTO period FROM wages_retiredperiod gone
            JOIN wages_period held ON held.id = gone.period_id
            WHERE held.project_id = (line ->> 'project_id')::uuid
              AND gone.transaction_id = pg_current_xact_id()::text::bigint LIMIT 1;
    ELSE
        period := coalesce(line ->> 'pay_period_id', line ->> 'period_id')::bigint;
    END IF;
    RETURN EXISTS (SELECT 1 FROM wages_retiredperiod
        WHERE period_id = period AND transaction_id = pg_current_xact_id()::text::bigint);
END $$;
CREATE FUNCTION wages_stays_until_retired() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND wages_is_being_retired(TG_TABLE_NAME, to_jsonb(OLD)) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION wages_kept_until_retired() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF wages_is_being_retired(TG_TABLE_NAME, to_jsonb(OLD)) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is kept: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION wages_period_may_be_retired() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF session_user <> 'byhand_retire' THEN
        RAISE EXCEPTION 'wages_retiredperiod: only byhand_retire retires' USING ERRCODE = 'restrict_violation';
    END IF;
    PERFORM 1 FROM wages_period WHERE id = NEW.period_id AND closed_at IS NOT NULL
        AND ends < clock_timestamp() - interval '1 year';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'period % is open, or younger than any legal term', NEW.period_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    PERFORM 1 FROM wages_legalhold hold JOIN wages_period period ON period.id = NEW.period_id
        WHERE hold.lifted_at IS NULL AND (hold.project_id IS NULL OR hold.project_id = period.project_id);
    IF FOUND THEN
        RAISE EXCEPTION 'period % is under a legal hold', NEW.period_id USING ERRCODE = 'restrict_violation';
    END IF;
    NEW.transaction_id := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER wages_period_may_be_retired BEFORE INSERT ON wages_retiredperiod
    FOR EACH ROW EXECUTE FUNCTION wages_period_may_be_retired();
CREATE FUNCTION wages_legalhold_lifts_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.lifted_at IS NOT NULL THEN
        RAISE EXCEPTION 'hold % is lifted', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wages_legalhold_lifts_once BEFORE UPDATE ON wages_legalhold
    FOR EACH ROW EXECUTE FUNCTION wages_legalhold_lifts_once();
CREATE TRIGGER wages_legalhold_kept BEFORE DELETE ON wages_legalhold FOR EACH ROW EXECUTE FUNCTION wages_kept();
CREATE TRIGGER wages_legalhold_never_emptied BEFORE TRUNCATE ON wages_legalhold
    FOR EACH STATEMENT EXECUTE FUNCTION wages_kept();
DROP TRIGGER wages_accrual_kept ON wages_accrual;
CREATE TRIGGER wages_accrual_kept BEFORE DELETE ON wages_accrual
    FOR EACH ROW EXECUTE FUNCTION wages_kept_until_retired();
DROP TRIGGER wages_workedhour_kept ON wages_workedhour;
CREATE TRIGGER wages_workedhour_kept BEFORE DELETE ON wages_workedhour
    FOR EACH ROW EXECUTE FUNCTION wages_kept_until_retired();
"""
BACK = """
DROP TRIGGER wages_workedhour_kept ON wages_workedhour;
CREATE TRIGGER wages_workedhour_kept BEFORE DELETE ON wages_workedhour FOR EACH ROW EXECUTE FUNCTION wages_kept();
DROP TRIGGER wages_accrual_kept ON wages_accrual;
CREATE TRIGGER wages_accrual_kept BEFORE DELETE ON wages_accrual FOR EACH ROW EXECUTE FUNCTION wages_kept();
DROP TRIGGER wages_legalhold_never_emptied ON wages_legalhold; DROP TRIGGER wages_legalhold_kept ON wages_legalhold;
DROP TRIGGER wages_legalhold_lifts_once ON wages_legalhold; DROP FUNCTION wages_legalhold_lifts_once();
DROP TRIGGER wages_period_may_be_retired ON wages_retiredperiod; DROP FUNCTION wages_period_may_be_retired();
DROP FUNCTION wages_kept_until_retired(); DROP FUNCTION wages_stays_until_retired();
DROP FUNCTION wages_is_being_retired(text, jsonb);
"""


def until_retired(table: str) -> migrations.RunSQL:
    def trigger(function: str) -> str:
        return f"""DROP TRIGGER {table}_rows_stay ON {table};
        CREATE TRIGGER {table}_rows_stay BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION {function}();"""

    return migrations.RunSQL(trigger("wages_stays_until_retired"), trigger("byhand_append_only"))


class Migration(migrations.Migration):
    dependencies = [("wages", "0062_retiring")]
    operations = [
        migrations.RunSQL(FUNCTIONS, BACK),
        *(until_retired(f"wages_{table}") for table in TABLES),
        append_only("wages_retiredperiod"),
        unchanging("wages_legalhold", "project_id", "reference", "placed_by_id", "placed_at"),
    ]

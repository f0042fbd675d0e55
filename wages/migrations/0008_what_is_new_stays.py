"""The rules of 0007's tables and columns: append-only rows, terms that never change, and the formula with pieces."""

from django.db import migrations

from byhand.triggers import append_only, unchanging

FORMULA = """
ALTER TABLE wages_accrual DROP CONSTRAINT accrual_pays_the_formula;
ALTER TABLE wages_accrual ADD CONSTRAINT accrual_pays_the_formula
    CHECK (earned_micro = div(total_ms::numeric * hourly_micro + 3599999, 3600000) + pieces_micro);
CREATE OR REPLACE FUNCTION wages_accrual_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.total_ms < OLD.total_ms OR NEW.pieces_micro < OLD.pieces_micro THEN
        RAISE EXCEPTION 'accrual % would fall', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
FORMULA_BACK = """
ALTER TABLE wages_accrual DROP CONSTRAINT accrual_pays_the_formula;
ALTER TABLE wages_accrual ADD CONSTRAINT accrual_pays_the_formula
    CHECK (earned_micro = div(total_ms::numeric * hourly_micro + 3599999, 3600000));
"""
# a period that began to close never opens again
CLOSING = """
CREATE FUNCTION wages_period_closing_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.closing_at IS NOT NULL AND NEW.closing_at IS DISTINCT FROM OLD.closing_at THEN
        RAISE EXCEPTION 'period % is closing already', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wages_period_closing_stays BEFORE UPDATE ON wages_period
    FOR EACH ROW EXECUTE FUNCTION wages_period_closing_stays();
"""
CLOSING_BACK = "DROP TRIGGER wages_period_closing_stays ON wages_period; DROP FUNCTION wages_period_closing_stays();"
TERMS = ("basis", "piece_micro", "night_permille", "weekend_permille", "overtime_permille", "overtime_after_ms",
         "bonus_micro", "bonus_after_ms")


def same(name: str, table: str, columns: str, target: str, target_columns: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns}) REFERENCES {target} ({target_columns})",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("wages", "0007_money_that_comes")]
    operations = [
        migrations.RunSQL(FORMULA, FORMULA_BACK),
        migrations.RunSQL(CLOSING, CLOSING_BACK),
        migrations.RunSQL("DROP TRIGGER wages_ratecard_unchanging ON wages_ratecard", migrations.RunSQL.noop),
        unchanging("wages_ratecard", "project_id", "version", "hourly_micro", *TERMS),
        *(append_only(f"wages_{table}") for table in ("statement", "statementanswer", "workplace")),
        same("statement_worker_simulated", "wages_statement", "worker_id, simulated", "accounts_user", "id, simulated"),
        same("statement_project_simulated", "wages_statement", "project_id, simulated",
             "wages_paidproject", "id, simulated"),
        same("statement_period_project", "wages_statement", "period_id, project_id", "wages_period", "id, project_id"),
    ]

"""The append-only triggers, as SQL for migrations: UPDATE, DELETE and TRUNCATE are refused by the database.

pgtrigger's `Protect` leaves TRUNCATE open, and grants alone do not bind the owner; this does both at once.
"""

from __future__ import annotations

from django.db import migrations

_FUNCTION = """
CREATE OR REPLACE FUNCTION byhand_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""


def append_only(table: str) -> migrations.RunSQL:
    """Return the migration operation that makes `table` append-only."""
    forward = f"""{_FUNCTION}
    CREATE TRIGGER {table}_rows_stay BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION byhand_append_only();
    CREATE TRIGGER {table}_stays BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION byhand_append_only();
    """
    backward = f"DROP TRIGGER {table}_rows_stay ON {table}; DROP TRIGGER {table}_stays ON {table};"
    return migrations.RunSQL(forward, backward)


def unchanging(table: str, *columns: str) -> migrations.RunSQL:
    """Return the migration operation that refuses any change of the named columns of `table`."""
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns)
    forward = f"""
    CREATE OR REPLACE FUNCTION {table}_unchanging() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF {changed} THEN
            RAISE EXCEPTION '{table}: {", ".join(columns)} never change' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER {table}_unchanging BEFORE UPDATE ON {table}
        FOR EACH ROW EXECUTE FUNCTION {table}_unchanging();
    """
    return migrations.RunSQL(
        forward, f"DROP TRIGGER {table}_unchanging ON {table}; DROP FUNCTION {table}_unchanging();"
    )

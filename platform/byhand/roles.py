"""The database roles: makes them, their database and their grants. Every function may run again at any time.

The owner role owns the tables and runs migrations. The app role owns nothing: on append-only tables it may
SELECT and INSERT only, so no code path of a web process or worker can change what was written. Which tables
are append-only is read from their triggers (`byhand.triggers`), so the two can't drift apart.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from byhand.embedded.paths import APP_ROLE, DATABASE, OWNER_ROLE, RETIRE_ROLE

EXTENSIONS = ("btree_gist",)


def make_roles(superuser: psycopg.Connection) -> None:
    """Create the owner, app and retire roles; `superuser` must be in autocommit mode."""
    for role, rights in ((OWNER_ROLE, "LOGIN CREATEDB"), (APP_ROLE, "LOGIN"), (RETIRE_ROLE, "LOGIN")):
        found = superuser.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        verb = "ALTER" if found else "CREATE"
        superuser.execute(sql.SQL(f"{verb} ROLE {{}} {rights}").format(sql.Identifier(role)))


def make_database(superuser: psycopg.Connection, name: str = DATABASE) -> None:
    """Create the database, owned by the owner role, unless it is there."""
    if not superuser.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        superuser.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER_ROLE))
        )


def make_extensions(owner: psycopg.Connection) -> None:
    for extension in EXTENSIONS:
        owner.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))


def append_only_tables(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        """SELECT DISTINCT c.relname FROM pg_trigger t
           JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
           WHERE p.proname = 'byhand_append_only' ORDER BY 1"""
    )
    return [name for (name,) in rows]


def grant_app_role(owner: psycopg.Connection, app_role: str = APP_ROLE) -> None:
    """Give the app role exactly what it needs, after every migration."""
    app = sql.Identifier(app_role)
    for statement in (
        "GRANT USAGE ON SCHEMA public TO {}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
        "REVOKE ALL ON django_migrations FROM {}",
        "GRANT SELECT ON django_migrations TO {}",
    ):
        owner.execute(sql.SQL(statement).format(app))
    for table in append_only_tables(owner):
        owner.execute(
            sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(sql.Identifier(table), app)
        )


RETIRED = (
    "posting",
    "entry",
    "statementanswer",
    "statement",
    "sliceleaf",
    "leafname",
    "accrual",
    "interval",
    "workedhour",
)
CARRIED = ("retiredperiod", "entry", "posting", "workedhour")


def grant_retire_role(owner: psycopg.Connection, role: str = RETIRE_ROLE) -> None:
    """Let the retire role read, and remove and carry rows of the ledger; triggers say which ones."""
    if not owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        return
    name = sql.Identifier(role)
    for statement in (
        "GRANT USAGE ON SCHEMA public TO {}",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
        "REVOKE ALL ON accounts_user, django_session FROM {}",
    ):
        owner.execute(sql.SQL(statement).format(name))
    for right, tables in (("DELETE", RETIRED), ("INSERT", CARRIED)):
        for table in tables:
            owner.execute(
                sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(right), sql.Identifier(f"wages_{table}"), name)
            )

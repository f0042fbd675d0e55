"""Starting over: removes what earlier demos left, and refuses as soon as anything real would go with it."""

from __future__ import annotations

import shutil

from django.conf import settings
from django.db import connections
from psycopg import sql

from byhand import roles
from byhand.embedded import paths, postgres
from byhand.embedded.process import CannotStart

TABLES = ("accounts_organisation", "accounts_user")


def start_over() -> None:
    """Drop the embedded demo database and the files made with it. Raises CannotStart where real work is kept."""
    if not postgres.is_embedded():
        raise CannotStart(
            "--fresh only removes the embedded database; DATABASE_URL names one of yours, so empty that by hand."
        )
    postgres.ensure_running(tied=True)
    try:
        refuse_real_work()
        connections.close_all()
        _new_database()
    finally:
        postgres.stop()
    for folder in (settings.MODEL_ROOT, settings.DATASET_ROOT, settings.RUN_ROOT, paths.VAR / "demo"):
        shutil.rmtree(folder, ignore_errors=True)
    settings.LOG_KEY_FILE.unlink(missing_ok=True)  # a new database is a new log
    settings.LOG_KEY_FILE.with_name(settings.LOG_KEY_FILE.name + ".checkpoint").unlink(missing_ok=True)


def refuse_real_work() -> None:
    """Raise CannotStart if the database holds any organisation or person that is not simulated."""
    with connections["owner"].cursor() as cursor:
        for table in TABLES:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
            if cursor.fetchone() == (True,):
                cursor.execute(f"SELECT count(*) FROM {table} WHERE NOT simulated")  # noqa: S608 (names from above)
                (real,) = cursor.fetchone() or (0,)
                if real:
                    raise CannotStart(
                        f"This database holds {real} real rows in {table}; --fresh would delete them, so it stops. "
                        "Run the demo elsewhere with BYHAND_VAR=/another/folder."
                    )


def _new_database() -> None:
    with postgres.default_cluster().connect() as superuser:
        superuser.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(paths.DATABASE))
        )
        roles.make_database(superuser)

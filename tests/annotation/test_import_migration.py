"""Imports that were there before the register get an entry each, and their prompts are seen as before."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

BEFORE, AFTER = [("annotation", "0003_overlap_percent")], [("annotation", "0009_imports")]
FILL = """
INSERT INTO accounts_organisation (id, name, slug, country, simulated, created_at)
    VALUES (gen_random_uuid(), 'Lake Lab', 'lake', 'KE', true, now());
INSERT INTO annotation_project (id, organisation_id, title, slug, simulated, k, overlap, overlap_percent, lease_ms,
        languages, state, paused_reason, created_by_id, created_at)
    SELECT gen_random_uuid(), id, 'P', 'p', true, 4, 1, 100, 3600000, '["en"]', 'draft', '', %(user)s, now()
    FROM accounts_organisation;
INSERT INTO annotation_promptimport (id, project_id, filename, sha256, file_format, rows, source, creator, licence,
        consent, created_by_id, created_at)
    SELECT gen_random_uuid(), id, 'p.jsonl', repeat(kind, 8), 'jsonl', 1, 'from ' || kind, 'us', 'CC0', kind, %(user)s,
        now() FROM annotation_project, (VALUES ('own_work'), ('unknown')) AS kinds (kind);
INSERT INTO annotation_prompt (project_id, prompt_import_id, line, text, sha256, prompt_group)
    SELECT project_id, id, 1, source, sha256, 'g' FROM annotation_promptimport;
"""


@pytest.mark.slow
def test_earlier_imports_keep_their_answers_and_their_prompts(
    own_database: str, django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock():
        from byhand.accounts.models import User

        user = User.objects.create(email="engineer@example.org")
        owner = connections["owner"]
        MigrationExecutor(owner).migrate(BEFORE)
        with owner.cursor() as cursor:
            cursor.execute(FILL, {"user": user.pk})
        MigrationExecutor(owner).migrate(AFTER)
        with owner.cursor() as cursor:
            cursor.execute(
                """SELECT s.title, s.creator, s.licence, s.consent, s.reason, i.published_at = i.created_at, p.text
                   FROM annotation_promptimport i JOIN annotation_source s ON s.id = i.source_id
                   JOIN annotation_prompt p ON p.prompt_import_id = i.id ORDER BY 1"""
            )
            assert cursor.fetchall() == [
                ("from own_work", "us", "CC0", "own_work", "", True, "from own_work"),
                (
                    "from unknown", "us", "CC0", "unknown", "Imported before a reason was asked for.", True,
                    "from unknown",
                ),
            ]  # fmt: skip

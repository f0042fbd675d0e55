"""Pools are append-only, a member belongs to a pool of the same project, and every payer so far pays a main pool."""

from django.db import migrations

from byhand.triggers import append_only

TABLES = ("pool", "poolversion", "poolmember", "intermediary")
MEMBER = """
ALTER TABLE wages_poolmember ADD CONSTRAINT poolmember_pool_project
    FOREIGN KEY (pool_id, project_id) REFERENCES wages_pool (id, project_id)
"""
PAYERS = """
INSERT INTO wages_pool (project_id, name, is_default, created_by_id, created_at)
SELECT DISTINCT ON (project_id) project_id, 'Main pool', true, created_by_id, created_at
FROM wages_payer ORDER BY project_id, id;
INSERT INTO wages_poolversion (pool_id, legal_entity, country, relation, since, created_by_id, created_at)
SELECT pool.id, payer.legal_entity, payer.country, payer.relation, (payer.created_at AT TIME ZONE 'UTC')::date,
       payer.created_by_id, payer.created_at
FROM wages_payer payer JOIN wages_pool pool ON pool.project_id = payer.project_id ORDER BY payer.id;
"""


class Migration(migrations.Migration):
    dependencies = [("wages", "0022_pools")]
    operations = [
        migrations.RunSQL(PAYERS, migrations.RunSQL.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RunSQL(MEMBER, "ALTER TABLE wages_poolmember DROP CONSTRAINT poolmember_pool_project"),
        *(append_only(f"wages_{table}") for table in TABLES),
    ]

"""API tokens: hashed, scoped, expiring."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from byhand.triggers import unchanging

LONGEST = """
ALTER TABLE accounts_apitoken ADD CONSTRAINT token_at_most_a_year
    CHECK (expires_at <= created_at + interval '8760 hours')
"""
REVOKED_ONCE = """
CREATE OR REPLACE FUNCTION accounts_apitoken_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a token is revoked, never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at THEN
        RAISE EXCEPTION 'a revoked token stays revoked' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_apitoken_stays BEFORE UPDATE OR DELETE ON accounts_apitoken
    FOR EACH ROW EXECUTE FUNCTION accounts_apitoken_stays();
"""
REVOKED_ONCE_BACK = """
DROP TRIGGER accounts_apitoken_stays ON accounts_apitoken;
DROP FUNCTION accounts_apitoken_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_people_stay")]
    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(help_text="what it is for, in its owner's words", max_length=80)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("hint", models.CharField(help_text="how it begins, to tell one from another", max_length=12)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), size=None
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                (
                    "last_used_at",
                    models.DateTimeField(blank=True, help_text="the hour, not the minute", null=True),
                ),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at__isnull", True)),
                        fields=("owner", "name"),
                        name="token_name_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))), name="token_ends_later"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("scopes__len__gte", 1)), name="token_has_a_scope"
                    ),
                ],
            },
        ),
        migrations.RunSQL(LONGEST, "ALTER TABLE accounts_apitoken DROP CONSTRAINT token_at_most_a_year"),
        unchanging(
            "accounts_apitoken", "owner_id", "name", "token_hash", "hint", "scopes", "created_at", "expires_at"
        ),
        migrations.RunSQL(REVOKED_ONCE, REVOKED_ONCE_BACK),
    ]

"""Unfinished answers, kept on the server until they are counted: each save is newer than the one before."""

import django.db.models.deletion
from django.db import migrations, models

KEYS = "'groups', 'unranked', 'unacceptable', 'strengths', 'ratings', 'flags', 'note'"
RULES = f"""
ALTER TABLE annotation_draft
    ADD CONSTRAINT draft_holds_an_answer_alone CHECK (
        jsonb_typeof(content) = 'object' AND content - ARRAY[{KEYS}] = '{{}}'::jsonb),
    ADD CONSTRAINT draft_size CHECK (octet_length(content::text) <= 65536);
CREATE FUNCTION annotation_draft_newest_wins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.revision <= OLD.revision THEN
        RAISE EXCEPTION 'draft of lease %: a newer one is there', OLD.lease_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER annotation_draft_newest_wins BEFORE UPDATE ON annotation_draft
    FOR EACH ROW EXECUTE FUNCTION annotation_draft_newest_wins();
"""
NO_RULES = """
DROP TRIGGER annotation_draft_newest_wins ON annotation_draft;
DROP FUNCTION annotation_draft_newest_wins();
ALTER TABLE annotation_draft DROP CONSTRAINT draft_size, DROP CONSTRAINT draft_holds_an_answer_alone;
"""


class Migration(migrations.Migration):
    dependencies = [("annotation", "0005_assignment")]

    operations = [
        migrations.CreateModel(
            name="Draft",
            fields=[
                (
                    "lease",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="draft",
                        serialize=False,
                        to="annotation.lease",
                    ),
                ),
                ("content", models.JSONField()),
                ("revision", models.PositiveIntegerField()),
                ("saved_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("revision__gte", 1)), name="draft_revision_from_one"
                    )
                ],
            },
        ),
        migrations.RunSQL(RULES, NO_RULES),
    ]

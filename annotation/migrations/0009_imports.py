"""Sources, and imports that stream, stop and go on."""

import uuid

import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from byhand.triggers import append_only

IMPORT_MAY_CHANGE = """
DROP TRIGGER annotation_promptimport_rows_stay ON annotation_promptimport;
DROP TRIGGER annotation_promptimport_stays ON annotation_promptimport;
"""
IMPORT_STAYS = """
CREATE TRIGGER annotation_promptimport_rows_stay BEFORE UPDATE OR DELETE ON annotation_promptimport
    FOR EACH ROW EXECUTE FUNCTION byhand_append_only();
CREATE TRIGGER annotation_promptimport_stays BEFORE TRUNCATE ON annotation_promptimport
    FOR EACH STATEMENT EXECUTE FUNCTION byhand_append_only();
"""
# Each import that is there gets an entry of its own, under the same id.
SOURCES_OF_IMPORTS = """
INSERT INTO annotation_source (id, project_id, title, creator, obtained, licence, consent, reason, compensated,
        compensation_currency, personal_data, created_by_id, created_at)
    SELECT id, project_id, title, creator, '', licence, consent,
        CASE WHEN consent IN ('opt_in', 'licensed', 'public_domain', 'own_work') THEN ''
             ELSE 'Imported before a reason was asked for.' END,
        'unknown', '', 'unknown', created_by_id, created_at
    FROM annotation_promptimport;
UPDATE annotation_promptimport SET source_id = id, published_at = created_at;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""
# What a published import brought never changes; what an unfinished one brought can be removed.
RULES = """
CREATE FUNCTION annotation_import_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'annotation_promptimport is append-only once it is published: % refused', TG_OP
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    IF (NEW.project_id, NEW.source_id, NEW.sha256, NEW.brings, NEW.created_by_id)
            IS DISTINCT FROM (OLD.project_id, OLD.source_id, OLD.sha256, OLD.brings, OLD.created_by_id) THEN
        RAISE EXCEPTION 'annotation_promptimport: what was imported never changes'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION annotation_imported_row_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM annotation_promptimport
               WHERE id = OLD.prompt_import_id AND published_at IS NOT NULL) THEN
        RAISE EXCEPTION '%: rows of a published import stay: DELETE refused', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE FUNCTION annotation_imported_row_same() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: what a source says never changes: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER annotation_promptimport_rows_stay BEFORE UPDATE OR DELETE ON annotation_promptimport
    FOR EACH ROW EXECUTE FUNCTION annotation_import_stays();
CREATE TRIGGER annotation_promptimport_stays BEFORE TRUNCATE ON annotation_promptimport
    FOR EACH STATEMENT EXECUTE FUNCTION annotation_imported_row_same();
CREATE TRIGGER annotation_prompt_stays_once_published BEFORE DELETE ON annotation_prompt
    FOR EACH ROW EXECUTE FUNCTION annotation_imported_row_stays();
CREATE TRIGGER annotation_prompt_same BEFORE UPDATE OF language, metadata ON annotation_prompt
    FOR EACH ROW EXECUTE FUNCTION annotation_imported_row_same();
CREATE TRIGGER annotation_outsidelabel_stays_once_published BEFORE DELETE ON annotation_outsidelabel
    FOR EACH ROW EXECUTE FUNCTION annotation_imported_row_stays();
CREATE TRIGGER annotation_outsidelabel_same BEFORE UPDATE ON annotation_outsidelabel
    FOR EACH ROW EXECUTE FUNCTION annotation_imported_row_same();
CREATE TRIGGER annotation_outsidelabel_no_truncate BEFORE TRUNCATE ON annotation_outsidelabel
    FOR EACH STATEMENT EXECUTE FUNCTION annotation_imported_row_same();
ALTER TABLE annotation_outsidelabel ADD CONSTRAINT outside_label_names_each_completion_once
    CHECK (annotation_is_ranking(answer->'groups', (answer->'unranked') || (answer->'unacceptable'),
        jsonb_array_length(completions)));
"""
NO_RULES = """
ALTER TABLE annotation_outsidelabel DROP CONSTRAINT outside_label_names_each_completion_once;
DROP TRIGGER annotation_outsidelabel_no_truncate ON annotation_outsidelabel;
DROP TRIGGER annotation_outsidelabel_same ON annotation_outsidelabel;
DROP TRIGGER annotation_outsidelabel_stays_once_published ON annotation_outsidelabel;
DROP TRIGGER annotation_prompt_same ON annotation_prompt;
DROP TRIGGER annotation_prompt_stays_once_published ON annotation_prompt;
DROP TRIGGER annotation_promptimport_stays ON annotation_promptimport;
DROP TRIGGER annotation_promptimport_rows_stay ON annotation_promptimport;
DROP FUNCTION annotation_imported_row_same();
DROP FUNCTION annotation_imported_row_stays();
DROP FUNCTION annotation_import_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0008_quality"),
        ("jobs", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Source",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("title", models.CharField(help_text="where the texts come from, in a line", max_length=300)),
                ("creator", models.CharField(max_length=300)),
                (
                    "obtained",
                    models.CharField(blank=True, help_text="how they were obtained", max_length=500),
                ),
                ("licence", models.CharField(max_length=120)),
                (
                    "consent",
                    models.CharField(
                        choices=[
                            ("opt_in", "Opt-in: the creator agreed"),
                            ("licensed", "Licensed"),
                            ("public_domain", "Public domain"),
                            ("own_work", "Our own work"),
                            (
                                "opt_out_honoured",
                                "Opt-out honoured: nobody was asked, objections were respected",
                            ),
                            ("none", "None: nobody agreed"),
                            ("unknown", "Unknown"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True, help_text="why they are used without agreement", max_length=500
                    ),
                ),
                ("ai_txt_checked_on", models.DateField(blank=True, null=True)),
                ("robots_txt_checked_on", models.DateField(blank=True, null=True)),
                (
                    "tdm_checked_on",
                    models.DateField(blank=True, help_text="text and data mining reservation", null=True),
                ),
                (
                    "compensated",
                    models.CharField(
                        choices=[("amount", "Yes, this much"), ("no", "No"), ("unknown", "Unknown")],
                        default="unknown",
                        max_length=8,
                    ),
                ),
                ("compensation_micro", models.BigIntegerField(blank=True, null=True)),
                ("compensation_currency", models.CharField(blank=True, max_length=3)),
                (
                    "personal_data",
                    models.CharField(
                        choices=[
                            ("none", "None"),
                            ("possible", "Possible"),
                            ("yes", "Yes"),
                            ("unknown", "Unknown"),
                        ],
                        default="unknown",
                        max_length=8,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.AddField(
            model_name="source",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="sources", to="annotation.project"
            ),
        ),
        migrations.CreateModel(
            name="SourceEvidence",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("filename", models.CharField(max_length=200)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveBigIntegerField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.AddField(
            model_name="sourceevidence",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="sourceevidence",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="evidence", to="annotation.source"
            ),
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("filename", models.CharField(max_length=200)),
                ("size", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(help_text="of the file's bytes", max_length=64)),
                ("file_format", models.CharField(blank=True, max_length=20)),
                ("mapping", models.JSONField(default=dict)),
                ("brings", models.CharField(blank=True, max_length=40)),
                (
                    "bad_rows",
                    models.CharField(
                        choices=[
                            ("refuse", "Refuse the whole file"),
                            ("skip", "Import the good rows and list the bad ones"),
                        ],
                        default="refuse",
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploaded", "Uploaded"),
                            ("previewed", "Previewed"),
                            ("importing", "Importing"),
                            ("opening", "Opening items"),
                            ("cancelling", "Being removed"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Refused"),
                        ],
                        default="uploaded",
                        max_length=12,
                    ),
                ),
                ("phase", models.CharField(blank=True, help_text="check, write or open", max_length=8)),
                ("checkpoint", models.PositiveBigIntegerField(default=0)),
                ("counts", models.JSONField(default=dict)),
                ("error", models.CharField(blank=True, max_length=500)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name="upload",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="job",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="jobs.job",
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="uploads", to="annotation.project"
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="source",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="uploads",
                to="annotation.source",
            ),
        ),
        migrations.RunSQL(IMPORT_MAY_CHANGE, IMPORT_STAYS),
        migrations.RenameField("promptimport", "source", "title"),
        migrations.AddField(
            model_name="promptimport",
            name="source",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="imports",
                to="annotation.source",
            ),
        ),
        migrations.AddField(
            model_name="promptimport",
            name="brings",
            field=models.CharField(default="prompts", max_length=40),
        ),
        migrations.AddField(
            model_name="promptimport",
            name="labels",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="promptimport",
            name="published_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="promptimport",
            name="upload",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="prompt_import",
                to="annotation.upload",
            ),
        ),
        migrations.RunSQL(SOURCES_OF_IMPORTS, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="promptimport",
            name="source",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="imports", to="annotation.source"
            ),
        ),
        migrations.RemoveField(
            model_name="promptimport",
            name="consent",
        ),
        migrations.RemoveField(
            model_name="promptimport",
            name="creator",
        ),
        migrations.RemoveField(
            model_name="promptimport",
            name="licence",
        ),
        migrations.RemoveField(
            model_name="promptimport",
            name="title",
        ),
        migrations.AlterField(
            model_name="promptimport",
            name="file_format",
            field=models.CharField(max_length=20),
        ),
        migrations.RemoveConstraint(
            model_name="promptimport",
            name="import_file_once",
        ),
        migrations.AddConstraint(
            model_name="promptimport",
            constraint=models.UniqueConstraint(
                fields=("project", "sha256", "brings"), name="import_file_once"
            ),
        ),
        migrations.AddField(
            model_name="prompt",
            name="language",
            field=models.CharField(blank=True, help_text="a language tag; blank is unknown", max_length=35),
        ),
        migrations.AddField(
            model_name="prompt",
            name="metadata",
            field=models.JSONField(default=dict, help_text="what the source says of it, such as its own id"),
        ),
        migrations.AlterModelOptions(
            name="prompt",
            options={"base_manager_name": "every", "default_manager_name": "objects"},
        ),
        migrations.AlterModelManagers(
            name="prompt",
            managers=[
                ("every", django.db.models.manager.Manager()),
                ("objects", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="OutsideLabel",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("line", models.PositiveIntegerField()),
                ("place", models.PositiveIntegerField(help_text="which judgement of its row")),
                ("completions", models.JSONField()),
                ("answer", models.JSONField()),
                ("note", models.TextField(blank=True)),
                ("annotator_hash", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "base_manager_name": "every",
                "default_manager_name": "objects",
            },
            managers=[
                ("every", django.db.models.manager.Manager()),
                ("objects", django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddField(
            model_name="outsidelabel",
            name="prompt",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="outside_labels",
                to="annotation.prompt",
            ),
        ),
        migrations.AddField(
            model_name="outsidelabel",
            name="prompt_import",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="outside_labels",
                to="annotation.promptimport",
            ),
        ),
        migrations.AddConstraint(
            model_name="outsidelabel",
            constraint=models.UniqueConstraint(
                fields=("prompt_import", "line", "place"), name="outside_label_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("consent__in", ["opt_in", "licensed", "public_domain", "own_work"]),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="source_consent_or_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("compensated", "amount"),
                        ("compensation_micro__gte", 0),
                        models.Q(("compensation_currency", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("compensated", "amount"), _negated=True),
                        ("compensation_currency", ""),
                        ("compensation_micro__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="source_compensation_has_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="sourceevidence",
            constraint=models.UniqueConstraint(fields=("source", "sha256"), name="evidence_file_once"),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["importing", "opening", "cancelling"])),
                fields=("project",),
                name="upload_one_moves_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("source__isnull", False),
                    ("state__in", ["uploaded", "previewed", "cancelled"]),
                    _connector="OR",
                ),
                name="upload_moves_with_a_source",
            ),
        ),
        append_only("annotation_source"),
        append_only("annotation_sourceevidence"),
        migrations.RunSQL(RULES, NO_RULES),
    ]

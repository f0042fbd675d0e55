"""What left the platform, in which form, and who asked for it."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from byhand.triggers import append_only

SIMULATED_APART = """
ALTER TABLE annotation_export ADD CONSTRAINT export_project_simulated
    FOREIGN KEY (project_id, simulated) REFERENCES annotation_project (id, simulated);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0009_imports"),
        ("jobs", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("simulated", models.BooleanField()),
                (
                    "export_class",
                    models.CharField(
                        choices=[
                            ("internal", "Internal: everything, for the engineers of this organisation"),
                            ("public", "Public: no ids, times or free text"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "file_format",
                    models.CharField(
                        choices=[
                            ("ballots", "Raw ballots (JSONL)"),
                            ("trl", "TRL preference pairs (JSONL)"),
                            ("parquet", "Parquet"),
                            ("datasets", "Hugging Face datasets folder"),
                            ("label_studio", "Label Studio (JSON)"),
                            ("open_assistant", "Open-Assistant trees (JSONL)"),
                            ("hh", "Anthropic HH pairs (JSONL)"),
                            ("argilla", "Argilla records (JSONL)"),
                        ],
                        max_length=16,
                    ),
                ),
                ("options", models.JSONField(default=dict)),
                (
                    "key",
                    models.CharField(
                        help_text="idempotency key of the request; never used again", max_length=64
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "job",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="export", to="jobs.job"
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exports",
                        to="annotation.project",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ExportDownload",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("filename", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "export",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="downloads",
                        to="annotation.export",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ExportResult",
            fields=[
                (
                    "export",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="result",
                        serialize=False,
                        to="annotation.export",
                    ),
                ),
                ("manifest_sha256", models.CharField(max_length=64)),
                ("manifest", models.JSONField()),
                (
                    "archive_bytes",
                    models.PositiveBigIntegerField(help_text="of the one file that holds all the others"),
                ),
                ("kept_until", models.DateTimeField()),
                ("finished_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [models.Index(fields=["manifest_sha256"], name="exportresult_folder")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("manifest_sha256__regex", "^[0-9a-f]{64}$")),
                        name="exportresult_sha256",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="export",
            index=models.Index(fields=["project", "-created_at"], name="export_newest"),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.UniqueConstraint(fields=("project", "key"), name="export_key_once"),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(("export_class__in", ["internal", "public"])), name="export_class_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "file_format__in",
                        [
                            "ballots",
                            "trl",
                            "parquet",
                            "datasets",
                            "label_studio",
                            "open_assistant",
                            "hh",
                            "argilla",
                        ],
                    )
                ),
                name="export_format_is_known",
            ),
        ),
        migrations.AddIndex(
            model_name="exportdownload",
            index=models.Index(fields=["export", "-created_at"], name="exportdownload_newest"),
        ),
        migrations.RunSQL(
            SIMULATED_APART, "ALTER TABLE annotation_export DROP CONSTRAINT export_project_simulated;"
        ),
        append_only("annotation_export"),
        append_only("annotation_exportresult"),
        append_only("annotation_exportdownload"),
    ]

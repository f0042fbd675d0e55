"""Indexes of the engineer's pages and of the API that reads: no page walks a whole table."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0010_exports")]

    operations = [
        migrations.AlterField(
            model_name="item",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="items",
                to="annotation.project",
            ),
        ),
        migrations.AddIndex(
            model_name="ballot",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["created_at"], name="ballot_by_time", pages_per_range=16
            ),
        ),
        migrations.AddIndex(
            model_name="ballot",
            index=models.Index(
                condition=models.Q(("flags", models.Value([], models.JSONField())), _negated=True),
                fields=["item"],
                name="ballot_flagged",
            ),
        ),
        migrations.AddIndex(
            model_name="item", index=models.Index(fields=["project", "id"], name="item_of_project")
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                condition=models.Q(("ballots_count__lt", models.F("overlap")), ("role", "rank")),
                fields=["project", "id"],
                name="item_open",
            ),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                condition=models.Q(("ballots_count__gte", models.F("overlap")), ("role", "rank")),
                fields=["project", "id"],
                name="item_done",
            ),
        ),
        migrations.AddIndex(
            model_name="prompt",
            index=models.Index(fields=["project", "prompt_group"], name="prompt_by_group"),
        ),
        migrations.AddIndex(
            model_name="prompt",
            index=models.Index(
                models.F("project"),
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Lower(
                        django.db.models.functions.text.Left("text", 60)
                    ),
                    "text_pattern_ops",
                ),
                name="prompt_by_beginning",
            ),
        ),
        migrations.AddIndex(
            model_name="skip",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["created_at"], name="skip_by_time", pages_per_range=16
            ),
        ),
    ]

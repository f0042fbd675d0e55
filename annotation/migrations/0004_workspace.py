"""What a project may ask of a ranking, and the ballot that holds it."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from byhand.triggers import unchanging


# The columns are JSON arrays; `||` puts one behind the other.
BALLOT_RULES = """
ALTER TABLE annotation_ballot DROP CONSTRAINT ballot_names_each_completion_once;
ALTER TABLE annotation_ballot
    ADD CONSTRAINT ballot_names_each_completion_once CHECK (annotation_is_ranking(
        groups, unranked || unacceptable, jsonb_array_length(shown_order))),
    ADD CONSTRAINT ballot_strengths_fit CHECK (
        jsonb_array_length(strengths) IN (0, greatest(jsonb_array_length(groups) - 1, 0))),
    ADD CONSTRAINT ballot_shapes CHECK (
        jsonb_typeof(ratings) = 'object' AND jsonb_typeof(flags) = 'array');
"""
BALLOT_RULES_BACK = """
ALTER TABLE annotation_ballot DROP CONSTRAINT ballot_names_each_completion_once,
    DROP CONSTRAINT ballot_strengths_fit, DROP CONSTRAINT ballot_shapes;
ALTER TABLE annotation_ballot ADD CONSTRAINT ballot_names_each_completion_once
    CHECK (annotation_is_ranking(groups, unacceptable, jsonb_array_length(shown_order)));
"""


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0003_overlap_percent"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="GoldAnswer",
            fields=[
                (
                    "item",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="gold",
                        serialize=False,
                        to="annotation.item",
                    ),
                ),
                ("better", models.JSONField(default=list, help_text="[[i, j], ...]: i stands above j")),
                ("unacceptable", models.JSONField(default=list)),
                ("explanation", models.TextField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name="ballot",
            name="flags",
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name="ballot",
            name="ratings",
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name="ballot",
            name="strengths",
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name="ballot",
            name="unranked",
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name="item",
            name="priority",
            field=models.SmallIntegerField(db_default=0, default=0, help_text="higher is offered first"),
        ),
        migrations.AddField(
            model_name="item",
            name="role",
            field=models.CharField(
                choices=[
                    ("rank", "To be ranked"),
                    ("gold", "Gold: the answer is known"),
                    ("qualification", "Qualification"),
                ],
                db_default="rank",
                default="rank",
                max_length=13,
            ),
        ),
        migrations.AddField(
            model_name="lease",
            name="repeat",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="a second look at what the worker ranked before; never counted, always paid",
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="asks_strength",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="project",
            name="content_warning",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="project",
            name="dimensions",
            field=models.JSONField(blank=True, default=list, help_text="what each completion is rated on"),
        ),
        migrations.AddField(
            model_name="project",
            name="exposure_ms",
            field=models.PositiveBigIntegerField(
                blank=True, help_text="most task time a person is offered in any 24 hours", null=True
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="gold_percent",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="project",
            name="pilot_ballots",
            field=models.PositiveSmallIntegerField(default=10),
        ),
        migrations.AddField(
            model_name="project",
            name="qualification_pass_percent",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="project",
            name="repeat_after_ms",
            field=models.PositiveBigIntegerField(default=3600000),
        ),
        migrations.AddField(
            model_name="project",
            name="repeat_percent",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="project",
            name="support_contact",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="project",
            name="target_ballots",
            field=models.PositiveIntegerField(
                blank=True, help_text="stop offering when so many ballots count; null: all items", null=True
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="top_m",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="the best so many are ordered, the rest may stay unranked; null: all",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="project",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("pilot", "Pilot"),
                    ("open", "Open"),
                    ("paused", "Paused"),
                    ("closed", "Closed"),
                ],
                default="draft",
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("top_m__isnull", True),
                    models.Q(("top_m__gte", 1), ("top_m__lt", models.F("k"))),
                    _connector="OR",
                ),
                name="project_top_m_below_k",
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(("gold_percent__lte", 50), ("repeat_percent__lte", 50)),
                name="project_hidden_shares",
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("qualification_pass_percent__isnull", True),
                    models.Q(
                        ("qualification_pass_percent__gte", 1), ("qualification_pass_percent__lte", 100)
                    ),
                    _connector="OR",
                ),
                name="project_pass_percent",
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("content_warning", ""), models.Q(("support_contact", ""), _negated=True), _connector="OR"
                ),
                name="project_warning_names_support",
            ),
        ),
        migrations.AddField(
            model_name="goldanswer",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.RunSQL(BALLOT_RULES, BALLOT_RULES_BACK),
        unchanging("annotation_item", "project_id", "prompt_id", "generation_id"),
        unchanging("annotation_goldanswer", "item_id", "better", "unacceptable", "explanation"),
    ]

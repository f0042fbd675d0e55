"""Qualification, pilots and what people are told before they begin."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from byhand.triggers import append_only

ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))
STATES = [
    ("draft", "Draft"),
    ("pilot", "Pilot"),
    ("open", "Open"),
    ("paused", "Paused"),
    ("closed", "Closed"),
]

# Whole numbers only: who reaches the percentage exactly has passed.
FIGURES_DECIDE = """
ALTER TABLE annotation_qualificationresult ADD CONSTRAINT qualification_follows_figures
    CHECK (passed = ("right"::bigint * 100 >= known::bigint * required_percent));
"""
DIMENSIONS_KNOWN = """
ALTER TABLE annotation_project ADD CONSTRAINT project_dimensions_known CHECK (
    jsonb_typeof(dimensions) = 'array' AND dimensions <@
    '["accuracy", "helpfulness", "clarity", "conciseness", "appropriateness", "safety"]'::jsonb);
"""
# A ballot under a full order and one under the best m do not say the same.
TOP_M_STAYS = """
CREATE FUNCTION annotation_top_m_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.top_m IS DISTINCT FROM OLD.top_m AND EXISTS (
        SELECT 1 FROM annotation_lease lease JOIN annotation_ballot ballot ON ballot.lease_id = lease.id
        WHERE lease.project_id = NEW.id)
    THEN
        RAISE EXCEPTION 'annotation_project: top_m stays once there are ballots'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER annotation_top_m_stays BEFORE UPDATE OF top_m ON annotation_project
    FOR EACH ROW EXECUTE FUNCTION annotation_top_m_stays();
"""
# What was known is never forgotten: a gold answer is retired once, and for good.
GOLD_STAYS = """
CREATE FUNCTION annotation_gold_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.retired_at IS NOT NULL AND NEW.retired_at IS DISTINCT FROM OLD.retired_at THEN
        RAISE EXCEPTION 'annotation_goldanswer: kept for good once written' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER annotation_gold_stays BEFORE UPDATE OR DELETE ON annotation_goldanswer
    FOR EACH ROW EXECUTE FUNCTION annotation_gold_stays();
"""


def _to(model: str, name: str, **options: object) -> models.ForeignKey:
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name=name, to=model, **options
    )


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0006_drafts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(
            "document",
            "change_note",
            models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="what is new against the version before, in a few words",
            ),
        ),
        migrations.AddField(
            "project",
            "qualification_retries",
            models.PositiveSmallIntegerField(
                db_default=2, default=2, help_text="how many times a person may try the qualification again"
            ),
        ),
        migrations.AddConstraint(
            "project",
            models.CheckConstraint(
                condition=Q(simulated=True) | Q(pilot_ballots__gte=1), name="project_pilot_unless_simulated"
            ),
        ),
        migrations.AddConstraint(
            "project",
            models.CheckConstraint(
                condition=Q(target_ballots__isnull=True) | Q(target_ballots__gte=1),
                name="project_target_from_1",
            ),
        ),
        migrations.AddConstraint(
            "project",
            models.CheckConstraint(
                condition=Q(exposure_ms__isnull=True) | Q(exposure_ms__gte=60_000),
                name="project_exposure_a_minute",
            ),
        ),
        migrations.CreateModel(
            "StateChange",
            fields=[
                ID,
                ("state", models.CharField(choices=STATES, max_length=8)),
                (
                    "reason",
                    models.CharField(
                        blank=True, help_text="a code, such as budget or engineer", max_length=40
                    ),
                ),
                ("words", models.TextField(blank=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("actor", _to(settings.AUTH_USER_MODEL, "+", blank=True, null=True)),
                ("project", _to("annotation.project", "state_changes")),
            ],
            options={"indexes": [models.Index(fields=["project", "-id"], name="statechange_newest")]},
        ),
        migrations.CreateModel(
            "SettingChange",
            fields=[
                ID,
                ("name", models.CharField(max_length=40)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("actor", _to(settings.AUTH_USER_MODEL, "+")),
                ("project", _to("annotation.project", "setting_changes")),
            ],
            options={"indexes": [models.Index(fields=["project", "-id"], name="settingchange_newest")]},
        ),
        migrations.CreateModel(
            "WarningAcceptance",
            fields=[
                ID,
                ("sha256", models.CharField(help_text="of the warning", max_length=64)),
                ("warning", models.TextField()),
                ("support_contact", models.TextField()),
                ("accepted_at", models.DateTimeField()),
                ("project", _to("annotation.project", "warning_acceptances")),
                ("user", _to(settings.AUTH_USER_MODEL, "+")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["project", "user", "sha256"], name="warning_acceptance_once"
                    ),
                    models.CheckConstraint(
                        condition=~Q(warning="") & ~Q(support_contact=""), name="warning_acceptance_whole"
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            "TimeEstimate",
            fields=[
                ID,
                ("median_ms", models.PositiveBigIntegerField()),
                ("p75_ms", models.PositiveBigIntegerField()),
                ("ballots", models.PositiveIntegerField()),
                ("measured_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("project", _to("annotation.project", "time_estimates")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(ballots__gte=1, p75_ms__gte=F("median_ms")), name="estimate_whole"
                    )
                ],
                "indexes": [models.Index(fields=["project", "-id"], name="estimate_newest")],
            },
        ),
        migrations.CreateModel(
            "QualificationAnswer",
            fields=[
                (
                    "lease",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="qualification_answer",
                        serialize=False,
                        to="annotation.lease",
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField()),
                ("right", models.PositiveSmallIntegerField()),
                ("known", models.PositiveSmallIntegerField()),
                ("seen_at", models.DateTimeField()),
                ("item", _to("annotation.item", "+")),
                ("project", _to("annotation.project", "+")),
                ("worker", _to(settings.AUTH_USER_MODEL, "+")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(right__lte=F("known"), known__gte=1), name="qualification_answer_whole"
                    )
                ],
                "indexes": [models.Index(fields=["project", "worker"], name="qualification_answer_of")],
            },
        ),
        migrations.CreateModel(
            "QualificationResult",
            fields=[
                ID,
                ("attempt", models.PositiveSmallIntegerField()),
                ("right", models.PositiveIntegerField()),
                ("known", models.PositiveIntegerField()),
                ("required_percent", models.PositiveSmallIntegerField()),
                ("passed", models.BooleanField()),
                ("decided_at", models.DateTimeField()),
                ("project", _to("annotation.project", "qualification_results")),
                ("worker", _to(settings.AUTH_USER_MODEL, "+")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["project", "worker", "attempt"], name="qualification_attempt_once"
                    ),
                    models.CheckConstraint(
                        condition=Q(right__lte=F("known"), known__gte=1), name="qualification_result_whole"
                    ),
                ]
            },
        ),
        migrations.RunSQL(
            FIGURES_DECIDE,
            "ALTER TABLE annotation_qualificationresult DROP CONSTRAINT qualification_follows_figures;",
        ),
        migrations.RunSQL(
            DIMENSIONS_KNOWN, "ALTER TABLE annotation_project DROP CONSTRAINT project_dimensions_known;"
        ),
        migrations.RunSQL(
            TOP_M_STAYS,
            "DROP TRIGGER annotation_top_m_stays ON annotation_project; DROP FUNCTION annotation_top_m_stays();",
        ),
        migrations.RunSQL(
            GOLD_STAYS,
            "DROP TRIGGER annotation_gold_stays ON annotation_goldanswer; DROP FUNCTION annotation_gold_stays();",
        ),
        append_only("annotation_statechange"),
        append_only("annotation_settingchange"),
        append_only("annotation_warningacceptance"),
        append_only("annotation_timeestimate"),
        append_only("annotation_qualificationanswer"),
        append_only("annotation_qualificationresult"),
    ]

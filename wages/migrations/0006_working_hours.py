"""Worked time by the hour, which caps on offers read. Filled from the intervals that are there."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

FILL = """
INSERT INTO wages_workedhour (worker_id, project_id, hour, worked_ms, item_ms, began, ended)
SELECT worker_id, project_id, hour,
       sum(extract(epoch FROM till - since) * 1000)::bigint,
       coalesce(sum(extract(epoch FROM till - since) * 1000) FILTER (WHERE work_id <> ''), 0)::bigint,
       min(since), max(till)
FROM wages_interval, generate_series(date_trunc('hour', lower(period), 'UTC'), upper(period), '1 hour') hour,
    LATERAL (SELECT greatest(lower(period), hour) AS since, least(upper(period), hour + interval '1 hour') AS till) part
WHERE rate_card_id IS NOT NULL AND since < till
GROUP BY worker_id, project_id, hour;
"""
GROWS = """
CREATE FUNCTION wages_workedhour_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.worked_ms < OLD.worked_ms OR NEW.item_ms < OLD.item_ms THEN
        RAISE EXCEPTION 'wages_workedhour %: worked time never falls', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wages_workedhour_grows BEFORE UPDATE ON wages_workedhour
    FOR EACH ROW EXECUTE FUNCTION wages_workedhour_grows();
CREATE TRIGGER wages_workedhour_kept BEFORE DELETE ON wages_workedhour
    FOR EACH ROW EXECUTE FUNCTION wages_kept();
CREATE TRIGGER wages_workedhour_never_emptied BEFORE TRUNCATE ON wages_workedhour
    FOR EACH STATEMENT EXECUTE FUNCTION wages_kept();
"""
GROWS_BACK = """
DROP TRIGGER wages_workedhour_never_emptied ON wages_workedhour;
DROP TRIGGER wages_workedhour_kept ON wages_workedhour;
DROP TRIGGER wages_workedhour_grows ON wages_workedhour; DROP FUNCTION wages_workedhour_grows();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("wages", "0005_real_weeks_end_first"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="WorkedHour",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hour", models.DateTimeField(help_text="its beginning, UTC")),
                ("worked_ms", models.BigIntegerField()),
                ("item_ms", models.BigIntegerField()),
                ("began", models.DateTimeField(help_text="first moment worked in this hour")),
                ("ended", models.DateTimeField(help_text="last moment worked in this hour")),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="wages.paidproject",
                    ),
                ),
                (
                    "worker",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="workedhour",
            constraint=models.UniqueConstraint(fields=["worker", "hour", "project"], name="workedhour_once"),
        ),
        migrations.AddConstraint(
            model_name="workedhour",
            constraint=models.CheckConstraint(
                condition=Q(worked_ms__gte=1, item_ms__gte=0, item_ms__lte=F("worked_ms")),
                name="workedhour_ms",
            ),
        ),
        migrations.AddConstraint(
            model_name="workedhour",
            constraint=models.CheckConstraint(
                condition=Q(began__gte=F("hour"), ended__gt=F("began")), name="workedhour_inside"
            ),
        ),
        migrations.RunSQL(GROWS, GROWS_BACK),
    ]

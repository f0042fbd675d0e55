"""What a rule decided from, releases from waiting, and a steward's question about much unknown time."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from byhand.triggers import append_only, unchanging

RECALLED_ONCE = """
CREATE FUNCTION wages_release_recalled_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.recalled_at IS NOT NULL AND NEW.recalled_at IS DISTINCT FROM OLD.recalled_at THEN
        RAISE EXCEPTION 'release %: recalled once', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wages_release_recalled_once BEFORE UPDATE ON wages_release
    FOR EACH ROW EXECUTE FUNCTION wages_release_recalled_once();
CREATE TRIGGER wages_release_kept BEFORE DELETE ON wages_release FOR EACH ROW EXECUTE FUNCTION wages_kept();
CREATE TRIGGER wages_release_never_emptied BEFORE TRUNCATE ON wages_release
    FOR EACH STATEMENT EXECUTE FUNCTION wages_kept();
"""
RECALLED_ONCE_BACK = """
DROP TRIGGER wages_release_never_emptied ON wages_release; DROP TRIGGER wages_release_kept ON wages_release;
DROP TRIGGER wages_release_recalled_once ON wages_release; DROP FUNCTION wages_release_recalled_once();
"""


def same(table: str, column: str, target: str) -> migrations.RunSQL:
    """The row and what it points to are both simulated, or neither is."""
    name = f"{table}_{column}_simulated"
    return migrations.RunSQL(
        f"ALTER TABLE wages_{table} ADD CONSTRAINT {name} FOREIGN KEY ({column}_id, simulated)"
        f" REFERENCES {target} (id, simulated)",
        f"ALTER TABLE wages_{table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):

    dependencies = [
        ('wages', '0023_pools_stay'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='GapQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('simulated', models.BooleanField()),
                ('week', models.DateField(help_text='the Monday (UTC) that the week begins with')),
                ('asked_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('simulated', models.BooleanField()),
                ('released_at', models.DateTimeField(help_text='when it was said, and when the clock stopped')),
                ('expected_at', models.DateTimeField(blank=True, help_text='no work before about then, if known', null=True)),
                ('recalled_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name='interval',
            name='judged_at',
            field=models.DateTimeField(blank=True, help_text='the moment at which the rule judged it', null=True),
        ),
        migrations.AddField(
            model_name='interval',
            name='stretch_asked',
            field=models.DateTimeField(blank=True, help_text='its unanswered question', null=True),
        ),
        migrations.AddField(
            model_name='interval',
            name='stretch_category',
            field=models.CharField(blank=True, db_default='', default='', max_length=16),
        ),
        migrations.AddField(
            model_name='interval',
            name='stretch_held',
            field=models.BooleanField(blank=True, help_text='whether an item was in hand', null=True),
        ),
        migrations.AddField(
            model_name='interval',
            name='stretch_seen',
            field=models.DateTimeField(blank=True, help_text='its last proof of presence', null=True),
        ),
        migrations.AddField(
            model_name='interval',
            name='stretch_since',
            field=models.DateTimeField(blank=True, help_text='when the stretch began', null=True),
        ),
        migrations.AddIndex(
            model_name='beat',
            index=models.Index(fields=['worker', 'at'], name='beat_day'),
        ),
        migrations.AddConstraint(
            model_name='interval',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('judged_at__isnull', True), ('stretch_asked__isnull', True), ('stretch_category', ''), ('stretch_held__isnull', True), ('stretch_seen__isnull', True), ('stretch_since__isnull', True)), models.Q(('judged_at__isnull', False), ('resolves__isnull', True), ('stretch_category__in', ['task', 'guidelines', 'training', 'qualification', 'waiting', 'review', 'admin', 'break', 'unknown', 'claimed']), ('stretch_held__isnull', False), ('stretch_seen__isnull', False), ('stretch_since__isnull', False)), _connector='OR'), name='interval_facts_whole'),
        ),
        migrations.AddField(
            model_name='gapquestion',
            name='asked_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='gapquestion',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='gap_questions', to='wages.paidproject'),
        ),
        migrations.AddField(
            model_name='gapquestion',
            name='worker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='release',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to='wages.paidproject'),
        ),
        migrations.AddField(
            model_name='release',
            name='worker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='releases', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='gapquestion',
            constraint=models.UniqueConstraint(fields=('worker', 'project', 'week'), name='gapquestion_once'),
        ),
        migrations.AddConstraint(
            model_name='gapquestion',
            constraint=models.CheckConstraint(condition=models.Q(('asked_by', models.F('worker')), _negated=True), name='gapquestion_not_oneself'),
        ),
        migrations.AddIndex(
            model_name='release',
            index=models.Index(fields=['project', 'released_at'], name='release_project'),
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.UniqueConstraint(condition=models.Q(('recalled_at__isnull', True)), fields=('worker', 'project'), name='release_open_once'),
        ),
        migrations.AddConstraint(
            model_name='release',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('expected_at__isnull', True), ('expected_at__gt', models.F('released_at')), _connector='OR'), models.Q(('recalled_at__isnull', True), ('recalled_at__gte', models.F('released_at')), _connector='OR')), name='release_in_order'),
        ),
        migrations.RunSQL(RECALLED_ONCE, RECALLED_ONCE_BACK),
        unchanging("wages_release", "worker_id", "project_id", "simulated", "released_at", "expected_at"),
        append_only("wages_gapquestion"),
        *(
            same(table, column, target)
            for table in ("release", "gapquestion")
            for column, target in (("worker", "accounts_user"), ("project", "wages_paidproject"))
        ),
    ]

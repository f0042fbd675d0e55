"""Closing in batches: how far it has come, its draft leaves, and the indexes that a batch and a page read by."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('wages', '0021_terms_stay'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DraftLeaf',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('salt', models.BinaryField(max_length=32)),
                ('body', models.TextField()),
                ('earned_micro', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='PeriodClose',
            fields=[
                ('period', models.OneToOneField(db_column='period_id', on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='closing', serialize=False, to='wages.period')),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('p75_ms', models.BigIntegerField(blank=True, help_text="the task's 75th percentile; null: nothing to settle unknown time by", null=True)),
                ('log_size', models.BigIntegerField(default=0, help_text="size of the log's checkpoint that statements name")),
                ('log_root', models.CharField(blank=True, help_text='its root, in hex', max_length=64)),
                ('expected', models.PositiveIntegerField(default=0, help_text='workers, as counted at the beginning')),
                ('through_worker', models.BigIntegerField(default=0, help_text='all workers up to this id are done')),
                ('workers', models.PositiveIntegerField(default=0, help_text='workers done, each with a statement')),
                ('due_micro', models.BigIntegerField(default=0, help_text='earned by them in the period, all kinds')),
                ('spent_micro', models.BigIntegerField(default=0, help_text='taken from the project for them')),
                ('top_up_micro', models.BigIntegerField(default=0)),
                ('extras_micro', models.BigIntegerField(default=0, help_text='due beside accrued work and top-ups')),
                ('topped_up', models.PositiveIntegerField(default=0, help_text='workers with a top-up')),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AlterField(
            model_name='interval',
            name='pay_period',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='intervals', to='wages.period'),
        ),
        migrations.AlterField(
            model_name='interval',
            name='worker',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='intervals', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='interval',
            index=models.Index(fields=['pay_period', 'worker'], name='interval_period_worker'),
        ),
        migrations.AddIndex(
            model_name='interval',
            index=models.Index(fields=['worker', '-id'], name='interval_newest'),
        ),
        migrations.AddField(
            model_name='draftleaf',
            name='period',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wages.period'),
        ),
        migrations.AddField(
            model_name='periodclose',
            name='started_by',
            field=models.ForeignKey(blank=True, help_text='null: the platform itself, after the week has ended', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='periodclose',
            constraint=models.CheckConstraint(condition=models.Q(('log_size__gte', 0), ('through_worker__gte', 0), ('top_up_micro__gte', 0), models.Q(('p75_ms__isnull', True), ('p75_ms__gte', 0), _connector='OR')), name='periodclose_counts'),
        ),
    ]

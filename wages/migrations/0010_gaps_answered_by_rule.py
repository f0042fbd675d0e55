"""A gap may have two answers: the rule's at the close, and the worker's word at any time."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('wages', '0060_who_is_who_in_a_slice'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='interval',
            name='by_rule',
            field=models.BooleanField(db_default=False, default=False, help_text="paid up to the task's 75th percentile, unanswered"),
        ),
        migrations.AlterField(
            model_name='interval',
            name='resolves',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='wages.interval'),
        ),
        migrations.AddIndex(
            model_name='interval',
            index=models.Index(condition=models.Q(('category', 'unknown')), fields=['worker', '-id'], name='interval_gaps'),
        ),
        migrations.AddConstraint(
            model_name='interval',
            constraint=models.UniqueConstraint(condition=models.Q(('resolves__isnull', False)), fields=('resolves', 'by_rule'), name='interval_resolved_once'),
        ),
        migrations.AddConstraint(
            model_name='interval',
            constraint=models.CheckConstraint(condition=models.Q(('by_rule', False), models.Q(('rate_card__isnull', False), ('resolves__isnull', False)), _connector='OR'), name='interval_rule_pays_a_gap'),
        ),
    ]

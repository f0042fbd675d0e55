"""Refunds of a reservation: kept, approved once by a second steward, and never changed."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models

from byhand.triggers import unchanging


GUARDS = """
CREATE FUNCTION wages_refund_approved_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.approved_at IS NOT NULL THEN
        RAISE EXCEPTION 'refund % is approved', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wages_refund_approved_once BEFORE UPDATE ON wages_refund
    FOR EACH ROW EXECUTE FUNCTION wages_refund_approved_once();
CREATE TRIGGER wages_refund_kept BEFORE DELETE ON wages_refund FOR EACH ROW EXECUTE FUNCTION wages_kept();
CREATE TRIGGER wages_refund_never_emptied BEFORE TRUNCATE ON wages_refund
    FOR EACH STATEMENT EXECUTE FUNCTION wages_kept();
"""
NO_GUARDS = """
DROP TRIGGER wages_refund_never_emptied ON wages_refund; DROP TRIGGER wages_refund_kept ON wages_refund;
DROP TRIGGER wages_refund_approved_once ON wages_refund; DROP FUNCTION wages_refund_approved_once();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('wages', '0011_facts_of_the_rule'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('amount_micro', models.BigIntegerField()),
                ('reason', models.CharField(max_length=500)),
                ('key', models.CharField(max_length=100)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refund', to='wages.entry')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='wages.paidproject')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('project', 'key'), name='refund_key'), models.CheckConstraint(condition=models.Q(('amount_micro__gt', 0), models.Q(('reason', ''), _negated=True)), name='refund_amount'), models.CheckConstraint(condition=models.Q(models.Q(('approved_at__isnull', True), ('approved_by__isnull', True), ('entry__isnull', True)), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False), ('entry__isnull', False)), _connector='OR'), name='refund_approved_whole'), models.CheckConstraint(condition=models.Q(('approved_by', models.F('created_by')), _negated=True), name='refund_two_stewards')],
            },
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        unchanging("wages_refund", "project_id", "amount_micro", "reason", "key", "created_by_id"),
    ]

"""What the whole of pay needs: kinds of entries, frozen spending, richer rate cards, places, statements."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


# periods that were closed before this: what they spent is what their entries took from the project
BACKFILL = """
ALTER TABLE wages_period DISABLE TRIGGER wages_period_closes_once;
UPDATE wages_period period SET closing_at = closed_at, spent_micro = -coalesce((
    SELECT sum(posting.amount_micro) FROM wages_entry entry
    JOIN wages_posting posting ON posting.entry_id = entry.id
    JOIN wages_ledgeraccount account ON account.id = posting.account_id
        AND account.kind IN ('reservation', 'funder_receivable')
    WHERE entry.pay_period_id = period.id), 0)
WHERE closed_at IS NOT NULL;
ALTER TABLE wages_period ENABLE TRIGGER wages_period_closes_once;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('wages', '0006_working_hours'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Statement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('simulated', models.BooleanField()),
                ('payable_micro', models.BigIntegerField(help_text='moved to payable when the period closed')),
                ('body', models.TextField()),
                ('sha256', models.CharField(max_length=64)),
                ('issued_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='StatementAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('answer', models.CharField(choices=[('confirmed', 'confirmed'), ('disputed', 'disputed')], max_length=16)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='WorkPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('country', models.CharField(help_text='ISO 3166-1 alpha-2', max_length=2)),
                ('subdivision', models.CharField(blank=True, help_text='ISO 3166-2, such as US-CA', max_length=6)),
                ('zone', models.CharField(help_text='IANA time zone; premiums follow its night and week', max_length=64)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='accrual',
            name='accrual_counts_up',
        ),
        migrations.RemoveConstraint(
            model_name='entry',
            name='entry_kind',
        ),
        migrations.RemoveConstraint(
            model_name='period',
            name='period_closed_whole',
        ),
        migrations.RemoveIndex(
            model_name='entry',
            name='entry_funding',
        ),
        migrations.AddField(
            model_name='accrual',
            name='pieces_micro',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='period',
            name='closing_at',
            field=models.DateTimeField(blank=True, help_text='when the close began: from then on work goes to the next period', null=True),
        ),
        migrations.AddField(
            model_name='period',
            name='spent_micro',
            field=models.BigIntegerField(blank=True, help_text='all that its entries took from the project, frozen at the close', null=True),
        ),
        migrations.AddField(
            model_name='ratecard',
            name='basis',
            field=models.CharField(choices=[('hourly', 'By the hour'), ('piece', 'By the piece, with the hourly rate guaranteed')], db_default='hourly', default='hourly', max_length=8),
        ),
        migrations.AddField(
            model_name='ratecard',
            name='bonus_after_ms',
            field=models.BigIntegerField(blank=True, help_text='paid time in the period', null=True),
        ),
        migrations.AddField(
            model_name='ratecard',
            name='bonus_micro',
            field=models.BigIntegerField(db_default=0, default=0, help_text='once a period, for its paid time alone'),
        ),
        migrations.AddField(
            model_name='ratecard',
            name='night_permille',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='22:00 to 06:00, their zone'),
        ),
        migrations.AddField(
            model_name='ratecard',
            name='overtime_after_ms',
            field=models.BigIntegerField(blank=True, help_text='paid time in a workweek', null=True),
        ),
        migrations.AddField(
            model_name='ratecard',
            name='overtime_permille',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='beyond overtime_after_ms'),
        ),
        migrations.AddField(
            model_name='ratecard',
            name='piece_micro',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='ratecard',
            name='weekend_permille',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='Saturday and Sunday'),
        ),
        migrations.AlterField(
            model_name='entry',
            name='kind',
            field=models.CharField(choices=[('deposit', 'Deposit'), ('work', 'Work'), ('piece', 'Piece'), ('bonus', 'Bonus'), ('premium', 'Premium'), ('top_up', 'Top-up to the floor'), ('cost', 'Cost refunded'), ('correction', 'Correction'), ('reversal', 'Reversal'), ('settle_owed', 'Between reservation and receivable'), ('period', 'Period closed'), ('rounding', 'Rounding up at payout'), ('payout', 'Sent'), ('received', 'Received'), ('returned', 'Payout failed'), ('payment_fee', 'Payment fee'), ('platform_fee', 'Platform fee'), ('contribution', 'Employer contributions'), ('tax', 'Tax withheld'), ('margin', 'Vendor margin'), ('royalty', 'Royalty'), ('refund', 'Reservation refunded')], max_length=16),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(condition=models.Q(('pay_period__isnull', True), models.Q(('kind__in', ('period', 'payout', 'received', 'returned', 'tax')), _negated=True)), fields=['project'], name='entry_project_money'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(condition=models.Q(('pay_period__isnull', False), models.Q(('kind__in', ['work', 'piece', 'period']), _negated=True)), fields=['pay_period'], name='entry_extras'),
        ),
        migrations.AddConstraint(
            model_name='accrual',
            constraint=models.CheckConstraint(condition=models.Q(('earned_micro__gte', 0), ('pieces_micro__gte', 0), ('total_ms__gte', 0)), name='accrual_counts_up'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['deposit', 'work', 'piece', 'bonus', 'premium', 'top_up', 'cost', 'correction', 'reversal', 'settle_owed', 'period', 'rounding', 'payout', 'received', 'returned', 'payment_fee', 'platform_fee', 'contribution', 'tax', 'margin', 'royalty', 'refund'])), name='entry_kind'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ('work', 'piece', 'bonus', 'premium', 'top_up', 'cost', 'correction', 'reversal', 'period')), ('pay_period__isnull', False)), models.Q(models.Q(('kind__in', ('work', 'piece', 'bonus', 'premium', 'top_up', 'cost', 'correction', 'reversal', 'period')), _negated=True), ('pay_period__isnull', True)), _connector='OR'), name='entry_in_period'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['bonus', 'correction']), _negated=True), models.Q(('actor__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='entry_by_a_person_has_reason'),
        ),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='period',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('earned_micro__isnull', True), ('root', ''), ('spent_micro__isnull', True)), models.Q(('closed_at__isnull', False), ('closing_at__isnull', False), ('earned_micro__isnull', False), ('spent_micro__isnull', False), models.Q(('root', ''), _negated=True)), _connector='OR'), name='period_closed_whole'),
        ),
        migrations.AddConstraint(
            model_name='ratecard',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('basis', 'hourly'), ('piece_micro__isnull', True)), models.Q(('basis', 'piece'), ('piece_micro__gt', 0)), _connector='OR'), name='ratecard_basis'),
        ),
        migrations.AddConstraint(
            model_name='ratecard',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('overtime_after_ms__isnull', True), ('overtime_permille', 0)), models.Q(('overtime_after_ms__gte', 0), ('overtime_permille__gt', 0)), _connector='OR'), name='ratecard_overtime'),
        ),
        migrations.AddConstraint(
            model_name='ratecard',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('bonus_after_ms__isnull', True), ('bonus_micro', 0)), models.Q(('bonus_after_ms__gte', 0), ('bonus_micro__gt', 0)), _connector='OR'), name='ratecard_bonus'),
        ),
        migrations.AddField(
            model_name='statement',
            name='period',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='wages.period'),
        ),
        migrations.AddField(
            model_name='statement',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='wages.paidproject'),
        ),
        migrations.AddField(
            model_name='statement',
            name='worker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='statementanswer',
            name='statement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='wages.statement'),
        ),
        migrations.AddField(
            model_name='workplace',
            name='worker',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='work_places', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='statement',
            index=models.Index(fields=['worker', '-id'], name='statement_worker'),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.UniqueConstraint(fields=('period', 'worker'), name='statement_once'),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='statement_sha256'),
        ),
        migrations.AddConstraint(
            model_name='statementanswer',
            constraint=models.CheckConstraint(condition=models.Q(('answer__in', ['confirmed', 'disputed'])), name='statementanswer_known'),
        ),
        migrations.AddIndex(
            model_name='workplace',
            index=models.Index(fields=['worker', '-created_at'], name='workplace_worker'),
        ),
        migrations.AddConstraint(
            model_name='workplace',
            constraint=models.CheckConstraint(condition=models.Q(('country__regex', '^[A-Z]{2}$')), name='workplace_country'),
        ),
        migrations.AddConstraint(
            model_name='workplace',
            constraint=models.CheckConstraint(condition=models.Q(('subdivision', ''), ('subdivision__regex', '^[A-Z]{2}-[A-Z0-9]{1,3}$'), _connector='OR'), name='workplace_subdivision'),
        ),
        migrations.AddConstraint(
            model_name='workplace',
            constraint=models.CheckConstraint(condition=models.Q(('zone', ''), _negated=True), name='workplace_zone'),
        ),
    ]

"""What exchange costs a worker is declared in the terms; fees of receipts are found by when they were said."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('wages', '0063_rows_stay_until_retired'),
    ]

    operations = [
        migrations.AddField(
            model_name='payterms',
            name='fx_spread_permille',
            field=models.PositiveIntegerField(default=0, help_text='what exchange costs a worker, of pay; deducted in the floor test'),
        ),
        migrations.AddIndex(
            model_name='payoutreceipt',
            index=models.Index(fields=['at'], name='payoutreceipt_at'),
        ),
        migrations.AddConstraint(
            model_name='payterms',
            constraint=models.CheckConstraint(condition=models.Q(('fx_spread_permille__range', (0, 1000))), name='payterms_fx_spread'),
        ),
    ]

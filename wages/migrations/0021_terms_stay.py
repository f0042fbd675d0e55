"""Terms of a project are append-only: the newest row counts and the others can be read."""

from django.db import migrations

from byhand.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("wages", "0020_pay_terms")]
    operations = [append_only("wages_payterms")]

from django.db import migrations

from byhand.triggers import append_only

HASH_FITS = """
ALTER TABLE reports_publishedreport ADD CONSTRAINT report_hash_fits
    CHECK (sha256 = encode(sha256(document), 'hex'));
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial")]
    operations = [
        migrations.RunSQL(HASH_FITS, "ALTER TABLE reports_publishedreport DROP CONSTRAINT report_hash_fits"),
        append_only("reports_publishedreport"),
    ]

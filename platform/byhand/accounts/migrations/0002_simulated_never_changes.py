from django.db import migrations

from byhand.triggers import unchanging


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        unchanging("accounts_user", "simulated", "public_id"),
        unchanging("accounts_organisation", "simulated"),
    ]

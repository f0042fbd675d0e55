from django.db import migrations

from byhand.triggers import unchanging

COMPOSITE_KEYS = (
    ("accounts_membership", "membership_user_simulated", "user_id", "accounts_user"),
    ("accounts_membership", "membership_organisation_simulated", "organisation_id", "accounts_organisation"),
    ("accounts_invitation", "invitation_organisation_simulated", "organisation_id", "accounts_organisation"),
    ("accounts_invitation", "invitation_accepted_simulated", "accepted_by_id", "accounts_user"),
)


def _same_simulated(table: str, name: str, column: str, target: str) -> migrations.RunSQL:
    """A real person can't be in a simulated organisation, nor the reverse: `simulated` is part of the key."""
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}, simulated) REFERENCES {target} (id, simulated)",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        unchanging("accounts_user", "simulated", "public_id"),
        unchanging("accounts_organisation", "simulated"),
        *(_same_simulated(*key) for key in COMPOSITE_KEYS),
    ]

"""What happened and what was tried stays: events and attempts are append-only, an endpoint keeps its organisation."""

from django.db import migrations

from byhand.triggers import append_only, unchanging


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial")]
    operations = [
        append_only("webhooks_event"),
        append_only("webhooks_attempt"),
        unchanging("webhooks_endpoint", "organisation_id", "created_by_id", "created_at"),
        unchanging("webhooks_delivery", "endpoint_id", "event_id", "created_at"),
    ]

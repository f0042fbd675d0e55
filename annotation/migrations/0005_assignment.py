"""What finding the next item needs: the order of need, where each person's walk begins, and hidden repeats."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from byhand.triggers import append_only

FREE = Q(role="rank", ballots_count__lt=F("overlap") - F("live_leases"))

# Numbers of transactions, unlike those of a sequence, tell what a snapshot can't have seen yet.
CHANGED = """
CREATE FUNCTION annotation_item_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_xid := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER annotation_item_changed BEFORE INSERT OR UPDATE ON annotation_item
    FOR EACH ROW EXECUTE FUNCTION annotation_item_changed();
"""
CHANGED_BACK = """
DROP TRIGGER annotation_item_changed ON annotation_item;
DROP FUNCTION annotation_item_changed();
"""
COUNT_BALLOTS = """
INSERT INTO annotation_queueplace (participation_id, need, item, seen_xid, counted)
SELECT part.id, -2147483648, 0, 0, count(*)
FROM annotation_participation part
JOIN annotation_lease lease ON lease.project_id = part.project_id AND lease.worker_id = part.user_id
JOIN annotation_ballot ballot ON ballot.lease_id = lease.id
WHERE NOT ballot.surplus AND ballot.supersedes_id IS NULL GROUP BY part.id;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0004_workspace"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="QueuePlace",
            fields=[
                (
                    "participation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="queue_place",
                        serialize=False,
                        to="annotation.participation",
                    ),
                ),
                ("need", models.IntegerField(default=-2147483648)),
                ("item", models.BigIntegerField(default=0)),
                ("seen_xid", models.BigIntegerField(default=0)),
                (
                    "counted",
                    models.PositiveIntegerField(default=0, help_text="ballots of this person that count"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FrozenBallot",
            fields=[
                (
                    "ballot",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="frozen",
                        serialize=False,
                        to="annotation.ballot",
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
        ),
        append_only("annotation_frozenballot"),
        migrations.RunSQL(COUNT_BALLOTS, migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="item", name="item_overlap_holds"),
        migrations.RemoveIndex(model_name="item", name="item_free_slots"),
        migrations.AddField(
            model_name="item",
            name="changed_xid",
            field=models.BigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="item",
            name="need",
            field=models.GeneratedField(
                db_persist=True,
                expression=F("priority") * -2 + models.Case(models.When(ballots_count=0, then=1), default=0),
                output_field=models.IntegerField(),
            ),
        ),
        migrations.RunSQL(CHANGED, CHANGED_BACK),
        migrations.AlterField(
            model_name="lease",
            name="worker",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="leases",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(condition=FREE, fields=["project", "need", "id"], name="item_free_slots"),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(condition=FREE, fields=["project", "changed_xid"], name="item_free_changed"),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                condition=~Q(role="rank"), fields=["project", "role", "id"], name="item_known"
            ),
        ),
        migrations.AddIndex(
            model_name="lease",
            index=models.Index(fields=["worker", "project", "taken_at"], name="lease_of_worker"),
        ),
        migrations.AddIndex(
            model_name="lease",
            index=models.Index(condition=~Q(state="expired"), fields=["worker", "item"], name="lease_had"),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.CheckConstraint(
                condition=Q(ballots_count__lte=F("overlap") - F("live_leases")), name="item_overlap_holds"
            ),
        ),
    ]

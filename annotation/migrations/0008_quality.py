"""Measures of agreement, and second looks at what people disagree on."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from byhand.triggers import append_only, unchanging

BELONGS = """
ALTER TABLE annotation_reviewer ADD CONSTRAINT reviewer_takes_part
    FOREIGN KEY (project_id, user_id) REFERENCES annotation_participation (project_id, user_id);
ALTER TABLE annotation_review ADD CONSTRAINT review_of_participant
    FOREIGN KEY (project_id, reviewer_id) REFERENCES annotation_participation (project_id, user_id);
ALTER TABLE annotation_adjudication
    ADD CONSTRAINT adjudication_of_its_review FOREIGN KEY (review_id, item_id, reviewer_id)
        REFERENCES annotation_review (id, item_id, reviewer_id),
    ADD CONSTRAINT adjudication_supersedes_same_item FOREIGN KEY (supersedes_id, item_id)
        REFERENCES annotation_adjudication (id, item_id);
"""
BELONGS_BACK = """
ALTER TABLE annotation_adjudication DROP CONSTRAINT adjudication_of_its_review,
    DROP CONSTRAINT adjudication_supersedes_same_item;
ALTER TABLE annotation_review DROP CONSTRAINT review_of_participant;
ALTER TABLE annotation_reviewer DROP CONSTRAINT reviewer_takes_part;
"""
# No unique key of ballots is (id, item), and the hot path should not keep one for this; a trigger looks instead.
NOT_OWN_WORK = """
CREATE FUNCTION annotation_review_not_own_work() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM annotation_lease WHERE item_id = NEW.item_id AND worker_id = NEW.reviewer_id) THEN
        RAISE EXCEPTION 'a reviewer never reviews an item that they worked on'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER annotation_review_not_own_work BEFORE INSERT ON annotation_review
    FOR EACH ROW EXECUTE FUNCTION annotation_review_not_own_work();

CREATE FUNCTION annotation_adjudication_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted int;
BEGIN
    SELECT project.k INTO wanted FROM annotation_item item
    JOIN annotation_project project ON project.id = item.project_id WHERE item.id = NEW.item_id;
    IF NEW.answer IS NOT NULL AND NOT annotation_is_ranking(
        NEW.answer->'groups', (NEW.answer->'unranked') || (NEW.answer->'unacceptable'), wanted) THEN
        RAISE EXCEPTION 'an adjudication names each completion once' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.ballot_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM annotation_ballot WHERE id = NEW.ballot_id AND item_id = NEW.item_id) THEN
        RAISE EXCEPTION 'the ballot that stands is one of this item' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER annotation_adjudication_fits BEFORE INSERT ON annotation_adjudication
    FOR EACH ROW EXECUTE FUNCTION annotation_adjudication_fits();
"""
NOT_OWN_WORK_BACK = """
DROP TRIGGER annotation_adjudication_fits ON annotation_adjudication;
DROP FUNCTION annotation_adjudication_fits();
DROP TRIGGER annotation_review_not_own_work ON annotation_review;
DROP FUNCTION annotation_review_not_own_work();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0007_setup'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Adjudication',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('decision', models.CharField(choices=[('ballot', 'One of the rankings stands'), ('consensus', 'The consensus stands'), ('ranking', 'Another ranking'), ('unrankable', 'Not rankable')], max_length=12)),
                ('answer', models.JSONField(blank=True, null=True)),
                ('ballots', models.JSONField()),
                ('key', models.CharField(help_text='idempotency key of the decision; never used again', max_length=64)),
                ('decision_hash', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField()),
                ('ballot', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='adjudications', to='annotation.ballot')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adjudications', to='annotation.item')),
                ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('supersedes', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='superseded_by', to='annotation.adjudication')),
            ],
        ),
        migrations.CreateModel(
            name='AdjudicationReason',
            fields=[
                ('adjudication', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='reason', serialize=False, to='annotation.adjudication')),
                ('text', models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name='QualitySnapshot',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('job_id', models.UUIDField(unique=True)),
                ('method', models.CharField(max_length=24)),
                ('as_of', models.DateTimeField(help_text='ballots given later are not in the figures')),
                ('items', models.PositiveIntegerField()),
                ('ballots', models.PositiveIntegerField()),
                ('figures', models.JSONField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='quality_snapshots', to='annotation.project')),
            ],
        ),
        migrations.CreateModel(
            name='AnnotatorQuality',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pseudonym', models.CharField(max_length=32)),
                ('ballots', models.PositiveIntegerField()),
                ('weight', models.FloatField(blank=True, help_text='agreement with others, shrunk to the mean', null=True)),
                ('low', models.FloatField(blank=True, null=True)),
                ('high', models.FloatField(blank=True, null=True)),
                ('flags', models.JSONField(default=list, help_text='plausibility: kind, evidence, expected by chance')),
                ('snapshot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='annotators', to='annotation.qualitysnapshot')),
            ],
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('shown_ballots', models.JSONField()),
                ('state', models.CharField(choices=[('live', 'Live'), ('decided', 'Decided'), ('released', 'Given back'), ('expired', 'Expired')], default='live', max_length=8)),
                ('taken_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='annotation.item')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='annotation.project')),
                ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='adjudication',
            name='review',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='adjudication', to='annotation.review'),
        ),
        migrations.CreateModel(
            name='Reviewer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('named_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('named_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviewers', to='annotation.project')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviewing', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ItemQuality',
            fields=[
                ('item', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='quality', serialize=False, to='annotation.item')),
                ('ballots', models.PositiveSmallIntegerField()),
                ('tau', models.FloatField(blank=True, help_text='mean pairwise Kendall tau-b; null: undefined', null=True)),
                ('entropy', models.FloatField(blank=True, help_text='0: all say the same; 1: as split as can be', null=True)),
                ('cycle', models.BooleanField(default=False)),
                ('needs_review', models.BooleanField(default=False)),
                ('reasons', models.JSONField(default=list)),
                ('computed_at', models.DateTimeField()),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='item_qualities', to='annotation.project')),
            ],
            options={
                'indexes': [models.Index(fields=['project', 'tau'], name='itemquality_by_tau'), models.Index(models.F('project'), models.OrderBy(models.F('tau'), nulls_first=True), models.F('item'), condition=models.Q(('needs_review', True)), name='itemquality_queue')],
                'constraints': [models.CheckConstraint(condition=models.Q(('tau__isnull', True), models.Q(('tau__gte', -1), ('tau__lte', 1)), _connector='OR'), name='itemquality_tau'), models.CheckConstraint(condition=models.Q(('entropy__isnull', True), models.Q(('entropy__gte', 0), ('entropy__lte', 1)), _connector='OR'), name='itemquality_entropy')],
            },
        ),
        migrations.AddIndex(
            model_name='qualitysnapshot',
            index=models.Index(fields=['project', '-as_of'], name='quality_newest'),
        ),
        migrations.AddConstraint(
            model_name='annotatorquality',
            constraint=models.UniqueConstraint(fields=('snapshot', 'pseudonym'), name='annotatorquality_once'),
        ),
        migrations.AddConstraint(
            model_name='annotatorquality',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('high__isnull', True), ('low__isnull', True), ('weight__isnull', True)), models.Q(('high__gte', models.F('weight')), ('low__lte', models.F('weight')), ('weight__gte', -1), ('weight__lte', 1)), _connector='OR'), name='annotatorquality_interval'),
        ),
        migrations.AddIndex(
            model_name='review',
            index=models.Index(condition=models.Q(('state', 'live')), fields=['expires_at'], name='review_live_by_expiry'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'live')), fields=('item',), name='review_one_per_item'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'live')), fields=('project', 'reviewer'), name='review_one_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(fields=('id', 'item', 'reviewer'), name='review_id_item_reviewer'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('state', 'live')), models.Q(models.Q(('state', 'live'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='review_ended_has_time'),
        ),
        migrations.AddConstraint(
            model_name='adjudication',
            constraint=models.UniqueConstraint(condition=models.Q(('supersedes__isnull', True)), fields=('item',), name='adjudication_first_of_item'),
        ),
        migrations.AddConstraint(
            model_name='adjudication',
            constraint=models.UniqueConstraint(fields=('reviewer', 'key'), name='adjudication_key_once'),
        ),
        migrations.AddConstraint(
            model_name='adjudication',
            constraint=models.UniqueConstraint(fields=('id', 'item'), name='adjudication_id_item'),
        ),
        migrations.AddConstraint(
            model_name='adjudication',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer__isnull', False), ('ballot__isnull', False), ('decision', 'ballot')), models.Q(('answer__isnull', False), ('ballot__isnull', True), ('decision__in', ['consensus', 'ranking'])), models.Q(('answer__isnull', True), ('ballot__isnull', True), ('decision', 'unrankable')), _connector='OR'), name='adjudication_whole'),
        ),
        migrations.AddConstraint(
            model_name='reviewer',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('project', 'user'), name='reviewer_once'),
        ),
        migrations.RunSQL(BELONGS, BELONGS_BACK),
        migrations.RunSQL(NOT_OWN_WORK, NOT_OWN_WORK_BACK),
        append_only("annotation_qualitysnapshot"),
        append_only("annotation_annotatorquality"),
        append_only("annotation_adjudication"),
        unchanging("annotation_reviewer", "project_id", "user_id", "named_by_id", "named_at"),
        unchanging(
            "annotation_review", "project_id", "item_id", "reviewer_id", "shown_ballots", "taken_at"
        ),
    ]

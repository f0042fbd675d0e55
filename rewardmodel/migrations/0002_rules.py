"""What the database refuses: changed records, deleted models, and a lineage that loses its `simulated` mark."""

from django.db import migrations

from byhand.triggers import append_only, unchanging

# A dataset has the mark of its project exactly: the composite key makes anything else impossible.
DATASET_MARK = migrations.RunSQL(
    """ALTER TABLE rewardmodel_preferencedataset ADD CONSTRAINT dataset_project_simulated
       FOREIGN KEY (project_id, simulated) REFERENCES annotation_project (id, simulated)""",
    "ALTER TABLE rewardmodel_preferencedataset DROP CONSTRAINT dataset_project_simulated",
)

# Runs and models may carry the mark by themselves, but lose it never: one simulated ancestor is enough.
LINEAGE_MARK = migrations.RunSQL(
    """
    CREATE OR REPLACE FUNCTION rewardmodel_run_mark() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT NEW.simulated AND (
            EXISTS (SELECT 1 FROM accounts_organisation WHERE id = NEW.organisation_id AND simulated)
            OR EXISTS (SELECT 1 FROM rewardmodel_preferencedataset WHERE id = NEW.dataset_id AND simulated)
            OR EXISTS (SELECT 1 FROM rewardmodel_modelversion
                       WHERE id IN (NEW.base_id, NEW.reference_id, NEW.reward_model_id) AND simulated)
        ) THEN
            RAISE EXCEPTION 'a run on simulated data or models is simulated' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER rewardmodel_run_mark BEFORE INSERT ON rewardmodel_run
        FOR EACH ROW EXECUTE FUNCTION rewardmodel_run_mark();

    CREATE OR REPLACE FUNCTION rewardmodel_modelversion_mark() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT NEW.simulated AND (
            EXISTS (SELECT 1 FROM accounts_organisation WHERE id = NEW.organisation_id AND simulated)
            OR EXISTS (SELECT 1 FROM rewardmodel_preferencedataset WHERE id = NEW.dataset_id AND simulated)
            OR EXISTS (SELECT 1 FROM rewardmodel_run WHERE id = NEW.run_id AND simulated)
            OR EXISTS (SELECT 1 FROM rewardmodel_modelversion WHERE id = NEW.parent_id AND simulated)
        ) THEN
            RAISE EXCEPTION 'a model with a simulated lineage is simulated' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER rewardmodel_modelversion_mark BEFORE INSERT ON rewardmodel_modelversion
        FOR EACH ROW EXECUTE FUNCTION rewardmodel_modelversion_mark();
    """,
    """
    DROP TRIGGER rewardmodel_modelversion_mark ON rewardmodel_modelversion;
    DROP FUNCTION rewardmodel_modelversion_mark();
    DROP TRIGGER rewardmodel_run_mark ON rewardmodel_run;
    DROP FUNCTION rewardmodel_run_mark();
    """,
)

# A run's outcome is written once; a retired model never comes back.
WRITTEN_ONCE = migrations.RunSQL(
    """
    CREATE OR REPLACE FUNCTION rewardmodel_run_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.metrics <> '{}'::jsonb AND NEW.metrics IS DISTINCT FROM OLD.metrics THEN
            RAISE EXCEPTION 'the outcome of a run is written once' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER rewardmodel_run_outcome BEFORE UPDATE ON rewardmodel_run
        FOR EACH ROW EXECUTE FUNCTION rewardmodel_run_outcome();

    CREATE OR REPLACE FUNCTION rewardmodel_stage_forward() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.stage = 'retired' AND NEW.stage <> 'retired' THEN
            RAISE EXCEPTION 'a retired model stays retired' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER rewardmodel_stage_forward BEFORE UPDATE ON rewardmodel_modelversion
        FOR EACH ROW EXECUTE FUNCTION rewardmodel_stage_forward();

    CREATE OR REPLACE FUNCTION rewardmodel_never_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% rows are never deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER rewardmodel_modelversion_stays BEFORE DELETE ON rewardmodel_modelversion
        FOR EACH ROW EXECUTE FUNCTION rewardmodel_never_deleted();
    CREATE TRIGGER rewardmodel_run_stays BEFORE DELETE ON rewardmodel_run
        FOR EACH ROW EXECUTE FUNCTION rewardmodel_never_deleted();
    CREATE TRIGGER rewardmodel_modelversion_not_emptied BEFORE TRUNCATE ON rewardmodel_modelversion
        FOR EACH STATEMENT EXECUTE FUNCTION rewardmodel_never_deleted();
    CREATE TRIGGER rewardmodel_run_not_emptied BEFORE TRUNCATE ON rewardmodel_run
        FOR EACH STATEMENT EXECUTE FUNCTION rewardmodel_never_deleted();
    """,
    """
    DROP TRIGGER rewardmodel_run_not_emptied ON rewardmodel_run;
    DROP TRIGGER rewardmodel_modelversion_not_emptied ON rewardmodel_modelversion;
    DROP TRIGGER rewardmodel_run_stays ON rewardmodel_run;
    DROP TRIGGER rewardmodel_modelversion_stays ON rewardmodel_modelversion;
    DROP FUNCTION rewardmodel_never_deleted();
    DROP TRIGGER rewardmodel_stage_forward ON rewardmodel_modelversion;
    DROP FUNCTION rewardmodel_stage_forward();
    DROP TRIGGER rewardmodel_run_outcome ON rewardmodel_run;
    DROP FUNCTION rewardmodel_run_outcome();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("rewardmodel", "0001_initial"), ("annotation", "0001_initial"), ("accounts", "0001_initial")]
    operations = [
        append_only("rewardmodel_preferencedataset"),
        append_only("rewardmodel_datasetballot"),
        append_only("rewardmodel_modelfile"),
        append_only("rewardmodel_runsegment"),
        append_only("rewardmodel_gateresult"),
        unchanging(
            "rewardmodel_modelversion",
            "organisation_id", "digest", "kind", "name", "parent_id", "run_id", "dataset_id", "simulated", "note",
            "created_at",
        ),
        unchanging(
            "rewardmodel_run",
            "organisation_id", "kind", "name", "config", "config_sha256", "record", "dataset_id", "base_id",
            "reference_id", "reward_model_id", "job_id", "simulated", "created_at",
        ),
        DATASET_MARK,
        LINEAGE_MARK,
        WRITTEN_ONCE,
    ]

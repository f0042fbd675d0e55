"""What the database refuses by itself: changed ballots, half rankings, real people beside simulated ones."""

from django.db import migrations

from byhand.triggers import append_only, unchanging

IS_RANKING = """
CREATE FUNCTION annotation_is_ranking(groups jsonb, unacceptable jsonb, k int) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT COALESCE(
        (SELECT array_agg(named ORDER BY named) FROM (
            SELECT jsonb_array_elements(tied)::int AS named FROM jsonb_array_elements(groups) AS tied
            UNION ALL SELECT jsonb_array_elements(unacceptable)::int) AS every)
        = (SELECT array_agg(n) FROM generate_series(0, k - 1) AS n), false)
        AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(groups) AS tied WHERE jsonb_array_length(tied) = 0)
$$;
"""

RANKING_CHECKS = """
ALTER TABLE annotation_ballot ADD CONSTRAINT ballot_names_each_completion_once
    CHECK (annotation_is_ranking(groups, unacceptable, jsonb_array_length(shown_order)));
ALTER TABLE annotation_lease ADD CONSTRAINT lease_shows_each_completion_once
    CHECK (annotation_is_ranking(jsonb_build_array(shown_order), '[]', jsonb_array_length(shown_order)));
"""

SIMULATED_APART = """
ALTER TABLE annotation_project ADD CONSTRAINT project_organisation_simulated
    FOREIGN KEY (organisation_id, simulated) REFERENCES accounts_organisation (id, simulated);
ALTER TABLE annotation_participation
    ADD CONSTRAINT participation_project_simulated FOREIGN KEY (project_id, simulated)
        REFERENCES annotation_project (id, simulated),
    ADD CONSTRAINT participation_user_simulated FOREIGN KEY (user_id, simulated)
        REFERENCES accounts_user (id, simulated);
ALTER TABLE annotation_lease
    ADD CONSTRAINT lease_of_participant FOREIGN KEY (project_id, worker_id)
        REFERENCES annotation_participation (project_id, user_id);
"""


class Migration(migrations.Migration):
    dependencies = [("annotation", "0001_initial"), ("accounts", "0002_simulated_never_changes")]
    operations = [
        migrations.RunSQL(IS_RANKING, "DROP FUNCTION annotation_is_ranking"),
        migrations.RunSQL(
            RANKING_CHECKS,
            "ALTER TABLE annotation_ballot DROP CONSTRAINT ballot_names_each_completion_once;"
            "ALTER TABLE annotation_lease DROP CONSTRAINT lease_shows_each_completion_once;",
        ),
        migrations.RunSQL(
            SIMULATED_APART,
            "ALTER TABLE annotation_lease DROP CONSTRAINT lease_of_participant;"
            "ALTER TABLE annotation_participation DROP CONSTRAINT participation_project_simulated,"
            " DROP CONSTRAINT participation_user_simulated;"
            "ALTER TABLE annotation_project DROP CONSTRAINT project_organisation_simulated;",
        ),
        unchanging("annotation_project", "simulated", "k", "organisation_id"),
        unchanging("annotation_prompt", "project_id", "text", "sha256", "prompt_group", "prompt_import_id"),
        unchanging("annotation_lease", "project_id", "item_id", "worker_id", "shown_order", "taken_at"),
        append_only("annotation_document"),
        append_only("annotation_acceptance"),
        append_only("annotation_promptimport"),
        append_only("annotation_completion"),
        append_only("annotation_ballot"),
        append_only("annotation_skip"),
    ]

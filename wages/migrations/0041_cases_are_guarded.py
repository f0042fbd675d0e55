"""Who may decide a case, when, and what a decision must have made: checked by the database, whoever asks."""

from django.db import migrations

from byhand.triggers import append_only, unchanging

# a case is about its worker's own row, in its project
CONCERNS = """
CREATE FUNCTION wages_case_concerns_its_worker() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.interval_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM wages_interval WHERE id = NEW.interval_id AND worker_id = NEW.worker_id
                AND project_id = NEW.project_id))
        OR (NEW.statement_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM wages_statement WHERE id = NEW.statement_id AND worker_id = NEW.worker_id
                AND project_id = NEW.project_id))
        OR (NEW.entry_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM wages_entry entry JOIN wages_posting posting ON posting.entry_id = entry.id
            JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.worker_id = NEW.worker_id
            WHERE entry.id = NEW.entry_id AND entry.project_id = NEW.project_id))
        OR (NEW.objects_to_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM wages_case cut WHERE cut.id = NEW.objects_to_id AND cut.kind = 'cut'
                AND cut.worker_id = NEW.worker_id AND cut.entry_id = NEW.entry_id)) THEN
        RAISE EXCEPTION 'a case is about a row of its own worker and project' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wages_case_concerns_its_worker BEFORE INSERT ON wages_case
    FOR EACH ROW EXECUTE FUNCTION wages_case_concerns_its_worker();
"""
CONCERNS_BACK = """
DROP TRIGGER wages_case_concerns_its_worker ON wages_case; DROP FUNCTION wages_case_concerns_its_worker();
"""

# each source of bars is one SELECT: who did what the case is about
BARS = """
CREATE FUNCTION wages_case_entries(the_case bigint) RETURNS TABLE (entry_id bigint) LANGUAGE sql STABLE AS $$
    WITH named AS (
        SELECT entry_id FROM wages_case WHERE id = the_case AND entry_id IS NOT NULL
        UNION
        SELECT entry.id FROM wages_case JOIN wages_entry entry ON entry.interval_id = wages_case.interval_id
        WHERE wages_case.id = the_case
        UNION
        SELECT entry.id FROM wages_case JOIN wages_statement statement ON statement.id = wages_case.statement_id
        JOIN wages_entry entry ON entry.pay_period_id = statement.period_id
        JOIN wages_posting posting ON posting.entry_id = entry.id
        JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.worker_id = statement.worker_id
        WHERE wages_case.id = the_case
    )
    SELECT entry_id FROM named
    UNION SELECT entry.reverses_id FROM wages_entry entry JOIN named ON named.entry_id = entry.id
        WHERE entry.reverses_id IS NOT NULL
    UNION SELECT entry.id FROM wages_entry entry JOIN named ON named.entry_id = entry.reverses_id
$$;
CREATE FUNCTION wages_case_intervals(the_case bigint) RETURNS TABLE (interval_id bigint) LANGUAGE sql STABLE AS $$
    SELECT interval_id FROM wages_case WHERE id = the_case AND interval_id IS NOT NULL
    UNION SELECT entry.interval_id FROM wages_case_entries(the_case) concerned
        JOIN wages_entry entry ON entry.id = concerned.entry_id WHERE entry.interval_id IS NOT NULL
$$;
CREATE FUNCTION wages_statement_bars(the_statement bigint) RETURNS TABLE (user_id bigint, why text)
LANGUAGE sql STABLE AS $$
    SELECT card.created_by_id, 'set_rate' FROM wages_statement statement
    JOIN wages_accrual accrual ON accrual.period_id = statement.period_id AND accrual.worker_id = statement.worker_id
    JOIN wages_ratecard card ON card.id = accrual.rate_card_id WHERE statement.id = the_statement
    -- a payout takes all that is payable: the first one after the close has sent what the statement says
    UNION SELECT sender.user_id, 'sent_batch' FROM wages_statement statement
        JOIN wages_period period ON period.id = statement.period_id,
        LATERAL (SELECT batch.made_by_id, batch.approved_by_id FROM wages_payoutbatch batch
                 JOIN wages_payoutline line ON line.batch_id = batch.id AND line.worker_id = statement.worker_id
                 WHERE batch.project_id = statement.project_id AND batch.approved_at >= period.closed_at
                 ORDER BY batch.approved_at LIMIT 1) sent,
        LATERAL (VALUES (sent.made_by_id), (sent.approved_by_id)) sender (user_id)
        WHERE statement.id = the_statement
$$;
CREATE FUNCTION wages_case_bars(the_case bigint) RETURNS TABLE (user_id bigint, why text) LANGUAGE sql STABLE AS $$
    SELECT worker_id, 'own_pay' FROM wages_case WHERE id = the_case
    UNION SELECT opened_by_id, 'proposed_cut' FROM wages_case WHERE id = the_case AND kind = 'cut'
    UNION SELECT decided_by_id, 'decided_before' FROM wages_casedecision
        WHERE case_id = the_case AND round = 1 AND decided_by_id IS NOT NULL
    UNION SELECT bars.* FROM wages_case, LATERAL wages_statement_bars(statement_id) bars
        WHERE wages_case.id = the_case AND statement_id IS NOT NULL
    UNION SELECT concerning.* FROM wages_case, LATERAL (
        SELECT card.created_by_id, 'set_rate' FROM wages_case_intervals(the_case) concerned
            JOIN wages_interval worked ON worked.id = concerned.interval_id
            JOIN wages_ratecard card ON card.id = worked.rate_card_id
        UNION SELECT entry.actor_id, 'made_entry' FROM wages_case_entries(the_case) concerned
            JOIN wages_entry entry ON entry.id = concerned.entry_id
            WHERE entry.actor_id IS NOT NULL AND entry.kind <> 'period'
        UNION SELECT sender.user_id, 'sent_batch' FROM wages_case_entries(the_case) concerned
            JOIN wages_entry entry ON entry.id = concerned.entry_id
            JOIN wages_payoutline line ON line.id = CASE WHEN entry.kind IN ('payout', 'received', 'returned')
                THEN split_part(entry.key, ':', 2)::uuid END
            JOIN wages_payoutbatch batch ON batch.id = line.batch_id,
            LATERAL (VALUES (batch.made_by_id), (batch.approved_by_id)) sender (user_id)
            WHERE sender.user_id IS NOT NULL
        UNION SELECT cut.opened_by_id, 'proposed_cut' FROM wages_case_entries(the_case) concerned
            JOIN wages_case cut ON cut.entry_id = concerned.entry_id AND cut.kind = 'cut'
        UNION SELECT decision.decided_by_id, 'decided_before' FROM wages_caseremedy remedy
            JOIN wages_casedecision decision ON decision.id = remedy.decision_id
            WHERE decision.decided_by_id IS NOT NULL AND decision.case_id <> the_case
              AND (remedy.entry_id IN (SELECT entry_id FROM wages_case_entries(the_case))
                OR remedy.interval_id IN (SELECT interval_id FROM wages_case_intervals(the_case)))
    ) AS concerning (user_id, why) WHERE wages_case.id = the_case AND kind = 'dispute'
$$;
"""
BARS_BACK = """
DROP FUNCTION wages_case_bars(bigint); DROP FUNCTION wages_statement_bars(bigint);
DROP FUNCTION wages_case_intervals(bigint); DROP FUNCTION wages_case_entries(bigint);
"""

DECISION = """
CREATE FUNCTION wages_casedecision_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decided wages_case%ROWTYPE;
    bar text;
BEGIN
    SELECT * INTO STRICT decided FROM wages_case WHERE id = NEW.case_id;
    -- the parentheses keep PL/pgSQL from taking the first THEN for its own
    IF NOT (CASE decided.kind
        WHEN 'claim' THEN NEW.outcome IN ('granted', 'partly', 'refused')
        WHEN 'dispute' THEN NEW.outcome IN ('upheld', 'partly', 'refused')
        ELSE NEW.outcome IN ('applied', 'dropped', 'lapsed') AND NEW.round = 1 END) THEN
        RAISE EXCEPTION 'case %: a % is not %', decided.id, decided.kind, NEW.outcome
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.round = 2 AND NOT EXISTS (
        SELECT 1 FROM wages_casedecision first JOIN wages_caseevent appeal ON appeal.case_id = first.case_id
        WHERE first.case_id = NEW.case_id AND first.round = 1 AND appeal.kind = 'appealed') THEN
        RAISE EXCEPTION 'case %: nobody has appealed', decided.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.decided_by_id IS NULL THEN
        IF decided.kind = 'dispute' OR NEW.at < decided.due_at THEN
            RAISE EXCEPTION 'case %: a person decides it', decided.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF decided.kind = 'claim' AND NEW.round = 1 AND NEW.at >= decided.due_at THEN
        RAISE EXCEPTION 'case %: not answered in time, so it is paid', decided.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.outcome = 'applied' AND (NEW.at < decided.due_at OR EXISTS (
        SELECT 1 FROM wages_case objection
        LEFT JOIN LATERAL (SELECT outcome, round FROM wages_casedecision WHERE case_id = objection.id
                           ORDER BY round DESC LIMIT 1) last ON true
        WHERE objection.objects_to_id = decided.id AND (
            last.outcome IS DISTINCT FROM 'refused'
            OR (last.round = 1 AND EXISTS (SELECT 1 FROM wages_caseevent
                                           WHERE case_id = objection.id AND kind = 'appealed'))))) THEN
        RAISE EXCEPTION 'case %: the notice or an objection is still open', decided.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM accounts_membership member JOIN wages_paidproject project
            ON project.organisation_id = member.organisation_id AND project.id = decided.project_id
        WHERE member.user_id = NEW.decided_by_id AND member.role = 'steward') THEN
        RAISE EXCEPTION 'case %: user % is no steward here', decided.id, NEW.decided_by_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT why INTO bar FROM wages_case_bars(decided.id) WHERE user_id = NEW.decided_by_id
        -- whoever proposed a cut may take it back
        AND NOT (why = 'proposed_cut' AND NEW.outcome = 'dropped') ORDER BY why LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'case %: user % may not decide it: %', decided.id, NEW.decided_by_id, bar
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wages_casedecision_allowed BEFORE INSERT ON wages_casedecision
    FOR EACH ROW EXECUTE FUNCTION wages_casedecision_allowed();
"""
DECISION_BACK = """
DROP TRIGGER wages_casedecision_allowed ON wages_casedecision; DROP FUNCTION wages_casedecision_allowed();
"""

# at commit: the rows that a decision made restore exactly what it says
RESTORES = """
CREATE FUNCTION wages_casedecision_restores() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- a decision names itself, a remedy its decision
    the_decision bigint := coalesce((to_jsonb(NEW) ->> 'decision_id')::bigint, NEW.id);
    said wages_casedecision%ROWTYPE;
    ms bigint;
    micro bigint;
    cuts bigint;
BEGIN
    SELECT * INTO said FROM wages_casedecision WHERE id = the_decision;
    SELECT coalesce(sum(restored.ms), 0), coalesce(sum(paid.micro) FILTER (WHERE paid.kind = 'correction'), 0),
           count(*) FILTER (WHERE paid.kind = 'reversal')
    INTO ms, micro, cuts
    FROM wages_caseremedy remedy
    JOIN wages_casedecision decision ON decision.id = remedy.decision_id
    JOIN wages_case about ON about.id = decision.case_id
    LEFT JOIN wages_interval restored ON restored.id = remedy.interval_id AND restored.category = 'claimed'
        AND restored.worker_id = about.worker_id AND restored.project_id = about.project_id
    LEFT JOIN LATERAL (
        SELECT entry.kind, sum(posting.amount_micro) AS micro FROM wages_entry entry
        JOIN wages_posting posting ON posting.entry_id = entry.id
        JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.worker_id = about.worker_id
        WHERE entry.id = remedy.entry_id AND (entry.kind = 'correction' OR entry.reverses_id = about.entry_id)
        GROUP BY entry.kind) paid ON true
    WHERE remedy.decision_id = the_decision;
    IF ms <> said.granted_ms OR micro <> said.granted_micro OR cuts <> (said.outcome = 'applied')::int THEN
        RAISE EXCEPTION 'decision %: its rows restore % ms and % micro-units and cut % entries', the_decision, ms,
            micro, cuts USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER wages_casedecision_restores AFTER INSERT ON wages_casedecision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wages_casedecision_restores();
CREATE CONSTRAINT TRIGGER wages_caseremedy_restores AFTER INSERT ON wages_caseremedy
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wages_casedecision_restores();
"""
RESTORES_BACK = """
DROP TRIGGER wages_caseremedy_restores ON wages_caseremedy;
DROP TRIGGER wages_casedecision_restores ON wages_casedecision; DROP FUNCTION wages_casedecision_restores();
"""


def same(name: str, columns: str, target: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"ALTER TABLE wages_case ADD CONSTRAINT {name} FOREIGN KEY ({columns}) REFERENCES {target} (id, simulated)",
        f"ALTER TABLE wages_case DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("wages", "0040_cases"), ("accounts", "0002_simulated_never_changes")]
    operations = [
        *(append_only(f"wages_{table}") for table in ("case", "caseevent", "casedecision", "caseremedy")),
        unchanging("wages_casewords", "event_id", "text", "salt"),
        migrations.RunSQL(
            "ALTER TABLE wages_casewords ADD CONSTRAINT casewords_salt CHECK (octet_length(salt) = 32)",
            "ALTER TABLE wages_casewords DROP CONSTRAINT casewords_salt",
        ),
        same("case_worker_simulated", "worker_id, simulated", "accounts_user"),
        same("case_project_simulated", "project_id, simulated", "wages_paidproject"),
        migrations.RunSQL(CONCERNS, CONCERNS_BACK),
        migrations.RunSQL(BARS, BARS_BACK),
        migrations.RunSQL(DECISION, DECISION_BACK),
        migrations.RunSQL(RESTORES, RESTORES_BACK),
    ]

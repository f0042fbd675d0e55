"""What must be true of claims, disputes and proposed cuts, each as one read that finds the first bad row."""

from __future__ import annotations

CASES: dict[str, str] = {
    "a decided case restored exactly what its decision says": """
        SELECT format('decision %s of case %s says %s ms and %s micro-units, its rows restore %s and %s', said.id,
                      said.case_id, said.granted_ms, said.granted_micro, made.ms, made.micro)
        FROM wages_casedecision said JOIN wages_case about ON about.id = said.case_id, LATERAL (
            SELECT coalesce(sum(restored.ms), 0) AS ms, coalesce(sum(paid.micro), 0) AS micro
            FROM wages_caseremedy remedy
            LEFT JOIN wages_interval restored ON restored.id = remedy.interval_id AND restored.category = 'claimed'
                AND restored.worker_id = about.worker_id AND restored.project_id = about.project_id
            LEFT JOIN LATERAL (
                SELECT sum(posting.amount_micro) AS micro FROM wages_entry entry
                JOIN wages_posting posting ON posting.entry_id = entry.id
                JOIN wages_ledgeraccount account ON account.id = posting.account_id
                    AND account.worker_id = about.worker_id AND account.kind = 'worker_earned'
                WHERE entry.id = remedy.entry_id AND entry.kind = 'correction') paid ON true
            WHERE remedy.decision_id = said.id) made
        WHERE made.ms <> said.granted_ms OR made.micro <> said.granted_micro ORDER BY said.id LIMIT 1""",
    "claimed time and corrections come from a decision": """
        SELECT format('%s %s has no decision', place, id) FROM (
            SELECT 'interval' AS place, worked.id FROM wages_interval worked
            WHERE category = 'claimed' AND NOT EXISTS (
                SELECT 1 FROM wages_caseremedy WHERE interval_id = worked.id)
            UNION ALL
            SELECT 'entry', entry.id FROM wages_entry entry
            WHERE kind = 'correction' AND key LIKE 'case:%' AND NOT EXISTS (
                SELECT 1 FROM wages_caseremedy WHERE entry_id = entry.id)) made
        ORDER BY place, id LIMIT 1""",
    "restored time lies in the claimed stretch": """
        SELECT format('interval %s is outside claim %s', worked.id, claim.id) FROM wages_caseremedy remedy
        JOIN wages_casedecision decision ON decision.id = remedy.decision_id
        JOIN wages_case claim ON claim.id = decision.case_id AND claim.kind = 'claim'
        JOIN wages_interval worked ON worked.id = remedy.interval_id
        WHERE NOT tstzrange(claim.starts, claim.ends) @> worked.period ORDER BY worked.id LIMIT 1""",
    "an unanswered claim is paid in full, and only after seven days": """
        SELECT format('case %s was decided by nobody at %s, due at %s', about.id, decision.at, about.due_at)
        FROM wages_casedecision decision JOIN wages_case about ON about.id = decision.case_id
        WHERE decision.decided_by_id IS NULL
          AND (decision.at < about.due_at OR about.kind = 'dispute' OR decision.outcome NOT IN ('granted', 'lapsed')
               OR about.due_at < about.opened_at + interval '7 days') ORDER BY about.id LIMIT 1""",
    "an applied cut waited seven days, reversed its entry, and no objection was left": """
        SELECT format('case %s: the cut of entry %s was applied at %s', cut.id, cut.entry_id, applied.at)
        FROM wages_casedecision applied JOIN wages_case cut ON cut.id = applied.case_id
        WHERE applied.outcome = 'applied' AND (
            applied.at < cut.opened_at + interval '7 days'
            OR NOT EXISTS (
                SELECT 1 FROM wages_caseremedy remedy
                JOIN wages_entry reversal ON reversal.id = remedy.entry_id AND reversal.reverses_id = cut.entry_id
                WHERE remedy.decision_id = applied.id)
            OR EXISTS (
                SELECT 1 FROM wages_case objection
                LEFT JOIN wages_casedecision first ON first.case_id = objection.id AND first.round = 1
                WHERE objection.objects_to_id = cut.id AND (
                    first.outcome IS DISTINCT FROM 'refused' OR first.at > applied.at)))
        ORDER BY cut.id LIMIT 1""",
    "nobody decided about their own pay, proposal or decision": """
        SELECT format('decision %s of case %s was made by user %s', decision.id, about.id, decision.decided_by_id)
        FROM wages_casedecision decision JOIN wages_case about ON about.id = decision.case_id
        LEFT JOIN wages_casedecision first ON first.case_id = about.id AND first.round < decision.round
        LEFT JOIN wages_case cut ON cut.id = about.objects_to_id
        WHERE decision.decided_by_id = about.worker_id OR decision.decided_by_id = first.decided_by_id
           OR decision.decided_by_id = cut.opened_by_id
           OR (decision.outcome = 'applied' AND decision.decided_by_id = about.opened_by_id)
        ORDER BY decision.id LIMIT 1""",
    "nobody decided about a rate that they set or an entry that they made": """
        SELECT format('decision %s of case %s was made by user %s', decision.id, about.id, decision.decided_by_id)
        FROM wages_casedecision decision JOIN wages_case about ON about.id = decision.case_id AND about.kind = 'dispute'
        LEFT JOIN wages_entry entry ON entry.id = about.entry_id
        LEFT JOIN wages_entry reversal ON reversal.reverses_id = entry.id AND reversal.at < decision.at
        LEFT JOIN wages_interval worked ON worked.id = coalesce(about.interval_id, entry.interval_id)
        LEFT JOIN wages_ratecard card ON card.id = worked.rate_card_id
        WHERE decision.decided_by_id IN (card.created_by_id, reversal.actor_id)
           OR (entry.kind <> 'period' AND decision.decided_by_id = entry.actor_id)
           OR EXISTS (
               SELECT 1 FROM wages_statement statement
               JOIN wages_accrual accrual ON accrual.period_id = statement.period_id
                   AND accrual.worker_id = statement.worker_id
               JOIN wages_ratecard priced ON priced.id = accrual.rate_card_id
               WHERE statement.id = about.statement_id AND priced.created_by_id = decision.decided_by_id)
        ORDER BY decision.id LIMIT 1""",
    "words are what their event's hash says": """
        SELECT format('the words of event %s have another hash', event.id) FROM wages_casewords words
        JOIN wages_caseevent event ON event.id = words.event_id
        WHERE encode(sha256(words.salt || convert_to(words.text, 'UTF8')), 'hex') <> event.words_sha256
        ORDER BY event.id LIMIT 1""",
}

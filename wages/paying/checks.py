"""What must hold of payouts, as reads that find the first row that can't be right. Trusts no constraint.

See `wages.verification`, which runs them. Amounts in micro-units.
"""

# ruff: noqa: S608 - every part of these statements is written here
from __future__ import annotations

import json

from byhand.money.currencies import codes, exponent
from byhand.money.rounding import MICRO_DIGITS

_UNITS = f"'{json.dumps({code: 10 ** (MICRO_DIGITS - exponent(code)) for code in codes()})}'"
# an approved line with what its entries put into payable, rounding and sent
_LINE = """
    SELECT line.id, replace(line.id::text, '-', '') AS hex, line.worker_id, batch.project_id, line.currency,
           line.payable_micro, line.rounding_micro, line.amount_micro
    FROM wages_payoutline line JOIN wages_payoutbatch batch ON batch.id = line.batch_id
    WHERE batch.approved_at IS NOT NULL
"""

PAYOUT_CHECKS: dict[str, str] = {
    "two stewards stand behind every payout": """
        SELECT format('payout batch %s was made and approved by %s', id, made_by_id) FROM wages_payoutbatch
        WHERE approved_by_id = made_by_id OR (approved_at IS NULL) <> (approved_by_id IS NULL) ORDER BY id LIMIT 1""",
    "every approved line is posted once, with its amounts": f"""
        SELECT format('payout line %s of %s micro-units: its entry posts %s to sent, %s to payable, %s to rounding',
                      line.hex, line.amount_micro, coalesce(posted.sent, 0), coalesce(posted.payable, 0),
                      coalesce(posted.rounding, 0))
        FROM ({_LINE}) line LEFT JOIN LATERAL (
            SELECT sum(amount_micro) FILTER (WHERE account.kind = 'worker_sent') AS sent,
                   sum(amount_micro) FILTER (WHERE account.kind = 'worker_payable') AS payable,
                   coalesce(sum(amount_micro) FILTER (WHERE account.kind = 'rounding'), 0) AS rounding
            FROM wages_entry entry JOIN wages_posting posting ON posting.entry_id = entry.id
            JOIN wages_ledgeraccount account ON account.id = posting.account_id
            WHERE entry.key = 'payout:' || line.hex AND entry.kind = 'payout'
              AND (account.worker_id = line.worker_id OR account.worker_id IS NULL)) posted ON true
        WHERE posted.sent IS DISTINCT FROM line.amount_micro OR posted.payable IS DISTINCT FROM -line.payable_micro
           OR posted.rounding IS DISTINCT FROM -line.rounding_micro ORDER BY line.hex LIMIT 1""",
    "every payout entry has its approved line": f"""
        SELECT format('entry %s (%s) has no approved payout line', entry.id, entry.key) FROM wages_entry entry
        LEFT JOIN ({_LINE}) line ON entry.key = 'payout:' || line.hex AND line.project_id = entry.project_id
        WHERE entry.kind = 'payout' AND line.id IS NULL ORDER BY entry.id LIMIT 1""",
    "rounding is below one minor unit and is charged once a batch": f"""
        SELECT format('payout batch %s rounds by %s micro-units, %s were charged', batch.id, sum(line.rounding_micro),
                      coalesce(max(charged.amount), 0))
        FROM wages_payoutbatch batch JOIN wages_payoutline line ON line.batch_id = batch.id
        LEFT JOIN LATERAL (
            SELECT sum(posting.amount_micro) AS amount FROM wages_entry entry
            JOIN wages_posting posting ON posting.entry_id = entry.id
            JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.kind = 'rounding'
            WHERE entry.key = 'rounding:' || replace(batch.id::text, '-', '')) charged ON true
        WHERE batch.approved_at IS NOT NULL GROUP BY batch.id
        HAVING sum(line.rounding_micro) <> coalesce(max(charged.amount), 0)
            OR max(line.rounding_micro) >= coalesce(min((CAST({_UNITS} AS jsonb) ->> batch.currency)::bigint), 0)
        ORDER BY batch.id LIMIT 1""",
    "every outcome of a payment is posted, and only what was sent has one": f"""
        SELECT format('payout line %s is %s, its entries are: %s', replace(settled.line_id::text, '-', ''),
                      settled.status, coalesce(posted.keys, 'none'))
        FROM wages_settlement settled LEFT JOIN ({_LINE}) line ON line.id = settled.line_id
        LEFT JOIN LATERAL (
            SELECT string_agg(entry.kind, ', ') AS keys, count(*) AS entries, bool_or(entry.kind = 'received') AS came
            FROM wages_entry entry WHERE entry.key IN ('received:' || line.hex, 'returned:' || line.hex)) posted ON true
        WHERE line.id IS NULL OR posted.entries <> 1 OR (settled.status = 'settled' AND NOT posted.came)
        ORDER BY settled.line_id LIMIT 1""",
    "what came in or came back is the whole line, once": f"""
        SELECT format('entry %s (%s) moves %s micro-units of a line of %s', entry.id, entry.key, -posting.amount_micro,
                      coalesce(line.amount_micro, 0))
        FROM wages_entry entry JOIN wages_posting posting ON posting.entry_id = entry.id
        JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.kind = 'worker_sent'
        LEFT JOIN ({_LINE}) line ON line.hex = split_part(entry.key, ':', 2) AND line.worker_id = account.worker_id
        WHERE entry.kind IN ('received', 'returned') AND posting.amount_micro IS DISTINCT FROM -line.amount_micro
        ORDER BY entry.id LIMIT 1""",
    "what is on its way is the lines without an outcome": f"""
        SELECT format('account %s (sent) of worker %s holds %s micro-units, lines without an outcome are %s',
                      account.id, account.worker_id, held.total, coalesce(open.total, 0))
        FROM wages_ledgeraccount account
        JOIN LATERAL (SELECT coalesce(sum(amount_micro), 0) AS total FROM wages_posting
                      WHERE account_id = account.id) held ON true
        LEFT JOIN (
            SELECT project_id, worker_id, sum(amount_micro) AS total FROM ({_LINE}) line
            WHERE NOT EXISTS (SELECT 1 FROM wages_entry
                              WHERE key IN ('received:' || line.hex, 'returned:' || line.hex))
            GROUP BY 1, 2) open ON open.project_id = account.project_id AND open.worker_id = account.worker_id
        WHERE account.kind = 'worker_sent' AND held.total <> coalesce(open.total, 0) ORDER BY account.id LIMIT 1""",
    "fees of payments are charged as the evidence says": """
        SELECT format('settlement file %s names fees of %s micro-units, %s were charged', file.id,
                      sum(settled.fee_micro), coalesce(max(charged.amount), 0))
        FROM wages_settlementfile file JOIN wages_settlement settled ON settled.file_id = file.id
        LEFT JOIN LATERAL (
            SELECT sum(posting.amount_micro) AS amount FROM wages_entry entry
            JOIN wages_posting posting ON posting.entry_id = entry.id
            JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.kind = 'payment_fee'
            WHERE entry.key = 'fees:' || file.sha256 || ':' || replace(file.project_id::text, '-', '')) charged ON true
        GROUP BY file.id HAVING sum(settled.fee_micro) <> coalesce(max(charged.amount), 0) ORDER BY file.id LIMIT 1""",
    "no account of a worker is below zero after the close": """
        SELECT format('account %s (%s) of worker %s holds %s micro-units', account.id, account.kind, account.worker_id,
                      sum(posting.amount_micro))
        FROM wages_ledgeraccount account JOIN wages_posting posting ON posting.account_id = account.id
        WHERE account.kind IN ('worker_payable', 'worker_sent', 'worker_received')
        GROUP BY account.id HAVING sum(posting.amount_micro) < 0 ORDER BY account.id LIMIT 1""",
}  # fmt: skip

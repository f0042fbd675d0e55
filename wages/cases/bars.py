"""Who may not decide a case, as the database knows it. Reads only."""

from __future__ import annotations

from django.db import connection

WHY = {
    "own_pay": "it is about your own pay",
    "set_rate": "you set the rate concerned",
    "made_entry": "you made the entry concerned",
    "sent_batch": "you made or approved the payout concerned",
    "proposed_cut": "you proposed the cut",
    "decided_before": "you decided about it before",
}
"""What a barred steward is told, by the code of the reason."""
WHY_THEY = {
    "own_pay": "it is about their own pay",
    "set_rate": "set the rate concerned",
    "made_entry": "made the entry concerned",
    "sent_batch": "made or approved the payout concerned",
    "proposed_cut": "proposed the cut",
    "decided_before": "decided about it before",
}
"""The same about somebody else."""


def bars(case_id: int) -> dict[int, str]:
    """Return who may not decide the case, and the code of the first reason; the database asks the same function."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT user_id, min(why) FROM wages_case_bars(%s) GROUP BY 1", [case_id])
        return dict(cursor.fetchall())

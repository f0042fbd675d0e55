"""Claims, disputes and proposed cuts as other packages call them; each act is in the module it comes from."""

from datetime import datetime

from wages.services.claims import make_claim
from wages.services.cuts import apply_cut, drop_cut, lapse_cuts, propose_cut
from wages.services.deciding import Verdict, decide, pay_unanswered_claims
from wages.services.disputes import Target, appeal, object_to_cut, open_dispute, say

__all__ = [
    "Target",
    "Verdict",
    "appeal",
    "apply_cut",
    "decide",
    "drop_cut",
    "keep_deadlines",
    "make_claim",
    "object_to_cut",
    "open_dispute",
    "pay_unanswered_claims",
    "propose_cut",
    "say",
]


def keep_deadlines(at: datetime | None = None) -> int:
    """Do what a passed deadline promises: pay unanswered claims, let old proposals lapse. Returns how many."""
    return pay_unanswered_claims(at) + lapse_cuts(at)

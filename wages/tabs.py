"""The tabs of pay pages: one list for a worker's own pages, one for a steward's pages of a project.

A tab is (name of its route, text). `here` in a page's context names the route that is current.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Tab = tuple[str, str | Promise]

MINE: tuple[Tab, ...] = (
    ("earnings", _("Earnings")),
    ("my_statements", _("Statements")),
    ("my_payments", _("Payments")),
    ("my_timeline", _("Timeline")),
    ("my_cases", _("Claims and disputes")),
    ("my_decisions", _("Decisions about you")),
    ("my_rankings", _("Your rankings")),
    ("my_place", _("Where I work")),
    ("my_payout_account", _("Where pay goes")),
    ("my_data", _("Your data")),
)
"""A worker's own pages; these routes take no argument."""

OF_PROJECT: tuple[Tab, ...] = (
    ("pay_project", "Overview"),
    ("pay_rates", "Rates"),
    ("pay_payers", "Who pays"),
    ("pay_floors", "Floors"),
    ("pay_periods", "Periods"),
    ("pay_reservation", "Reservation"),
    ("pay_payouts", "Payouts"),
    ("pay_statements", "Statements"),
    ("pay_cases", "Claims and disputes"),
    ("pay_unknown", "Unknown time"),
)
"""A steward's pages of one project; these routes take the project's id."""

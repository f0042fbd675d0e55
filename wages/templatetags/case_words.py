"""Claims, disputes and entries in the reader's words. The stored names stay as they are."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext_lazy as _

from wages.models import CaseEvent, EntryKind

register = template.Library()

EVENTS = {
    CaseEvent.OPENED: _("opened"),
    CaseEvent.EVIDENCE: _("evidence given"),
    CaseEvent.SAID: _("message"),
    CaseEvent.DECIDED: _("decided"),
    CaseEvent.APPEALED: _("appealed to the outside contact"),
    CaseEvent.CONTACT: _("what the outside contact said"),
}
OUTCOMES = {
    "granted": _("granted in full"),
    "upheld": _("upheld: you were right"),
    "partly": _("granted in part"),
    "refused": _("refused"),
    "applied": _("applied: the payment is reversed"),
    "dropped": _("dropped: your payment stands"),
    "lapsed": _("lapsed: your payment stands"),
}
ENTRIES = {
    EntryKind.WORK: _("work"),
    EntryKind.PIECE: _("piece"),
    EntryKind.BONUS: _("bonus"),
    EntryKind.PREMIUM: _("premium"),
    EntryKind.TOP_UP: _("top-up to the floor"),
    EntryKind.COST: _("cost refunded"),
    EntryKind.CORRECTION: _("correction"),
    EntryKind.REVERSAL: _("payment reversed"),
    EntryKind.PERIOD: _("moved to payable at the close"),
}
GAPS = {
    "place_undeclared": _(
        "you have not said where you work, so the highest floor of the project's countries was used"
    ),
    "no_countries": _("the project names no country"),
    "no_row": _("the law of your place is not in our table"),
    "no_hourly_row": _("the law of your place states no hourly amount that we could use"),
    "no_subdivision_row": _("the law of your region is not in our table"),
    "no_fx": _("there was no exchange rate for that week"),
    "time_unknown": _("some of your time is still unknown"),
}
COSTS = {
    "data": _("data and airtime"),
    "fx_spread": _("exchange"),
    "fee": _("fee of a payment, not paid back when the week was closed"),
}


@register.filter
def event_word(kind: str) -> str:
    """`{{ event.kind|event_word }}`: a step of a case's history."""
    return str(EVENTS.get(kind, kind))


@register.filter
def outcome_word(outcome: str) -> str:
    """`{{ decision.outcome|outcome_word }}`: how a case ended, as its worker reads it."""
    return str(OUTCOMES.get(outcome, outcome))


@register.filter
def entry_word(kind: str) -> str:
    """`{{ entry.kind|entry_word }}`: what an entry of money was."""
    return str(ENTRIES.get(EntryKind(kind), kind) if kind in EntryKind.values else kind)


@register.filter
def cost_word(kind: str) -> str:
    """`{{ cost.kind|cost_word }}`: what somebody bore themselves, as the floor test deducts it."""
    return str(COSTS.get(kind, kind))


@register.filter
def gap_word(gap: str) -> str:
    """`{{ gap|gap_word }}`: why a floor isn't known to be the right one."""
    return str(GAPS.get(gap, gap))

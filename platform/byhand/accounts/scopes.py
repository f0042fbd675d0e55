"""What an API token may be given. Pure.

A session has all that its person's roles allow. A token has what it was given, AND what its owner's roles allow.
No scope pays, approves a payout, makes a token or invites somebody: those acts need the person.
"""

from __future__ import annotations

from django.utils.translation import gettext as translated
from django.utils.translation import gettext_noop as _

SCOPES: dict[str, str] = {
    "projects:read": _("Read projects, their guidelines and their progress"),
    "projects:write": _("Make and change projects, publish and pause them"),
    "items:read": _("Read prompts, completions and items"),
    "items:write": _("Change the priority of items, and set gold answers"),
    "ballots:read": _("Read ballots and skips under the project's pseudonyms"),
    "imports:read": _("Read imports and their bad rows"),
    "imports:write": _("Import prompts, and cancel an import"),
    "exports:read": _("Download exports of the public class"),
    "exports:internal": _("Make and download exports of the internal class"),
    "quality:read": _("Read agreement, consensus and bias"),
    "review:write": _("Decide disagreements, as a paid reviewer"),
    "webhooks:read": _("Read webhook endpoints and their deliveries"),
    "webhooks:write": _("Make and change webhook endpoints, and deliver again"),
    "pay:read": _("Read rate cards, terms and payers, as a steward"),
    "pay:write": _("Set rate cards, terms and payers, as a steward"),
    "work": _("Do the annotator's work: take, submit, skip"),
}


_USED_BY = {"work": "annotator", "pay:read": "steward", "pay:write": "steward"}


def offered(roles: tuple[str, ...]) -> dict[str, str]:
    """Return the scopes that somebody with these roles can use at all, in their order, in the reader's words."""
    return {
        scope: translated(text) for scope, text in SCOPES.items() if _USED_BY.get(scope, "engineer") in roles
    }

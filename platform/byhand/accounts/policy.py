"""Who may invite whom, and what an account's fields may hold. Pure: reads no row, writes none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from byhand.accounts.models import Role

LONGEST_INVITATION_DAYS = 90
_COUNTRY = re.compile(r"[A-Z]{2}")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MAY_INVITE: dict[str, frozenset[str]] = {
    Role.STEWARD: frozenset({Role.STEWARD, Role.ENGINEER, Role.ANNOTATOR}),
    Role.ENGINEER: frozenset({Role.ENGINEER, Role.ANNOTATOR}),
}


def may_invite(roles: Collection[str], invited: str) -> bool:
    """Return whether somebody who holds `roles` in an organisation may invite the role `invited` to it."""
    return any(invited in _MAY_INVITE.get(role, frozenset()) for role in roles)


def clean_email(email: str) -> str:
    """Return the address as it is kept: trimmed and in lower case. Raises ValueError with the reason."""
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise ValueError(
            "email: " + _("%(address)s is not an e-mail address.") % {"address": repr(address[:254])}
        ) from error
    if len(address) > 254:
        raise ValueError("email: " + _("at most %(n)d characters.") % {"n": 254})
    return address


def clean_name(name: str, *, longest: int) -> str:
    """Return the name without surrounding space. Control characters are refused: names stand in headings."""
    text = name.strip()
    if len(text) > longest:
        raise ValueError("name: " + _("at most %(n)d characters.") % {"n": longest})
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in text):
        raise ValueError("name: " + _("control and invisible characters can't be used."))
    return text


def organisation_problems(*, name: str, slug: str, country: str) -> list[str]:
    """Return every reason why an organisation can't be made from these values."""
    problems = []
    if not name.strip():
        problems.append("name: required.")
    elif len(name) > 200:
        problems.append("name: at most 200 characters.")
    if not _SLUG.fullmatch(slug) or len(slug) > 80:
        problems.append("slug: lower-case letters, digits and single hyphens, at most 80 characters.")
    if not _COUNTRY.fullmatch(country):
        problems.append(f"country: {country!r} is not a two-letter ISO 3166-1 code in capitals, such as KE.")
    return problems


def is_local_path(link: str) -> bool:
    """Return whether `link` is blank or a path on this site, never another host."""
    return not link or (link.startswith("/") and not link.startswith(("//", "/\\")))

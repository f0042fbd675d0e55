"""Why a stretch of time is what it is, in plain words, from the facts that are stored with it. Times are UTC."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from wages.models import Interval
from wages.work import Category


def why(interval: Interval) -> str:
    """Return one sentence: what the rule saw, or whose word it was. In the language that is active."""
    if interval.resolves_id:
        return _by_answer(interval)
    if interval.judged_at is None:
        return _("Written before the facts of each decision were kept with it, or by a person's decision.")
    if interval.category == Category.BREAK:
        paid = interval.rate_card_id is not None
        return (
            _("A break of up to 20 minutes: paid.")
            if paid
            else _("A break of more than 20 minutes: not paid.")
        )
    if interval.category == Category.UNKNOWN:
        return _unknown(interval)
    return _paid(interval)


def _by_answer(interval: Interval) -> str:
    if interval.by_rule:
        return _(
            "Nobody had answered when the week closed: paid up to the time that three quarters of the tasks take."
        )
    return _("Your word about it settled it.")


def _unknown(interval: Interval) -> str:
    """A gap: after an unanswered question, or after a silence that was too long with an item in hand."""
    start = interval.period.lower
    times = {"from": clock(start), "back": clock(interval.judged_at)}
    if interval.stretch_asked is not None and interval.stretch_asked <= start:
        return (
            _(
                "“Still working?” was asked at %(from)s and not answered in 10 minutes; you were back at %(back)s."
            )
            % times
        )
    return (
        _("No sign of you from %(from)s; you were back at %(back)s; longer than 20 minutes, so unknown.")
        % times
    )


def _paid(interval: Interval) -> str:
    end, judged, seen = interval.period.upper, interval.judged_at, interval.stretch_seen
    if interval.stretch_asked is not None and end == interval.stretch_asked:
        return _("Paid up to the question “Still working?” at %(time)s, which was not answered in time.") % {
            "time": clock(end)
        }
    if judged is not None and end == seen and end < judged:
        return _(
            "Paid up to the last sign of you at %(time)s; after it came more than 20 minutes of silence."
        ) % {"time": clock(end)}
    return _("Paid from one act to the next.")


def clock(moment: datetime | None) -> str:
    """Return "09:45:00"; blank where there is none."""
    return f"{moment:%H:%M:%S}" if moment else ""

"""What is recorded about a person at work: every stored field and everything that the page sends, in words. Pure.

The notice that people read is made from these lists. A test compares them with the columns of the tables and with
what the scripts send, so that nothing new is recorded without a line here.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class Field:
    """One stored column or one sent value: its name there, and what it is in words."""

    name: str
    what: Text


@dataclass(frozen=True)
class Kept:
    """One kind of record: what it is, why it is kept, for how long, and each of its fields."""

    table: str
    title: Text
    why: Text
    how_long: Text
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Sent:
    """One kind of message that the page sends by itself."""

    title: Text
    when: Text
    fields: tuple[Field, ...]


_SIMULATED = Field("simulated", _("whether it is a rehearsal with simulated people and pretend money"))
_WITH_PAY = _("with your pay, for the legal term; it is what proves the pay")

STORED: tuple[Kept, ...] = (
    Kept(
        "wages_beat",
        _("Signs that the page is there"),
        _("They prove that you were there where nothing else does. They pay nothing by themselves and nobody counts"
          " them."),
        _("90 days after the pay has arrived, and as long as a case about it is open; then they are deleted"),
        (
            Field("id", _("a random number of the record")),
            Field("worker_id", _("whose it is")),
            Field("session", _("a digest of your login, to tell logins apart; it opens nothing")),
            Field("tab", _("a random name of the browser tab")),
            Field("seq", _("a number that counts up in the tab, so that nothing is taken twice")),
            Field("elapsed_ms", _("the tab's own stopwatch")),
            Field("work_kind", _("what kind of item was on screen, if any")),
            Field("work_id", _("which item was on screen, if any")),
            Field("focused", _("whether this tab had the focus, to know which of two tabs has the time")),
            Field("at", _("when it arrived here")),
        ),
    ),
    Kept(
        "wages_workerclock",
        _("Your clock as it runs now"),
        _("One row that each of your acts writes over. Closing it makes the time and the pay."),
        _("the present state only; the acts before are not in it"),
        (
            Field("worker_id", _("whose it is")),
            _SIMULATED,
            Field("category", _("what runs: task, guidelines, waiting, break and so on")),
            Field("project_id", _("in which project")),
            Field("work_kind", _("what kind of item is in your hands, if any")),
            Field("work_id", _("which item is in your hands, if any")),
            Field("rate_card_id", _("the rate that it is bound to")),
            Field("tab", _("a random name of the browser tab that has the time")),
            Field("since", _("since when")),
            Field("seen_at", _("the last sign of you")),
            Field("asked_at", _("when “Still working?” was asked, while it is not answered")),
            Field("session_since", _("when this session began")),
        ),
    ),
    Kept(
        "wages_interval",
        _("Each stretch of your time, and what the rule decided from"),
        _("It is what you are paid for. You see every one on your timeline."),
        _WITH_PAY,
        (
            Field("id", _("its number")),
            Field("worker_id", _("whose it is")),
            Field("project_id", _("in which project")),
            _SIMULATED,
            Field("category", _("what it was: task, guidelines, waiting, break, unknown and so on")),
            Field("work_kind", _("what kind of item it was spent on, if any")),
            Field("work_id", _("which item it was spent on, if any")),
            Field("period", _("from when to when")),
            Field("ms", _("how long, in milliseconds")),
            Field("rule_version", _("under which version of the rules it was decided")),
            Field("rate_card_id", _("the rate that it was paid at")),
            Field("earned_micro", _("what it added to your pay")),
            Field("pay_period_id", _("in which week's pay it is")),
            Field("tab", _("a random name of the browser tab that had the time")),
            Field("resolves_id", _("which unknown stretch it settles, if any")),
            Field("by_rule", _("whether it was paid unanswered, at the close of the week")),
            Field("stretch_category", _("what had been running")),
            Field("stretch_since", _("when that began")),
            Field("stretch_seen", _("the last sign of you in it")),
            Field("stretch_asked", _("when “Still working?” was asked in it and not answered")),
            Field("stretch_held", _("whether an item was in your hands")),
            Field("judged_at", _("at which moment the rule decided")),
            Field("created_at", _("when it was written down")),
        ),
    ),
    Kept(
        "wages_workedhour",
        _("Your worked time by the hour"),
        _("It keeps the caps on hours: beyond them you are offered no more work, and what you did is paid."),
        _WITH_PAY,
        (
            Field("id", _("its number")),
            Field("worker_id", _("whose it is")),
            Field("project_id", _("in which project")),
            Field("hour", _("which hour")),
            Field("worked_ms", _("how much of it was paid")),
            Field("item_ms", _("how much of that with an item in your hands")),
            Field("began", _("the first worked moment in it")),
            Field("ended", _("the last worked moment in it")),
        ),
    ),
    Kept(
        "wages_release",
        _("Releases from waiting"),
        _("They say when you were told that there was no work, and when that there was again. How long people are away"
          " because work ran out is published, added up."),
        _WITH_PAY,
        (
            Field("id", _("its number")),
            Field("worker_id", _("whose it is")),
            Field("project_id", _("in which project")),
            _SIMULATED,
            Field("released_at", _("when you were told, and when your clock stopped")),
            Field("expected_at", _("from when on work was expected, if that was known")),
            Field("recalled_at", _("when you were told that there is work again")),
        ),
    ),
    Kept(
        "wages_gapquestion",
        _("Questions about much unknown time"),
        _("A steward who sees more than two hours of it in a week may ask you about it, once. It changes no pay."),
        _WITH_PAY,
        (
            Field("id", _("its number")),
            Field("worker_id", _("whom it was put to")),
            Field("project_id", _("in which project")),
            _SIMULATED,
            Field("week", _("about which week")),
            Field("asked_by_id", _("which steward asked")),
            Field("asked_at", _("when")),
        ),
    ),
)  # fmt: skip

SENT: tuple[Sent, ...] = (
    Sent(
        _("A sign that the page is there"),
        _(
            "every 15 seconds while your clock runs, and when the page is hidden; once a minute on a slow connection"
        ),
        (
            Field("token", _("proves whose clock it is")),
            Field("tab", _("a random name of the browser tab")),
            Field("seq", _("a number that counts up")),
            Field("elapsed_ms", _("the tab's own stopwatch")),
            Field("work", _("the item on screen, if this tab has the focus")),
            Field("missed", _("the signs that could not be sent without a connection")),
        ),
    ),
    Sent(
        _("“Still working?”"),
        _("when the page asks, and when you answer with any key or touch"),
        (
            Field("token", _("proves whose clock it is")),
            Field("state", _("asked, or answered")),
            Field("ago_ms", _("how long ago that was, where there was no connection")),
        ),
    ),
    Sent(
        _("The opening of a text that you have to read"),
        _("as it opens, so that reading it is paid"),
        (
            Field("tab", _("a random name of the browser tab")),
            Field("csrfmiddlewaretoken", _("protects the form against other sites")),
        ),
    ),
    Sent(
        _("A break, a return or a stop that you pressed without a connection"),
        _("when there is a connection again"),
        (
            Field("act", _("which button it was")),
            Field("key", _("a random number of the message")),
            Field("showing", _("nothing here; with an answer it says which item came next")),
            Field("stamp_ms", _("the last time that the server had told the page")),
            Field("elapsed_ms", _("how long after that you pressed, by the browser's stopwatch")),
        ),
    ),
)

STAYS_WITH_YOU: tuple[Text, ...] = (
    _("which keys you press, where you point, touch or scroll: the page looks at them only to see that somebody is"
      " there, and sends nothing of it"),
    _("whether the page is visible or hidden, and how often you look away"),
    _("your camera, microphone, screen, location, clipboard and other pages: nothing here ever asks for them"),
)  # fmt: skip
NEVER_MADE: tuple[Text, ...] = (
    _("no measure of your speed and no ranking of people on any page of an engineer or a steward"),
    _("no idle time from activity: reading makes no events, and reading is work"),
)

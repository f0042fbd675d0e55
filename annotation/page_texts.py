"""What the scripts of annotators' pages say, in the reader's language. Keys are used by `t()` in lib/i18n.ts.

A text with {name} gets values put in. One that counts has two keys, `<key>.one` and `<key>.other`.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: Mapping[str, Promise] = {
    "clock.offline": _("No connection. Your time goes on being kept."),
    "clock.kept_button": _("No connection. Kept with the time when you pressed it, and sent by itself."),
    "clock.no_button": _(
        "No connection: this button works again when there is one. If you leave, the clock stops by itself; "
        "nothing already worked is lost."
    ),
    "clock.task": _("task"),
    "clock.waiting": _("waiting"),
    "clock.guidelines": _("guidelines"),
    "clock.training": _("training"),
    "clock.qualification": _("qualification"),
    "clock.review": _("review"),
    "clock.admin": _("admin"),
    "clock.break": _("break"),
    "clock.unknown": _("unknown"),
    "clock.stopped": _("stopped"),
    "outbox.sending.one": _("Saved here. Sending it now."),
    "outbox.sending.other": _("Saved here. Sending {n} answers now."),
    "outbox.offline.one": _("Saved here. No connection: 1 answer waits and is sent by itself."),
    "outbox.offline.other": _("Saved here. No connection: {n} answers wait and are sent by themselves."),
    "outbox.signed_out.one": _("Saved here. You are signed out: 1 answer waits. Sign in and it is sent."),
    "outbox.signed_out.other": _(
        "Saved here. You are signed out: {n} answers wait. Sign in and they are sent."
    ),
    "outbox.other_person.one": _(
        "Saved here. Somebody else is signed in: 1 answer of yours waits until you sign in."
    ),
    "outbox.other_person.other": _(
        "Saved here. Somebody else is signed in: {n} answers of yours wait until you sign in."
    ),
    "outbox.not_saved": _(
        "Not saved yet: this browser can't keep it. Leave this page open until it is sent."
    ),
    "outbox.counted": _("Sent. Your ranking is counted."),
    "outbox.surplus": _(
        "Sent. Enough people had ranked it by then, so it was not needed. You are paid all the same."
    ),
    "outbox.clock": _("Sent. Your clock is as you set it, from the moment when you pressed the button."),
    "outbox.skipped": _("Sent. Your skip is counted, and paid."),
    "outbox.refused": _("An answer could not be taken. It is kept here:"),
    "outbox.not_needed": _("An answer was not needed. Your time for it is paid."),
    "outbox.show_again": _("Show it again"),
    "outbox.remove": _("Remove it from here"),
    "outbox.others.one": _("1 answer of another person is kept in this browser until they sign in."),
    "outbox.others.other": _("{n} answers of other people are kept in this browser until they sign in."),
    "flow.draft_here": _("Saved on this device."),
    "flow.draft_server": _("Saved on this device and on the server."),
    "flow.draft_page_only": _("Not saved: this browser can't keep it. Leave this page open."),
    "flow.draft_over": _("This item is answered."),
    "flow.draft_signed_out": _("Saved on this device."),
    "flow.draft_expired": _("Saved on this device and on the server."),
    "flow.signed_out": _(
        "You are signed out. What you do here is saved on this device. Sign in, and it goes on."
    ),
    "flow.expired": _(
        "We had not heard from this page for a while, so this item was offered to others too. Go on and submit: "
        "you are paid, and it counts if a place is still free."
    ),
    "flow.newer": _("This item was changed in another tab or on another device. The newer state is shown."),
    "flow.elsewhere": _("You have answered this item in another tab. Your time here is paid."),
    "flow.not_open": _(
        "This project gives out no new items now. Finish this one: it counts and is paid. Then you are free."
    ),
    "flow.cant_open": _("This item can't be shown now. Its answer stays here; try again later."),
    "waiting.offline": _("No connection. We go on looking; you need not do anything."),
    "ranking.answer": _("Answer {place}"),
    "ranking.order": _("Your order"),
    "ranking.place": _("Place next"),
    "ranking.take_back": _("Take back"),
    "ranking.picked": _("picked."),
    "ranking.stays": _("stays."),
    "ranking.not_in_order": _("not in your order yet."),
    "ranking.nothing_above": _("nothing stands above it."),
    "ranking.all_placed": _("All answers are placed."),
    "ranking.progress": _("{placed} of {k} placed"),
    "ranking.as_you_left_it": _("As you left it:"),
    "ranking.undone": _("Undone."),
    "ranking.redone": _("Done again."),
    "ranking.nothing_to_undo": _("Nothing to undo."),
    "ranking.nothing_to_redo": _("Nothing to do again."),
    "ranking.rating_cleared": _("Rating taken back."),
    "ranking.order_first": _("Order the best {m} first; then the rest can stay below."),
    "ranking.left_below.one": _("1 answer stays below, not ranked."),
    "ranking.left_below.other": _("{n} answers stay below, not ranked."),
    "ranking.where.unplaced": _("to place."),
    "ranking.where.ranked": _("rank {rank} of {of}."),
    "ranking.where.tied": _("rank {rank} of {of}, tied."),
    "ranking.where.unranked": _("below your order, not ranked."),
    "ranking.where.unacceptable": _("unacceptable."),
    "ranking.badge.unranked": _("below"),
    "ranking.badge.unacceptable": _("unacceptable"),
    "ranking.strength.none": _("How much better: not said."),
    "ranking.strength.slight": _("Slightly better above."),
    "ranking.strength.clear": _("Clearly better above."),
    "ranking.strength.strong": _("Strongly better above."),
    "ranking.missing.unplaced": _("Place every answer before you submit. Not placed yet: {names}."),
    "ranking.missing.or_below": _(
        "Place every answer, or press “The rest stay below”, before you submit. Not placed yet: {names}."
    ),
    "ranking.missing.too_few": _(
        "Order the best {m} before the others can stay below; you ordered {ordered}."
    ),
    "ranking.show_all.one": _("Show all ({n} word)"),
    "ranking.show_all.other": _("Show all ({n} words)"),
    "ranking.show_less": _("Show less"),
    "ranking.show_prompt": _("Show the whole prompt"),
    "ranking.hits.one": _("{n} hit"),
    "ranking.hits.other": _("{n} hits"),
    "ranking.hit_of": _("{at} of {all}, answer {place}"),
    "ranking.compare.first": _("From"),
    "ranking.compare.second": _("to"),
    "ranking.compare.same": _("These two answers are the same, word for word."),
    "ranking.compare.too_different": _("These two answers are too different to compare word by word."),
}


def page_texts() -> dict[str, str]:
    """Return every text in the language that is active now."""
    return {key: str(text) for key, text in TEXTS.items()}

"""Why an item is looked at again, in words for reviewers. Pure; the rule itself is `annotation.quality.verdict`."""

from __future__ import annotations

from django.utils.translation import gettext as _

from annotation.quality import verdict


def reason_in_words(reason: str) -> str:
    """Return what a reviewer reads for one reason of the rule."""
    words = {
        verdict.LOW_AGREEMENT: _("The rankings differ a lot."),
        verdict.CYCLE: _("The majorities go in a circle."),
        verdict.UNDEFINED: _("Some put no answer above another."),
        verdict.SPLIT: _("People differ on what is unacceptable."),
        verdict.GOLD: _("Most rankings differ from what is known about this item."),
        verdict.FLAGS: _("Several people raised a flag."),
        verdict.BY_HAND: _("Somebody who runs the project asked for a second look."),
    }
    return words[reason]

"""Where pay goes, said by the worker alone. Every change is kept, is told to them, and holds payouts for 48 hours."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from byhand.accounts.models import User
from byhand.accounts.services import send_message
from byhand.audit.services import record
from byhand.errors import Invalid
from wages.models import PayoutAccount, PayoutIdentity, PayoutLine, WorkPlace
from wages.paying.destinations import current_account, details_of
from wages.paying.details import HOLD, Details, digest, problems, tidied
from wages.services.locking import lock, whole_ms

LINK = "/earnings/account/"


@transaction.atomic
def set_payout_account(*, worker: User, details: Details, at: datetime | None = None) -> PayoutAccount:
    """Name the account that pay in its currency goes to from now on, held for 48 hours. Only the worker calls this.

    The same details again change nothing and begin no new hold. Raises Invalid with every problem and its field.
    """
    kept = tidied(details)
    if found := problems(kept):
        raise Invalid(_("This account can't be used."), found)
    now = whole_ms(lock(worker.pk, at).at if at is None else at)
    newest = current_account(worker.pk, kept.currency)
    if newest is not None and details_of(newest) == kept:
        return newest
    account = _write(worker, kept, now)
    record(actor_id=worker.pk, action="wages.payout_account", subject=f"payout_account:{account.pk}")
    send_message(user=worker, subject="Your payout account was changed", body=_body(account, kept), link=LINK)
    return account


@transaction.atomic
def erase_payout_identities(*, worker: User) -> int:
    """Delete names and numbers of all accounts of a worker, salts included; return how many. Ids and digests stay.

    Payments that are on their way keep theirs until the evidence is in: the file must stay what was approved.
    """
    on_the_way = PayoutLine.objects.filter(
        worker=worker, batch__cancelled_at__isnull=True, settlement__isnull=True
    )
    erased = PayoutIdentity.objects.filter(account__worker=worker).exclude(
        account__in=on_the_way.values("account")
    )
    count, _kinds = erased.delete()
    if count:
        record(actor_id=worker.pk, action="wages.erase_payout_identity", subject=f"user:{worker.pk}")
    return count


def _write(worker: User, kept: Details, now: datetime) -> PayoutAccount:
    salt = secrets.token_bytes(32)
    account = PayoutAccount.objects.create(
        worker=worker,
        simulated=worker.simulated,
        method=kept.method,
        currency=kept.currency,
        country=kept.country,
        digest=digest(kept, salt),
        created_at=now,
        held_until=now + HOLD,
    )
    PayoutIdentity.objects.create(
        account=account,
        salt=salt,
        holder=kept.holder,
        iban=kept.iban,
        account_number=kept.account_number,
        bank_code=kept.bank_code,
        provider=kept.provider,
        phone=kept.phone,
    )
    return account


def _body(account: PayoutAccount, kept: Details) -> str:
    text = (
        f"Pay in {kept.currency} goes to your {account.get_method_display().lower()} {kept.masked} from "
        f"{account.held_until:%d %B %Y, %H:%M} UTC on. Until then nothing is sent, so that nobody can take your pay "
        "by a quick change. If this was not you, change your password and your account now, and tell us."
    )
    place = WorkPlace.objects.filter(worker_id=account.worker_id).order_by("-id").first()
    if place is not None and place.country != account.country:
        text += (
            f" The account is in {account.country}, and you say that you work in {place.country}. If you have moved, "
            "please update your place of work; it counts from then on. Nothing changes in what you have earned."
        )
    return text

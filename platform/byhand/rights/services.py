"""Writes of this package: makes bundles and erases people, both as jobs that may run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, connections, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from byhand.accounts.models import User
from byhand.accounts.services import send_message
from byhand.audit.services import record
from byhand.errors import NotFound
from byhand.jobs.models import ENDED
from byhand.jobs.services import enqueue
from byhand.jobs.worker import JobContext
from byhand.rights import bundle
from byhand.rights.errors import BundleGone, ErasureRuns, NotYet
from byhand.rights.models import Bundle, Erasure
from byhand.rights.registry import erasers

BUNDLE_JOB, ERASURE_JOB = "rights.bundle", "rights.erase"
KEPT = timedelta(days=7)
WAITS = timedelta(days=7)
"""How long a bundle's file is kept, and how long an erasure waits and can be called back."""


def begin_bundle(*, user: User, at: datetime | None = None) -> Bundle:
    """Ask for a copy of everything; while one is being made, that one is returned."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        running = Bundle.objects.filter(user=user, made_at__isnull=True).exclude(job__state__in=ENDED).first()
        if running is not None:
            return running
        made = Bundle(user=user, asked_at=at or timezone.now())
        made.job = enqueue(
            kind=BUNDLE_JOB, payload={"bundle": str(made.pk)}, organisation=None, created_by=user
        )
        made.save(force_insert=True)
        record(actor_id=user.pk, action="rights.bundle_asked", subject=f"bundle:{made.pk}")
    return made


def make_bundle(context: JobContext) -> dict[str, Any]:
    """Write one bundle: the handler of the job."""
    row = Bundle.objects.select_related("user").get(pk=context.payload["bundle"])
    if row.made_at is not None:
        return {"manifest_sha256": row.manifest_sha256}
    folder = Path(settings.BUNDLE_ROOT)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = folder / f".{row.pk}-{uuid4().hex}"
    now = timezone.now()
    try:
        with _teller(context) as told, _one_moment():
            written = bundle.write(row.user, fresh, at=now, check=context.check, told=told)
        fresh.chmod(0o600)
        with context.fenced():
            fresh.rename(bundle_path(row))
            row.made_at, row.manifest_sha256, row.kept_until = now, written.manifest_sha256, now + KEPT
            row.size = bundle_path(row).stat().st_size
            row.save(update_fields=["made_at", "manifest_sha256", "kept_until", "size"])
            record(
                actor_id=row.user_id, action="rights.bundle_made", subject=f"bundle:{row.pk}",
                manifest=written.manifest_sha256,
            )  # fmt: skip
    finally:
        fresh.unlink(missing_ok=True)
    return {"manifest_sha256": row.manifest_sha256, "files": written.files}


@contextmanager
def _teller(context: JobContext) -> Iterator[Callable[[int, str], None]]:
    """Yield what reports progress on a connection of its own: the one that reads the snapshot must not write."""
    with ThreadPoolExecutor(1) as thread:
        try:
            yield lambda number, name: thread.submit(context.progress, number, 0, name).result()
        finally:
            thread.submit(connections.close_all).result()


@contextmanager
def _one_moment() -> Iterator[None]:
    """Read everything as of one moment, so that intervals, entries and statements agree with each other."""
    with transaction.atomic():
        if not connection.savepoint_ids:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def bundle_path(row: Bundle) -> Path:
    return Path(settings.BUNDLE_ROOT) / f"{row.pk}.zip"


def fetch_bundle(*, user: User, bundle_id: UUID, at: datetime | None = None) -> tuple[Bundle, Path]:
    """Return the file of one's own bundle and note that it was fetched. Raises NotFound, NotYet or BundleGone."""
    row = Bundle.objects.filter(pk=bundle_id, user=user).first()
    if row is None:
        raise NotFound(_("You have asked for no such copy."))
    if row.kept_until is None:
        raise NotYet(_("Your copy is still being made."))
    if row.kept_until <= (at or timezone.now()) or not bundle_path(row).is_file():
        raise BundleGone(_("This copy was kept for 7 days and is gone. Ask for a new one."))
    record(actor_id=user.pk, action="rights.bundle_fetched", subject=f"bundle:{row.pk}")
    return row, bundle_path(row)


def sweep_bundles(*, at: datetime | None = None) -> int:
    """Remove the files whose time is over; return how many."""
    now, removed = at or timezone.now(), 0
    for row in Bundle.objects.filter(kept_until__lte=now, kept_until__gt=now - timedelta(days=30)):
        if bundle_path(row).is_file():
            bundle_path(row).unlink()
            removed += 1
    return removed


def ask_erasure(*, user: User, at: datetime | None = None) -> Erasure:
    """Ask to be forgotten, in 7 days; asking again returns the request that stands."""
    now = at or timezone.now()
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        standing = Erasure.objects.filter(user=user, called_back_at__isnull=True).first()
        if standing is not None:
            return standing
        made = Erasure.objects.create(user=user, asked_at=now, due_at=now + WAITS)
        record(actor_id=user.pk, action="rights.erasure_asked", subject=f"erasure:{made.pk}")
        send_message(
            user=user,
            subject=_("You asked us to erase your data"),
            body=_("It happens in 7 days. Until then you can call it back under “Your data”."),
            link="/my-data/",
        )
    return made


def call_back(*, user: User, at: datetime | None = None) -> Erasure:
    """Call one's own erasure back before it begins. Raises NotFound, or ErasureRuns when it is too late."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        standing = Erasure.objects.select_for_update().filter(user=user, called_back_at__isnull=True).first()
        if standing is None:
            raise NotFound(_("You have not asked for an erasure."))
        if standing.job_id is not None:
            raise ErasureRuns(_("The erasure has begun and can't be called back any more."))
        standing.called_back_at = at or timezone.now()
        standing.save(update_fields=["called_back_at"])
        record(actor_id=user.pk, action="rights.erasure_called_back", subject=f"erasure:{standing.pk}")
    return standing


def begin_due_erasures(*, at: datetime | None = None) -> int:
    """Start the job of every erasure whose time has come; return how many. May run at the same time as itself."""
    due = Erasure.objects.filter(
        called_back_at__isnull=True, job__isnull=True, due_at__lte=at or timezone.now()
    )
    begun = 0
    for pk in due.values_list("pk", flat=True):
        with transaction.atomic():
            row = Erasure.objects.select_for_update().filter(pk=pk, called_back_at=None, job=None).first()
            if row is None:
                continue
            row.job = enqueue(
                kind=ERASURE_JOB, payload={"erasure": str(pk)}, organisation=None, created_by=None,
                dedupe_key=f"erasure:{pk}", max_attempts=10,
            )  # fmt: skip
            row.save(update_fields=["job"])
            begun += 1
    return begun


def erase(*, erasure_id: UUID, check: Any = lambda: None, at: datetime | None = None) -> dict[str, int]:
    """Erase one person, a package at a time. What an attempt that died has erased is not there for the next."""
    row = Erasure.objects.select_related("user").get(pk=erasure_id)
    now = at or timezone.now()
    if row.done_at is not None:
        return {}
    if row.called_back_at is not None or row.due_at > now:
        raise ErasureRuns("This erasure is not due.")
    gone: dict[str, int] = {}
    for _name, eraser in erasers():
        check()
        with transaction.atomic():
            gone.update(eraser(row.user, now))
    with transaction.atomic():
        row.done_at = now
        row.save(update_fields=["done_at"])
        record(
            actor_id=None, action="rights.erased", subject=f"user:{row.user_id}", erasure=str(row.pk), **gone
        )
    return gone


def make_erasure(context: JobContext) -> dict[str, Any]:
    """Erase one person: the handler of the job."""
    return dict(erase(erasure_id=UUID(context.payload["erasure"]), check=context.check))

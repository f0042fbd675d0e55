"""The rest of “one of everything” for walks over all addresses: second looks, training, a report, a second factor."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.utils import timezone

from annotation.models import Ballot, ItemQuality, Project
from annotation.services import gold, reviewers, reviews
from byhand.accounts.models import User
from byhand.jobs import services as jobs
from byhand.jobs.models import JobEvent
from rewardmodel.models import Run
from rewardmodel.services import freeze_dataset, register_model
from tests.reports import world as reported_world
from tests.rewardmodel.conftest import make_folder
from wages.models import Entry, Statement
from wages.paying.details import Details
from wages.reports.services import publish
from wages.services.answers import dispute_statement
from wages.services.cases import propose_cut, say
from wages.services.payout_accounts import set_payout_account
from wages.services.payouts import make_batch
from wages.services.periods import close_period
from wages.services.refunds import propose_refund

HOSTILE = "<script>alert('hostile')</script>"
BETWEEN_SIDES = "only-for-worker-and-steward"


def second_look(project: Project, engineer: User, reviewer: User, waiting: User) -> dict[str, Any]:
    """Let `reviewer` hold a review of the ranked item, and `waiting` be one who could take the next."""
    ballot = Ballot.objects.get()
    for user in (reviewer, waiting):
        named = reviewers.name_reviewer(actor=engineer, project=project, email=user.email)
    ItemQuality.objects.create(
        item=ballot.item, project=project, ballots=1, needs_review=True, reasons=["flagged"],
        computed_at=timezone.now(),
    )  # fmt: skip
    review = reviews.take_review(reviewer=reviewer, project=project)
    return {"review_id": review.pk, "reviewer_id": named.pk}


def known_answer(project: Project, engineer: User) -> None:
    """Say what is known about the item that nobody ranked."""
    item = project.items.filter(leases__isnull=True).first()
    assert item is not None
    gold.set_gold(actor=engineer, item=item, better=[[0, 1]], unacceptable=[], explanation=HOSTILE)


def trained(project: Project, engineer: User) -> dict[str, Any]:
    """Freeze the one ranking, register a model, and leave a run that has reported a figure and a sample."""
    owner = project.organisation
    dataset = freeze_dataset(actor=engineer, project_id=project.pk)
    with tempfile.TemporaryDirectory() as folder:
        model = register_model(
            actor=engineer, organisation=owner, folder=make_folder(Path(folder) / "model"), name=f"m {HOSTILE}",
            kind="policy", note=HOSTILE,
        )  # fmt: skip
    job = jobs.enqueue(kind="run.reward", payload={}, organisation=owner, created_by=engineer)
    run = Run.objects.create(
        organisation=owner, kind="reward", name=f"run {HOSTILE}", config={"note": HOSTILE}, config_sha256="c" * 64,
        record={}, dataset=dataset, base=model, job=job, simulated=True, launched_by=engineer,
    )  # fmt: skip
    JobEvent.objects.create(job=job, kind="metrics", data={"step": 1, "loss": 0.5})
    return {"model_id": model.pk, "dataset_id": dataset.pk, "run_id": run.pk, "digest": model.digest}


def reported() -> dict[str, Any]:
    """Publish a report of a project of its own, with a hostile title; the log has entries from now on."""
    leaves = reported_world.crew_leaves(12, simulated=True)
    reported_world.store(leaves, simulated=True)
    subject = reported_world.subject(
        simulated=True, direct_work=reported_world.direct_of(leaves), title=f"Report {HOSTILE}"
    )
    report = publish(actor=None, subject=subject, at=reported_world.AT)
    return {"slug": report.slug, "period": report.period, "version": report.version, "index": 0}


def with_second_factor(user: User) -> None:
    """Give somebody a password, an authenticator app and recovery codes."""
    user.set_password("a long passphrase of no meaning")
    user.save(update_fields=["password"])
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)


def payout(project: Project, worker: User, steward: User) -> dict[str, Any]:
    """Close the running week and make a payout batch: an account with a hostile name that is out of its hold."""
    details = Details("bank", "USD", "DE", f"A {HOSTILE}", iban="DE89370400440532013000")
    set_payout_account(worker=worker, details=details, at=timezone.now() - timedelta(hours=49))
    close_period(actor=steward, project_id=project.pk)
    refund = propose_refund(
        actor=steward, project_id=project.pk, amount_micro=1_000_000, reason="Not needed.", key="first"
    )
    batch = make_batch(actor=steward, project_id=project.pk, key="first")
    return {"batch_id": batch.pk, "layout": "bank", "refund_id": refund.pk}


def disputed(worker: User, steward: User) -> dict[str, Any]:
    """Dispute the statement of the closed week, with an answer and a proposed cut, all in hostile words."""
    statement = Statement.objects.get(worker=worker)
    case = dispute_statement(
        worker=worker, statement_id=statement.pk, words=f"{BETWEEN_SIDES} {HOSTILE}", key="key-of-a-dispute"
    )
    say(actor=steward, case_id=case.pk, words=f"{BETWEEN_SIDES} {HOSTILE}")
    entry = Entry.objects.filter(kind="work", interval__worker=worker).order_by("id")[0]
    propose_cut(actor=steward, entry_id=entry.pk, reason=HOSTILE, evidence=HOSTILE)
    return {"statement_id": statement.pk, "case_id": case.pk, "what": "statement", "row_id": statement.pk}

"""Public pages of the reports. Every view is a GET without an account that changes nothing.

The page is made from the stored bytes and nothing else: what the JSON withholds, the page can't show.
"""

from __future__ import annotations

import json

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from wages.reports import disclosure, method, selectors
from wages.reports.errors import NoSuchReport
from wages.reports.models import PublishedReport
from wages.reports.schema import REPORT_SCHEMA
from wages.transparency import selectors as log

FOREVER = "public, max-age=31536000, immutable"


@login_not_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    context = {"real": selectors.index(simulated=False), "simulated": selectors.index(simulated=True)}
    return render(request, "reports/index.html", context)


@login_not_required
@require_safe
def versions(request: HttpRequest, slug: str) -> HttpResponse:
    reports = selectors.versions(slug)
    return render(request, "reports/versions.html", {"slug": slug, "reports": reports, "newest": reports[0]})


@login_not_required
@require_safe
def page(request: HttpRequest, slug: str, period: str, version: int) -> HttpResponse:
    report = selectors.version(slug, period, version)
    checkpoint = log.latest_checkpoint()
    context = {
        "report": report,
        "doc": json.loads(bytes(report.document)),
        "successor": selectors.successor(report),
        "logged": checkpoint is not None and checkpoint.size > report.leaf_id,
        "verifier_key": checkpoint.verifier if checkpoint else "",
        **_addresses(report),
    }
    return render(request, "reports/report.html", context)


@login_not_required
@require_safe
def document(request: HttpRequest, slug: str, period: str, version: int) -> HttpResponse:
    """The exact bytes whose hash is in the log."""
    report = selectors.version(slug, period, version)
    response = HttpResponse(bytes(report.document), content_type="application/json")
    response["Cache-Control"] = FOREVER
    response["Access-Control-Allow-Origin"] = "*"
    return response


@login_not_required
@require_safe
def proof(request: HttpRequest, slug: str, period: str, version: int) -> HttpResponse:
    """The proof against the newest checkpoint; an older proof of the same report stays as good as it was."""
    report = selectors.version(slug, period, version)
    text = log.proof(report.leaf_id).text()
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "public, max-age=5"
    response["Access-Control-Allow-Origin"] = "*"
    return response


@login_not_required
@require_safe
def method_page(request: HttpRequest, version: str) -> HttpResponse:
    if version != method.VERSION:
        raise NoSuchReport(f"There is no method {version}.")
    context = {
        "version": version,
        "sections": method.SECTIONS,
        "never_known": method.NEVER_KNOWN,
        "policy": disclosure.POLICY,
        "policy_version": disclosure.POLICY_VERSION,
    }
    return render(request, "reports/method.html", context)


@login_not_required
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    return HttpResponse(json.dumps(REPORT_SCHEMA, indent=2), content_type="application/schema+json")


@login_not_required
@require_safe
def verifier(request: HttpRequest) -> HttpResponse:
    """The offline verifier itself, so that a reader without our source can run it."""
    text = (settings.BASE_DIR / "verify_report.py").read_bytes()
    return HttpResponse(text, content_type="text/x-python; charset=utf-8")


def _addresses(report: PublishedReport) -> dict[str, str]:
    """Return the addresses of the other forms of the version, absolute where a reader copies them."""
    where = {"slug": report.slug, "period": report.period, "version": report.version}
    names = {"json_url": "report_json", "proof_url": "report_proof"}
    found = {key: settings.SITE_URL + reverse(name, kwargs=where) for key, name in names.items()}
    return {**found, "verifier_url": settings.SITE_URL + reverse("report_verifier")}

"""The engineer's pages: projects, their texts, their prompts and how far the work is."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation import selectors
from annotation.models import DocumentKind, Project, ProjectState
from annotation.publishing import Reason
from annotation.reading import WORDS_PER_MINUTE, changes, reading_ms, words
from annotation.selectors.estimates import time_estimate
from annotation.selectors.progress import counted
from annotation.selectors.projects import (
    current_documents,
    document_versions,
    pause_words,
    project_for_engineer,
)
from annotation.selectors.setup import funding, publishing_reasons
from annotation.services import documents, projects
from byhand.accounts.models import Role, User
from byhand.accounts.selectors import is_steward
from byhand.accounts.services import invite
from byhand.errors import DomainError, Invalid


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


@require_safe
def project_page(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    project = project_for_engineer(_user(request), project_id)
    return render(request, "annotation/project.html", _project_context(request, project))


def _project_context(request: HttpRequest, project: Project) -> dict[str, Any]:
    estimate = time_estimate(project)
    return {
        "project": project,
        "is_steward": is_steward(_user(request), project.organisation_id),
        "progress": counted(project).progress,
        "paid": selectors.paid_terms(project.pk),
        "estimate": estimate,
        "funding": funding(project, estimate),
        "words": pause_words(project),
        "reasons": _reasons(project),
        "documents": current_documents(project.pk),
        "imports": project.imports.filter(published_at__isnull=False).order_by("-created_at")[:20],
        "generations": project.generations.order_by("-created_at")[:20],
        "generate_url": _generate_url(project),
    }


def _reasons(project: Project) -> list[Reason]:
    return [] if project.state == ProjectState.OPEN else publishing_reasons(project)


def _generate_url(project: Project) -> str:
    try:
        return reverse("generate-candidates", args=[project.pk])
    except NoReverseMatch:
        return ""


@require_POST
def project_publish(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    project = project_for_engineer(_user(request), project_id)
    try:
        projects.publish_project(actor=_user(request), project=project)
    except DomainError as error:
        context = _project_context(request, project) | {"refused": error}
        return render(request, "annotation/project.html", context, status=error.status)
    messages.success(request, "The project is open: its people can work.")
    return redirect("project", project.pk)


@require_POST
def project_pause(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    project = project_for_engineer(_user(request), project_id)
    words = request.POST.get("words", "")
    projects.pause_project(actor=_user(request), project=project, reason="engineer", words=words)
    messages.success(
        request, "The project offers no new work. Whoever holds an item finishes it and is paid."
    )
    return redirect("project", project.pk)


@require_POST
def project_close(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    project = project_for_engineer(_user(request), project_id)
    projects.close_project(actor=_user(request), project=project, words=request.POST.get("words", ""))
    messages.success(request, "The project is closed. Whoever holds an item finishes it and is paid.")
    return redirect("project", project.pk)


@require_POST
def project_invite(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Make an invitation and show its link once."""
    project = project_for_engineer(_user(request), project_id)
    invitation, link = invite(
        actor=_user(request),
        organisation=project.organisation,
        role=Role.ANNOTATOR,
        project=project.pk,
        email=request.POST.get("email", ""),
    )
    context = {"project": project, "invitation": invitation, "link": link}
    return render(request, "annotation/project_invited.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def project_document(request: HttpRequest, project_id: uuid.UUID, kind: str) -> HttpResponse:
    """Read the versions of a text and what changed, or write the next one."""
    project = project_for_engineer(_user(request), project_id)
    versions = document_versions(project.pk, DocumentKind(kind))
    context = {
        "project": project,
        "kind": DocumentKind(kind),
        "versions": versions,
        "changes": changes(versions[1].text, versions[0].text) if len(versions) > 1 else [],
        "text": versions[0].text if versions else documents.default_text(kind),
        "words_per_minute": WORDS_PER_MINUTE,
    }
    if request.method != "POST":
        return render(request, "annotation/project_document.html", _measured(context))
    text, note = request.POST.get("text", ""), request.POST.get("change_note", "")
    try:
        written = documents.write_document(
            actor=_user(request), project=project, kind=kind, text=text, change_note=note
        )
    except Invalid as error:
        context |= {"refused": error, "text": text, "change_note": note}
        return render(request, "annotation/project_document.html", _measured(context), status=error.status)
    messages.success(request, f"Version {written.version} is in force. Everybody is asked to read it, paid.")
    return redirect(f"project-{kind}", project.pk)


def _measured(context: dict[str, Any]) -> dict[str, Any]:
    return context | {"words": words(context["text"]), "reading_ms": reading_ms(context["text"])}

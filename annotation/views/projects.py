"""The engineer's pages: projects, their texts, their prompts and how far the work is."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation import forms, selectors
from annotation.models import DocumentKind, Project
from annotation.prompt_files import GROUP_FIELD, MAX_ROWS, MAX_TEXT, TEXT_FIELDS, Fields
from annotation.selectors.projects import current_documents, progress, project_for_engineer, projects_of
from annotation.services import documents, imports, projects
from byhand.accounts.models import Role, User
from byhand.accounts.selectors import is_steward, organisations_as
from byhand.accounts.services import invite
from byhand.errors import DomainError, Invalid
from wages.errors import NotPublishable
from wages.services.projects import require_publishable

RENAMED = {
    "hourly_micro": "hourly_rate",
    "declared_floor_micro": "declared_floor",
    "lease_ms": "lease_minutes",
}


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


@require_safe
def project_list(request: HttpRequest) -> HttpResponse:
    found = list(projects_of(_user(request)))
    rows = [(project, progress(project)) for project in found]
    may_create = organisations_as(_user(request), Role.ENGINEER).exists()
    return render(request, "annotation/projects.html", {"rows": rows, "may_create": may_create})


@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request: HttpRequest) -> HttpResponse:
    organisations = organisations_as(_user(request), Role.ENGINEER)
    form = forms.NewProject(request.POST or None, organisations=organisations)
    project_id = request.POST.get("project_id") or str(uuid.uuid4())
    if request.method == "POST" and form.is_valid():
        try:
            project = _create(_user(request), form.cleaned_data, project_id)
        except Invalid as error:
            forms.show_problems(form, error, RENAMED)
        else:
            messages.success(request, "The project is made. It stays a draft until you publish it.")
            return redirect("project", project.pk)
    context = {"form": form, "project_id": project_id, "may_create": organisations.exists()}
    return render(request, "annotation/project_new.html", context, status=422 if form.errors else 200)


def _create(actor: User, fields: dict[str, Any], project_id: str) -> Project:
    organisation = fields["organisation"]
    return projects.create_project(
        actor=actor,
        organisation=organisation,
        title=fields["title"],
        k=fields["k"],
        overlap=fields["overlap"],
        overlap_percent=fields["overlap_percent"],
        currency=fields["currency"],
        hourly_micro=fields["hourly_rate_micro"],
        declared_floor_micro=fields["declared_floor_micro"],
        simulated=organisation.simulated,
        lease_ms=fields["lease_minutes"] * 60_000,
        languages=fields["languages"],
        terms=fields["terms"],
        guidelines=fields["guidelines"],
        project_id=_uuid(project_id),
    )


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Invalid("The project can't be made.", ["project_id: not a UUID."]) from error


@require_safe
def project_page(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    project = project_for_engineer(_user(request), project_id)
    return render(request, "annotation/project.html", _project_context(request, project))


def _project_context(request: HttpRequest, project: Project) -> dict[str, Any]:
    wanted = selectors.ballots_wanted(project)
    return {
        "project": project,
        "is_steward": is_steward(_user(request), project.organisation_id),
        "progress": progress(project),
        "paid": selectors.paid_terms(project.pk),
        "missing": _missing(project, wanted),
        "documents": current_documents(project.pk),
        "imports": project.imports.order_by("-created_at")[:20],
        "generations": project.generations.order_by("-created_at")[:20],
        "generate_url": _generate_url(project),
    }


def _missing(project: Project, wanted: int) -> list[str]:
    """Return what keeps the project from being published, each with its figures."""
    problems = []
    if not project.prompts.exists():
        problems.append("There are no prompts yet: import some.")
    elif wanted == 0:
        problems.append("There is nothing to rank: generate candidates for the prompts.")
    try:
        require_publishable(project_id=project.pk, ballots_wanted=max(wanted, 1), lease_ms=project.lease_ms)
    except NotPublishable as error:
        problems += error.problems or [error.message]
    return problems


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
    projects.pause_project(actor=_user(request), project=project, reason="engineer")
    messages.success(
        request, "The project offers no new work. Whoever holds an item finishes it and is paid."
    )
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
    """Read the newest version of a text, or write the next one."""
    project = project_for_engineer(_user(request), project_id)
    document = selectors.current_document(project.pk, DocumentKind(kind))
    if request.method == "POST":
        written = documents.write_document(
            actor=_user(request), project=project, kind=kind, text=request.POST.get("text", "")
        )
        messages.success(
            request, f"Version {written.version} is in force. Everybody is asked to read it, paid."
        )
        return redirect("project", project.pk)
    context = {"project": project, "document": document, "kind": DocumentKind(kind)}
    return render(request, "annotation/project_document.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def project_import(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Check a file, or import it; the form says which."""
    project = project_for_engineer(_user(request), project_id)
    check_only = request.POST.get("action") == "check"
    form = forms.ImportPrompts(request.POST or None, request.FILES or None, check_only=check_only)
    context: dict[str, Any] = {
        "project": project,
        "form": form,
        "text_fields": TEXT_FIELDS,
        "group_field": GROUP_FIELD,
        "most_rows": MAX_ROWS,
        "most_text": MAX_TEXT,
    }
    if request.method == "POST" and form.is_valid():
        try:
            return _import(request, project, form, context)
        except Invalid as error:
            context["refused"] = error
    failed = bool(form.errors) or "refused" in context
    return render(request, "annotation/project_import.html", context, status=422 if failed else 200)


def _import(
    request: HttpRequest, project: Project, form: forms.ImportPrompts, context: dict[str, Any]
) -> HttpResponse:
    data = form.cleaned_data
    file, fields = data["file"], Fields(text=data["text_field"].strip(), group=data["group_field"].strip())
    actor, name = _user(request), file.name or "prompts"
    if request.POST.get("action") == "check":
        context["checked"] = imports.check_prompts(
            actor=actor, project=project, filename=name, stream=file, fields=fields
        )
        return render(request, "annotation/project_import.html", context)
    source = imports.Source(data["source"], data["creator"], data["licence"], data["consent"])
    result = imports.import_prompts(
        actor=actor, project=project, filename=name, stream=file, source=source, fields=fields
    )
    if result.status == "replayed":
        messages.info(
            request, f"This file is in the project already: {result.rows} prompts. Nothing was changed."
        )
    else:
        messages.success(
            request, f"Imported: {result.rows} new. Repeated and left out: {len(result.duplicates)}."
        )
    return redirect("project", project.pk)

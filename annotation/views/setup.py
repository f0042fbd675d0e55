"""The set-up of a project, page by page. Each page saves by itself; what is still missing stands on top of all."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from annotation import setup_forms as forms
from annotation.models import DocumentKind, Project, ProjectState
from annotation.project_settings import NAMES, Settings
from annotation.publishing import step_of
from annotation.selectors.pay import paid_terms
from annotation.selectors.projects import project_for_engineer
from annotation.selectors.setup import (
    bound_facts,
    publishing_reasons,
    settings_of,
)
from annotation.services import documents, measuring, piloting, projects
from annotation.views.setup_contexts import CONTEXTS
from byhand.accounts.models import Role, User
from byhand.accounts.selectors import is_steward, organisations_as
from byhand.errors import DomainError, Invalid, NotFound


@dataclass(frozen=True)
class Page:
    """One page of the set-up: its name in the address, its heading and its form, if it has settings."""

    name: str
    title: str
    form: type[forms.SettingsForm] | None = None


PAGES = (
    Page("basics", "Basics", forms.BasicsForm),
    Page("question", "What is asked", forms.QuestionForm),
    Page("texts", "Terms and guidelines"),
    Page("people", "People and safety", forms.PeopleForm),
    Page("pay", "Pay", forms.LeaseForm),
    Page("prompts", "Prompts"),
    Page("pilot", "Pilot", forms.PilotForm),
    Page("publish", "Publish"),
)
BY_NAME = {page.name: page for page in PAGES}


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request: HttpRequest) -> HttpResponse:
    """The first page: it makes the draft that the others fill in."""
    organisations = organisations_as(_user(request), Role.ENGINEER)
    form = forms.NewProjectForm(request.POST or None, organisations=organisations)
    project_id = request.POST.get("project_id") or str(uuid.uuid4())
    if request.method == "POST" and form.is_valid():
        try:
            project = _create(_user(request), form.cleaned_data, project_id)
        except Invalid as error:
            forms.show_problems(form, error, {})
        else:
            messages.success(request, "The draft is kept. You can leave at any time and go on later.")
            return redirect("project-setup", project.pk, "question")
    context = {"form": form, "project_id": project_id, "may_create": organisations.exists(), "pages": PAGES}
    return render(request, "annotation/project_new.html", context, status=422 if form.errors else 200)


def _create(actor: User, fields: dict[str, Any], project_id: str) -> Project:
    try:
        key = uuid.UUID(project_id)
    except ValueError as error:
        raise Invalid("The project can't be made.", ["project_id: not a UUID."]) from error
    settings = Settings(**{name: fields[name] for name in NAMES if name in fields})
    return projects.create_draft(
        actor=actor, organisation=fields["organisation"], settings=settings, project_id=key
    )


@require_http_methods(["GET", "HEAD", "POST"])
def project_setup(request: HttpRequest, project_id: uuid.UUID, step: str) -> HttpResponse:
    """Show a page, or save it and go on to the next one."""
    if step not in BY_NAME:
        raise NotFound("The set-up has no such page.")
    project, page = project_for_engineer(_user(request), project_id), BY_NAME[step]
    form = _form(request, project, page)
    if request.method == "POST":
        try:
            if form is None or form.is_valid():
                with transaction.atomic():  # settings and pay of one page together, or none of them
                    _save(_user(request), project, page, form, request)
                messages.success(request, "Saved.")
                return redirect("project-setup", project.pk, _next(page))
        except Invalid as error:
            return _show(request, project, page, form, error)
    return _show(request, project, page, form)


def _form(request: HttpRequest, project: Project, page: Page) -> forms.SettingsForm | None:
    if page.form is None:
        return None
    kind = page.form
    if page.name == "pay" and paid_terms(project.pk) is None:
        kind = forms.PayForm
    data = request.POST if request.method == "POST" else None
    return kind(data, settings=settings_of(project), facts=bound_facts(project))


def _save(
    actor: User, project: Project, page: Page, form: forms.SettingsForm | None, request: HttpRequest
) -> None:
    if form is not None:
        projects.edit_project(actor=actor, project=project, changes=form.changes())
    if isinstance(form, forms.PayForm):
        data = form.cleaned_data
        projects.set_pay(
            actor=actor,
            project=project,
            currency=data["currency"],
            hourly_micro=data["hourly_rate_micro"],
            declared_floor_micro=data["declared_floor_micro"],
        )
    if page.name == "texts":
        documents.write_documents(
            actor=actor,
            project=project,
            texts={kind.value: request.POST.get(kind.value, "") for kind in DocumentKind},
            change_notes={kind.value: request.POST.get(f"{kind.value}_note", "") for kind in DocumentKind},
        )


def _next(page: Page) -> str:
    at = PAGES.index(page)
    return PAGES[min(at + 1, len(PAGES) - 1)].name


def _show(
    request: HttpRequest,
    project: Project,
    page: Page,
    form: forms.SettingsForm | None,
    error: DomainError | None = None,
) -> HttpResponse:
    reasons = publishing_reasons(project) if project.state != ProjectState.OPEN else []
    if isinstance(error, Invalid) and form is not None:
        forms.show_problems(form, error, form.renamed)
        error = None
    context: dict[str, Any] = {
        "project": project,
        "page": page,
        "pages": [(each, step_of(reasons, each.name)) for each in PAGES],
        "reasons": [(reason, BY_NAME[reason.step].title) for reason in reasons],
        "missing": step_of(reasons, page.name),
        "form": form,
        "refused": error,
        "is_steward": is_steward(_user(request), project.organisation_id),
    }
    context |= CONTEXTS[page.name](project) if page.name in CONTEXTS else {}
    for row in context.get("texts", ()) if request.method == "POST" else ():
        row["text"] = request.POST.get(
            row["kind"].value, row["text"]
        )  # a refusal loses nothing that was written
        row["note"] = request.POST.get(f"{row['kind'].value}_note", "")
    status = 422 if form is not None and form.errors else error.status if error is not None else 200
    return render(request, f"annotation/project_setup_{page.name}.html", context, status=status)


@require_POST
def project_pilot(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Begin the paid pilot, or say everything that keeps it from beginning."""
    project = project_for_engineer(_user(request), project_id)
    try:
        piloting.start_pilot(actor=_user(request), project=project)
    except DomainError as error:
        return _show(request, project, BY_NAME["pilot"], None, error)
    messages.success(request, "The pilot runs: invited people can work, and are paid like always.")
    return redirect("project-setup", project.pk, "pilot")


@require_POST
def project_measure(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Measure the newest rankings anew, so that people are told what the work takes now."""
    project = project_for_engineer(_user(request), project_id)
    found = measuring.measure_again(actor=_user(request), project=project)
    if found is None:
        messages.info(request, "Too few rankings were timed; nothing was changed.")
    else:
        messages.success(request, f"Measured on {found.ballots} rankings. People are shown it from now on.")
    return redirect("project-setup", project.pk, "pilot")

"""The engineer's pages of webhooks: endpoints, what was sent, what failed, and sending it again."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from byhand.accounts.forms import show_problems
from byhand.accounts.models import Role, User
from byhand.accounts.selectors import organisations_as
from byhand.errors import DomainError, Invalid
from byhand.rest.paging import paginate
from byhand.webhooks import delivering, forms, selectors, services
from byhand.webhooks.models import DeliveryState

LISTED = 50


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: HttpRequest) -> HttpResponse:
    """List the endpoints; POST makes one and shows its secret in this one answer."""
    user, context = _user(request), cast(dict[str, Any], {})
    organisations = organisations_as(user, Role.ENGINEER)
    form = forms.NewEndpoint(request.POST or None, organisations=organisations)
    if request.method == "POST" and form.is_valid():
        try:
            context["made"], context["secret"] = services.create_endpoint(actor=user, **form.cleaned_data)
        except Invalid as error:
            show_problems(form, error)
        else:
            form = forms.NewEndpoint(None, organisations=organisations)
    context |= {
        "form": form,
        "endpoints": selectors.endpoints_of(user).order_by("-created_at", "-id")[:LISTED],
        "may_create": organisations.exists(),
    }
    response = render(request, "webhooks/endpoints.html", context, status=422 if form.errors else 200)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def webhook(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    return _endpoint_page(request, endpoint_id, {})


def _endpoint_page(request: HttpRequest, endpoint_id: UUID, more: dict[str, Any]) -> HttpResponse:
    endpoint = selectors.endpoint_for(_user(request), endpoint_id)
    state = request.GET.get("state", "")
    state = state if state in DeliveryState.values else ""
    page = paginate(
        selectors.deliveries_of(endpoint, state),
        ordering=("-created_at", "-id"),
        cursor=request.GET.get("cursor", ""),
        limit=LISTED,
    )
    context = {"endpoint": endpoint, "page": page, "state": state, "states": DeliveryState.choices, **more}
    response = render(request, "webhooks/endpoint.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def act(request: HttpRequest, endpoint_id: UUID, what: str) -> HttpResponse:
    """Test, pause, go on, rotate the secret or remove: the button says which."""
    user, endpoint = _user(request), selectors.endpoint_for(_user(request), endpoint_id)
    if what == "rotate":
        _, secret = services.rotate_secret(actor=user, endpoint=endpoint)
        return _endpoint_page(request, endpoint_id, {"secret": secret})
    if what == "remove":
        services.remove_endpoint(actor=user, endpoint=endpoint)
        messages.success(request, "Nothing is sent there any more.")
        return redirect("webhooks")
    try:
        if what == "test":
            services.send_test(actor=user, endpoint=endpoint)
            messages.success(request, "A test is on its way. Its answer will be below.")
        else:
            services.change_endpoint(
                actor=user,
                endpoint=endpoint,
                changes={"state": {"pause": "paused", "resume": "active"}[what]},
            )
            messages.success(request, "Paused." if what == "pause" else "Active: what waited is being sent.")
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("webhook", endpoint_id)


@require_safe
def delivery(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    found = selectors.delivery_for(_user(request), delivery_id)
    context = {
        "delivery": found,
        "payload": delivering.payload(found.event).decode(),
        "attempts": found.attempts.order_by("pk"),
    }
    return render(request, "webhooks/delivery.html", context)


@require_POST
def redeliver(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    found = selectors.delivery_for(_user(request), delivery_id)
    services.redeliver(actor=_user(request), delivery=found)
    messages.success(request, "It is being sent again.")
    return redirect("webhook_delivery", delivery_id)

"""The stewards' API of a project's rate cards, terms and pools. Whoever is no steward of it finds nothing here."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from rest_framework.request import Request
from rest_framework.response import Response

from byhand.accounts.selectors import require_steward
from byhand.errors import Invalid, NotAllowed, NotFound
from byhand.money import BadAmount, UnknownCurrency, parse_amount
from byhand.rest.schema import describe
from byhand.rest.views import ApiView
from wages.api import shapes
from wages.floors.weeks import terms_of
from wages.models import PaidProject, RateCard
from wages.rates.pools import pools_of
from wages.services import payers, rate_cards, terms


class PayView(ApiView):
    """A view of one project's pay. A token needs its scope; a session must have proven lately who it is to write."""

    scopes = {"GET": "pay:read", "POST": "pay:write"}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if (
            request.method == "POST"
            and request.auth is None
            and not did_recently_reauthenticate(request._request)
        ):
            raise NotAllowed("Prove again who you are, on any page of pay, or use a token with pay:write.")

    def project(self, project_id: UUID) -> PaidProject:
        project = PaidProject.objects.filter(pk=project_id).first()
        if project is None:
            raise NotFound("There is no such project.")
        try:
            require_steward(self.user, project.organisation_id)
        except NotAllowed as error:
            raise NotFound("There is no such project.") from error
        return project


def in_micro(data: dict[str, Any], currency: str, **names: str) -> dict[str, Any]:
    """Replace amounts by micro-units under the service's names; raises Invalid with each that is no amount."""
    found, problems = dict(data), []
    for name, wanted in names.items():
        text = found.pop(name, None)
        if text is None:
            continue
        try:
            found[wanted] = parse_amount(text, currency)
        except UnknownCurrency as error:
            problems.append(f"currency: {error}")
        except BadAmount as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise Invalid("The request can't be used.", problems)
    return found


class RateCards(PayView):
    @describe(responses=shapes.RateCardOut(many=True))
    def get(self, request: Request, project_id: UUID) -> Response:
        """Every version of what the project pays, newest first."""
        cards = RateCard.objects.filter(project=self.project(project_id)).select_related("project")
        return Response(shapes.RateCardOut(cards.order_by("-version"), many=True).data)

    @describe(request=shapes.NewRateCard, responses={201: shapes.RateCardOut})
    def post(self, request: Request, project_id: UUID) -> Response:
        """Set a new version. The one before ends where it begins; work in hand keeps the version it began under."""
        project = self.project(project_id)
        data = self.checked(shapes.NewRateCard, only_known=True)
        values = in_micro(
            data, project.currency, hourly="hourly_micro", piece="piece_micro", bonus="bonus_micro"
        )
        card = rate_cards.set_rate_card(actor=self.user, project_id=project.pk, **values)
        return Response(shapes.RateCardOut(card).data, status=201)


class Terms(PayView):
    @describe(responses=shapes.TermsOut)
    def get(self, request: Request, project_id: UUID) -> Response:
        """The terms in force."""
        found = terms_of(self.project(project_id))
        if found is None:
            raise NotFound("No terms were set yet.")
        return Response(shapes.TermsOut(found).data)

    @describe(request=shapes.NewTerms, responses={201: shapes.TermsOut})
    def post(self, request: Request, project_id: UUID) -> Response:
        """Set all terms as a new version, in force from now on."""
        project = self.project(project_id)
        data = self.checked(shapes.NewTerms, only_known=True)
        values = in_micro(data, project.currency, overhead="overhead_micro", data_hourly="data_hourly_micro")
        made = terms.set_terms(actor=self.user, project_id=project.pk, **values)
        return Response(shapes.TermsOut(made).data, status=201)


class Pools(PayView):
    @describe(responses=shapes.PoolOut(many=True))
    def get(self, request: Request, project_id: UUID) -> Response:
        """Who pays whom: the pools, the default one first, with whoever stands in between."""
        return Response(shapes.PoolOut(pools_of(self.project(project_id).pk), many=True).data)

    @describe(request=shapes.NewPool, responses={201: shapes.PoolOut})
    def post(self, request: Request, project_id: UUID) -> Response:
        """Write down who pays a pool, as a new version."""
        project = self.project(project_id)
        version = payers.set_pool(
            actor=self.user, project_id=project.pk, **self.checked(shapes.NewPool, only_known=True)
        )
        pool = next(view for view in pools_of(project.pk) if view.pool.pk == version.pool_id)
        return Response(shapes.PoolOut(pool).data, status=201)


class Intermediaries(PayView):
    scopes = {"POST": "pay:write"}

    @describe(request=shapes.NewIntermediary, responses={201: shapes.IntermediaryOut})
    def post(self, request: Request, project_id: UUID, pool_id: int) -> Response:
        """Write down what an intermediary of the pool is paid, as a new version."""
        project = self.project(project_id)
        data = self.checked(shapes.NewIntermediary, only_known=True)
        values = in_micro(data, data["currency"], contract="contract_micro")
        row = payers.set_intermediary(actor=self.user, project_id=project.pk, pool_id=pool_id, **values)
        return Response(shapes.IntermediaryOut(row).data, status=201)

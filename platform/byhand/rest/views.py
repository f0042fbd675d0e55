"""The base of every API view. Thin: it parses, checks scopes, pages and tags; services and selectors decide.

class Projects(ApiView):
    scopes = {"GET": "projects:read"}

    @describe(responses=page_of(ProjectOut))
    def get(self, request: Request) -> Response:
        return self.page(projects_of(self.user), ProjectOut)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.utils.cache import patch_vary_headers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, Serializer
from rest_framework.views import APIView

from byhand.accounts.models import User
from byhand.errors import Invalid
from byhand.rest import etags, paging
from byhand.rest.authentication import Bearer
from byhand.rest.errors import BadQuery, ScopeMissing, SessionNeeded
from byhand.rest.problems import named_problems

PAGING = ("cursor", "limit")
Shape = type[Serializer[Any]]


class ApiView(APIView):
    """`scopes` names what a token needs for each method; a method without one is closed to tokens.

    `filters` is the shape of the query of a GET; what it does not name is refused by its name.
    """

    scopes: ClassVar[Mapping[str, str]] = {}
    filters: ClassVar[Shape | None] = None
    paged: ClassVar[bool] = False
    metadata_class = None

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self._require_scope(request)
        self._refuse_unknown_query(request)

    def _require_scope(self, request: Request) -> None:
        token = cast(Bearer | None, request.auth)
        if token is None or not hasattr(self, (request.method or "").lower()):
            return  # a session has all that its roles allow; a method that is not there answers 405
        needed = self.scopes.get("GET" if request.method == "HEAD" else request.method or "")
        if needed is None:
            raise SessionNeeded("A token can't do this. Sign in and do it yourself.")
        if needed not in token.scopes:
            raise ScopeMissing(f"This token lacks the scope {needed}.", scope=needed)

    def _refuse_unknown_query(self, request: Request) -> None:
        reads = request.method in {"GET", "HEAD"}
        known = set(self.filters().fields) if self.filters and reads else set()
        known |= set(PAGING) if self.paged and reads else set()
        if unknown := sorted(set(request.query_params) - known):
            listed = f"Known here: {', '.join(sorted(known))}." if known else "Nothing is known here."
            raise BadQuery("The query can't be used.", [f"{name}: unknown. {listed}" for name in unknown])

    def checked(self, shape: Shape, *, only_known: bool = False) -> dict[str, Any]:
        """Return the checked fields of the body; raises Invalid with every problem, each named by its field.

        `only_known` refuses further fields: a setting that is misspelt would be left as it was, unnoticed.
        """
        serializer = shape(data=self.request.data)
        problems = [] if serializer.is_valid() else named_problems(serializer.errors)
        if only_known and isinstance(self.request.data, Mapping):
            listed = f"Known here: {', '.join(sorted(serializer.fields))}."
            unknown = sorted(set(self.request.data) - set(serializer.fields))
            problems += [f"{name}: unknown. {listed}" for name in unknown]
        if problems:
            raise Invalid("The request can't be used.", problems)
        return dict(serializer.validated_data)

    def query(self) -> dict[str, Any]:
        """Return the checked filters of the address; raises BadQuery with every problem."""
        if self.filters is None:
            return {}
        serializer = self.filters(data=self.request.query_params)
        if not serializer.is_valid():
            raise BadQuery("The query can't be used.", named_problems(serializer.errors))
        return dict(serializer.validated_data)

    def page(
        self,
        queryset: QuerySet[Any],
        shape: type[BaseSerializer[Any]],
        *,
        ordering: Sequence[str] = ("-created_at", "-id"),
    ) -> Response:
        """Answer one page of `queryset`. The view must say `paged = True`."""
        found = paging.paginate(
            queryset,
            ordering=ordering,
            cursor=self.request.query_params.get("cursor", ""),
            limit=self._limit(),
        )
        return Response(
            {
                "results": shape(found.rows, many=True).data,
                "next": self._address(found.next),
                "previous": self._address(found.previous),
            }
        )

    def _limit(self) -> int:
        given = self.request.query_params.get("limit", str(paging.USUAL))
        if not (given.isascii() and given.isdigit() and len(given) < 7 and 1 <= int(given) <= paging.MOST):
            raise BadQuery("The query can't be used.", [f"limit: a number from 1 to {paging.MOST}."])
        return int(given)

    def _address(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        query = self.request.query_params.copy()
        query["cursor"] = cursor
        return self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}")

    def require_match(self, representation: Any) -> None:
        """Raise ChangedMeanwhile (412) where If-Match names another state than `representation`.

        `representation` is the data that a GET of the same address answers; the row must be locked.
        """
        etags.require_match(self.request, representation)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Tag what a GET answers, and answer 304 to who has it already. Nothing is kept by any cache."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        patch_vary_headers(response, ["Authorization", "Cookie"])
        if (
            request.method in {"GET", "HEAD"}
            and response.status_code == 200
            and isinstance(response, Response)
        ):
            response["ETag"] = etag = etags.etag_of(response.data)
            if etags.known_already(request, etag):
                response.data, response.status_code = None, 304
        return response

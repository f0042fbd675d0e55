"""The whole OpenAPI document, asked with what nobody should send: a clear refusal each time, never a 5xx.

Every operation is asked as each role, with each property of its body in turn replaced by hostile values, with
hostile parameters, and with bodies that are no objects. It replaces no test of what an address does.
"""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Iterator
from functools import lru_cache
from io import StringIO
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from byhand.accounts.services import create_token
from tests.api.conftest import World

pytestmark = pytest.mark.django_db
HOSTILE: list[Any] = [
    None, True, -1, 0, 2**31, 2**63, 1e308, "", " ", "\x00", "\ud800", "x" * 10_000, "'; DROP TABLE x; --", "\u202e",
    [], [[]], [None], {}, {"a": {}}, [2**70], "2026-02-30", "NaN",
]  # fmt: skip
BODIES = ["null", "[]", "5", '"a"', "{", '{"a": NaN}', '{"a": 1e999}', "[" * 5000, '{"\\ud800": 1}']
VALUES = ["", "\x00", "x" * 3000, "-1", "0", "9" * 40, "null", "%", "\u202e", "2026-13-45", "[]", "true"]


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    out = StringIO()
    call_command("spectacular", stdout=out)
    found: dict[str, Any] = yaml.safe_load(out.getvalue())
    return found


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if "allOf" in schema and len(schema["allOf"]) == 1:
        return resolved(schema["allOf"][0])
    return schema


def example(schema: dict[str, Any], world: World) -> Any:
    """Return a value that fits the schema."""
    schema = resolved(schema)
    if schema.get("nullable"):
        return None
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            return example(schema[choice][0], world)
    if "enum" in schema:
        return schema["enum"][0]
    kind, form = schema.get("type"), schema.get("format")
    if kind == "object":
        names = schema.get("properties", {})
        return {name: example(inner, world) for name, inner in names.items() if not inner.get("readOnly")}
    if kind == "array":
        return [example(schema["items"], world)] if schema.get("minItems") else []
    if kind in {"integer", "number"}:
        return schema.get("minimum", 1)
    if kind == "boolean":
        return False
    by_form = {"uuid": str(uuid.uuid4()), "date": "2026-03-02", "date-time": "2026-03-02T09:00:00Z"}
    return by_form.get(str(form), "a" * max(schema.get("minLength", 8), 1))


def address(path: str, world: World, **instead: str) -> str:
    """Return the address with each part filled in: the world's own, or one that nobody has."""
    whole = path
    for name in [part[1:].split("}")[0] for part in path.split("/") if part.startswith("{")]:
        unknown = "987654321" if name in _numbers(whole) else str(uuid.uuid4())
        value = instead.get(name, str(world.parts.get(name, unknown)))
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path


def _numbers(path: str) -> set[str]:
    """Return the parts of an address that are numbers; the others are UUIDs or names."""
    every = [
        one
        for operation in document()["paths"].get(path, {}).values()
        for one in operation.get("parameters", [])
    ]
    return {one["name"] for one in every if one["in"] == "path" and one["schema"].get("type") == "integer"}


def json_body(operation: dict[str, Any]) -> dict[str, Any] | None:
    content = operation.get("requestBody", {}).get("content", {})
    found = content.get("application/json", {}).get("schema")
    return resolved(found) if found else None


def requests(world: World) -> Iterator[tuple[str, str, str, Any]]:
    """Yield (operation, method, address, JSON body or text)."""
    for path, method, operation in operations():
        at = address(path, world)
        for parameter in operation.get("parameters", []):
            for value in VALUES:
                if parameter["in"] == "query":
                    yield path, method, f"{at}?{parameter['name']}={quote(value)}", None
                elif parameter["in"] == "path":
                    yield path, method, address(path, world, **{parameter["name"]: value or "-"}), None
        schema = json_body(operation)
        if schema is None:
            continue
        good = example(schema, world)
        yield from ((path, method, at, body) for body in BODIES)
        for name in schema.get("properties", {}):
            for value in HOSTILE:
                body = copy.deepcopy(good)
                body[name] = value
                yield path, method, at, body


def ask(client: Client, method: str, at: str, body: Any) -> Any:
    data = body if isinstance(body, str) else json.dumps(body)
    sends = body is not None and method != "get"
    options: dict[str, Any] = {"data": data, "content_type": "application/json"} if sends else {}
    return getattr(client, method)(at, **options)


@pytest.mark.slow
@pytest.mark.parametrize("role", ["engineer", "annotator"])
def test_nothing_that_is_sent_breaks_anything(world: World, role: str) -> None:
    client = Client(raise_request_exception=False)
    user = world.people[role]
    assert user is not None
    client.force_login(user)
    wrong, asked = [], 0
    for path, method, at, body in requests(world):
        answer = ask(client, method, at, body)
        asked += 1
        kind = answer.headers.get("Content-Type", "")
        is_problem = answer.status_code < 400 or kind == "application/problem+json"
        if answer.status_code >= 500 or not is_problem:
            wrong.append((method, path, at[-60:], str(body)[:80], answer.status_code, kind))
    assert asked > 1500
    assert wrong == []


def test_every_refusal_has_the_shape_that_the_document_promises(world: World) -> None:
    needed = document()["components"]["schemas"]["Problem"]["required"]
    client = Client(raise_request_exception=False)
    client.force_login(world.people["engineer"])  # type: ignore[arg-type]
    for path, method, operation in operations():
        answer = ask(client, method, address(path, world) + "?no_such_parameter=1", {})
        assert answer.status_code in {400, 404}, (method, path)
        assert set(needed) <= set(answer.json()), (method, path)
        assert str(answer.status_code) in operation["responses"], (method, path)


def test_every_operation_asks_for_somebody_and_for_the_scope_it_names(world: World) -> None:
    engineer = world.people["engineer"]
    assert engineer is not None
    _, secret = create_token(actor=engineer, name="none of it", scopes=["exports:internal"])
    for path, method, operation in operations():
        at = address(path, world)
        assert ask(Client(), method, at, {}).status_code == 401, (method, path)
        answer = ask(Client(headers={"Authorization": f"Bearer {secret}"}), method, at, {})
        if "exports:internal" in operation["description"]:
            continue
        assert (answer.status_code, answer.json()["code"] in {"scope_missing", "session_needed"}) == (403, True), (
            method, path,
        )  # fmt: skip
        tokens = any("token" in one for one in operation["security"])
        assert tokens == ("Scope of a token:" in operation["description"]), (method, path)

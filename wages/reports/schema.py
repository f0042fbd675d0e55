"""JSON Schema of labor-report/v1. Every object is closed: a field that is not here can't be published."""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string"}
SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
SHA256_OR_NONE = {"type": "string", "pattern": "^([0-9a-f]{64})?$"}
DECIMAL = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"}


def closed(**properties: Any) -> dict[str, Any]:
    """Return an object schema with exactly these properties, all required."""
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def listed(items: Any, least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


CELL = {
    **closed(
        label=TEXT,
        status={"enum": ["known", "withheld", "unknown", "not_applicable"]},
        value=TEXT,
        unit=TEXT,
        reason=TEXT,
    ),
    # a value is there if and only if it is known; anything else says why not
    "if": {"properties": {"status": {"const": "known"}}},
    "then": {"properties": {"value": {"minLength": 1}}},
    "else": {"properties": {"value": {"const": ""}, "unit": {"const": ""}, "reason": {"minLength": 1}}},
}
CELL_REF = {"$ref": "#/$defs/cell"}
FIGURE = closed(id=TEXT, label=TEXT, cells=listed(CELL_REF, 1), denominator=TEXT, how=TEXT)
HEADLINE_ORDER = (
    "hours_worked",
    "received",
    "effective_hourly",
    "share",
    "unpaid",
    "disputes",
    "statements",
    "sources",
    "energy",
    "worker_statements",
)

REPORT_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Labor report, version 1",
    "description": "Hours and wages behind a model. Money and ids are strings; no field is about one person.",
    "$defs": {"cell": CELL},
    **closed(
        schema={"const": "labor-report/v1"},
        report=closed(
            slug=TEXT,
            title=TEXT,
            period=TEXT,
            version={"type": "integer", "minimum": 1},
            supersedes=SHA256_OR_NONE,
            published_at=TEXT,
        ),
        simulated={"type": "boolean"},
        scope=closed(covered=TEXT, not_covered=TEXT),
        subject=closed(
            model_digest=SHA256,
            files=listed(closed(name=TEXT, sha256=SHA256)),
            base=closed(name=TEXT, digest=TEXT, note=TEXT),
        ),
        headline={
            "type": "array",
            "prefixItems": [
                {"allOf": [FIGURE, {"properties": {"id": {"const": name}}}]} for name in HEADLINE_ORDER
            ],
            "minItems": len(HEADLINE_ORDER),
            "maxItems": len(HEADLINE_ORDER),
        },
        people=closed(worked={"type": "boolean"}, contributors=CELL_REF),
        time=closed(
            direct=CELL_REF,
            also_needed=CELL_REF,
            rows=listed(closed(id=TEXT, label=TEXT, hours=DECIMAL, percent=DECIMAL)),
        ),
        rate_cards=listed(closed(id=TEXT, project=TEXT, rate=CELL_REF, valid_from=TEXT, valid_to=TEXT)),
        payers=listed(
            closed(
                project=TEXT,
                operator=TEXT,
                legal_entity=TEXT,
                country=TEXT,
                relation=TEXT,
                intermediaries=TEXT,
            )
        ),
        guidelines=listed(closed(name=TEXT, sha256=TEXT)),
        counts=listed(CELL_REF),
        lineage=listed(closed(kind=TEXT, name=TEXT, digest=TEXT, note=TEXT, rows=listed(CELL_REF)), 1),
        gates=listed(
            closed(name=TEXT, passed={"type": "boolean"}, figures=listed(closed(name=TEXT, value=TEXT)))
        ),
        periods=listed(
            closed(
                project=TEXT,
                project_title=TEXT,
                label=TEXT,
                starts=TEXT,
                ends=TEXT,
                crew=TEXT,
                covered={"type": "boolean"},
                reason=TEXT,
                snapshot_root=TEXT,
                log_index={"type": "string", "pattern": "^[0-9]*$"},
            ),
            1,
        ),
        not_known=listed(TEXT, 1),
        audited_by=TEXT,
        witnessed_by=TEXT,
        method=closed(version=TEXT, path=TEXT),
        disclosure_policy=closed(version=TEXT, rules=listed(TEXT, 1)),
    ),
}

"""Writes the audit record, in the caller's own transaction."""

from __future__ import annotations

from typing import Any

from byhand.audit.models import AuditEvent


def record(*, actor_id: int | None, action: str, subject: str, **details: Any) -> AuditEvent:
    """Append one event. `subject` is "kind:id"; `details` must hold ids and codes only."""
    return AuditEvent.objects.create(actor_id=actor_id, action=action, subject=subject, details=details)

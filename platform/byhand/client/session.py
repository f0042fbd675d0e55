"""The client: one method for each thing the API does for engineers."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from types import TracebackType
from typing import Any, TypeVar
from uuid import UUID

import httpx

from byhand.client import models
from byhand.client.building import Made, build
from byhand.client.transport import Transport

Self = TypeVar("Self", bound="Client")


class Client:
    """A connection to one site with one token. Use it as a context manager, or call `close`."""

    def __init__(
        self,
        site: str,
        *,
        token: str,
        timeout: float = 30.0,
        tries: int = 5,
        http: httpx.Client | None = None,
    ) -> None:
        self._transport = Transport(site, token=token, timeout=timeout, tries=tries, http=http)

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._transport.close()

    # --- projects ----------------------------------------------------------------------------------------
    def projects(self, *, state: str | None = None) -> Iterator[models.ProjectSummary]:
        """Yield the projects of your organisations, newest first."""
        return self._list(models.ProjectSummary, "projects/", {"state": state})

    def project(self, project_id: UUID | str) -> models.Project:
        data, etag = self._transport.get(f"projects/{project_id}/")
        return dataclasses.replace(build(models.Project, data), etag=etag)

    def create_project(
        self,
        *,
        organisation: UUID | str,
        title: str,
        k: int,
        overlap: int,
        project_id: UUID | None = None,
        **settings: Any,
    ) -> models.Project:
        """Make a draft. `settings` are the other settings of a project, by their names in the API."""
        body = {"id": str(project_id or uuid.uuid4()), "organisation": str(organisation), "title": title}
        made = self._transport.send("POST", "projects/", {**body, "k": k, "overlap": overlap, **settings})
        return build(models.Project, made)

    def update_project(self, project: models.Project, **changes: Any) -> models.Project:
        """Change settings of a project that was read by `project`; raises Changed where somebody was faster."""
        self._transport.send("PATCH", f"projects/{project.id}/", changes, match=project.etag)
        return self.project(project.id)

    def publish(self, project_id: UUID | str) -> models.Project:
        return build(models.Project, self._transport.send("POST", f"projects/{project_id}/publish"))

    def pause(self, project_id: UUID | str, *, words: str = "") -> models.Project:
        body = {"words": words}
        return build(models.Project, self._transport.send("POST", f"projects/{project_id}/pause", body))

    def progress(self, project_id: UUID | str) -> models.Progress:
        return build(models.Progress, self._transport.get(f"projects/{project_id}/progress/")[0])

    # --- what is ranked ----------------------------------------------------------------------------------
    def prompts(self, project_id: UUID | str, **filters: Any) -> Iterator[models.Prompt]:
        """Yield prompts; filters: import_id, group, begins."""
        return self._list(models.Prompt, f"projects/{project_id}/prompts/", filters)

    def generations(self, project_id: UUID | str) -> Iterator[models.Generation]:
        return self._list(models.Generation, f"projects/{project_id}/generations/", {})

    def items(self, project_id: UUID | str, **filters: Any) -> Iterator[models.Item]:
        """Yield items; filters: state, role, import_id, group, begins, flagged, needs_review, most_tau."""
        return self._list(models.Item, f"projects/{project_id}/items/", filters)

    def item(self, project_id: UUID | str, item_id: int) -> models.ItemDetail:
        return build(models.ItemDetail, self._transport.get(f"projects/{project_id}/items/{item_id}/")[0])

    def ballots(
        self,
        project_id: UUID | str,
        *,
        item: int | None = None,
        from_day: date | None = None,
        to_day: date | None = None,
    ) -> Iterator[models.Ballot]:
        """Yield ballots by item, under the project's pseudonyms."""
        filters = {"item": item, "from_day": from_day, "to_day": to_day}
        return self._list(models.Ballot, f"projects/{project_id}/ballots/", filters)

    # --- webhooks ----------------------------------------------------------------------------------------
    def webhooks(self) -> Iterator[models.Webhook]:
        return self._list(models.Webhook, "webhooks/", {})

    def create_webhook(
        self, *, organisation: UUID | str, url: str, events: Sequence[str], description: str = ""
    ) -> models.Webhook:
        """Make an endpoint; its `secret` is in this answer alone."""
        body = {"id": str(uuid.uuid4()), "organisation": str(organisation), "url": url}
        return build(
            models.Webhook,
            self._transport.send(
                "POST", "webhooks/", {**body, "events": list(events), "description": description}
            ),
        )

    def remove_webhook(self, webhook_id: UUID | str) -> None:
        self._transport.send("DELETE", f"webhooks/{webhook_id}/")

    def deliveries(self, webhook_id: UUID | str, *, state: str | None = None) -> Iterator[models.Delivery]:
        return self._list(models.Delivery, f"webhooks/{webhook_id}/deliveries/", {"state": state})

    def redeliver(self, delivery_id: UUID | str) -> models.Delivery:
        return build(models.Delivery, self._transport.send("POST", f"deliveries/{delivery_id}/redeliver"))

    def _list(self, kind: type[Made], path: str, filters: Mapping[str, Any]) -> Iterator[Made]:
        for row in self._transport.pages(path, filters):
            yield build(kind, row)

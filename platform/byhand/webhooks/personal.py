"""Endpoints belong to an organisation; see `byhand.rights.registry`."""

from byhand.rights.registry import left_out

left_out(
    "where an organisation is told of events is the organisation's; that you set it up is in account/acts.jsonl",
    "webhooks.Endpoint.created_by",
)

"""The events that there are. Pure. Each holds ids and counts: no text of a person, no pseudonym, no pay."""

from __future__ import annotations

EVENTS: dict[str, str] = {
    "project.published": "A project was opened for work",
    "project.paused": "A project stopped offering work, with the reason's code",
    "project.closed": "A project was ended",
    "import.finished": "An import ended, with its counts",
    "export.ready": "An export can be downloaded",
    "dataset.frozen": "A preference dataset was frozen, with its digest",
    "run.finished": "A training run ended, with its state",
    "gate.decided": "A gate let a model through, or not",
    "webhook.test": "Somebody asked for a test",
}

"""A typed Python client of the API, for training machines and scripts. Needs httpx and no Django.

    from byhand.client import Client

    with Client("https://byhand.example.org", token=token) as byhand:
        for ballot in byhand.ballots(project_id):
            print(ballot.groups)

Lists are iterators that fetch page after page. What fails for a moment is tried again; a write carries an id of its
own, so that trying again never does it twice. What the site refuses is raised with its stable code.
"""

from byhand.client.errors import (
    ApiError,
    Changed,
    Invalid,
    NotAllowed,
    NotFound,
    NotReached,
    TooManyRequests,
    UnknownToken,
)
from byhand.client.models import (
    Ballot,
    Completion,
    Counts,
    Delivery,
    Flag,
    Forecast,
    Generation,
    Item,
    ItemDetail,
    Progress,
    Project,
    ProjectSummary,
    Prompt,
    Skip,
    Webhook,
)
from byhand.client.session import Client
from byhand.client.webhooks import BadSignature, verify

__all__ = [
    "ApiError",
    "BadSignature",
    "Ballot",
    "Changed",
    "Client",
    "Completion",
    "Counts",
    "Delivery",
    "Flag",
    "Forecast",
    "Generation",
    "Invalid",
    "Item",
    "ItemDetail",
    "NotAllowed",
    "NotFound",
    "NotReached",
    "Progress",
    "Project",
    "ProjectSummary",
    "Prompt",
    "Skip",
    "TooManyRequests",
    "UnknownToken",
    "Webhook",
    "verify",
]

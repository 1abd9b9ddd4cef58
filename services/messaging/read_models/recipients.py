"""The people that somebody has said where to reach: messages to others wait for them."""

from dataclasses import dataclass

from contracts.messaging.preferences_v1 import ContactChanged, SubjectForgotten, contract
from infra.consumers.views import View

Reads = ContactChanged | SubjectForgotten


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody whose messages can be planned, or given up because they were forgotten."""

    user_id: str


def key(event: Reads) -> tuple[str]:
    return (event.user_id,)


def project(_: Known | None, event: Reads) -> Known:
    return Known(event.user_id)


view = View(
    name="recipient",
    contract=contract,
    reads=Reads,
    row=Known,
    primary_key=("user_id",),
    key=key,
    project=project,
)

"""When each provider was offered each request: whoever was offered one least recently comes first
(M3)."""

from dataclasses import dataclass
from datetime import datetime

from contracts.dispatch.request_v1 import RequestOffered, contract
from infra.consumers.views import View

Reads = RequestOffered


@dataclass(frozen=True, slots=True)
class Offer:
    request_id: str
    provider_id: str
    organisation_id: str
    offered_at: datetime
    """The last time."""


def key(event: Reads) -> tuple[str, str]:
    return (event.request_id, event.provider_id)


def project(_: Offer | None, event: Reads) -> Offer:
    return Offer(event.request_id, event.provider_id, event.organisation_id, event.offered_at)


view = View(
    name="offers",
    contract=contract,
    reads=Reads,
    row=Offer,
    primary_key=("request_id", "provider_id"),
    key=key,
    project=project,
    indexes=("(organisation_id, provider_id, offered_at)",),
)

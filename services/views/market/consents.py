"""The last word of each provider about being written to about offers (OGU-26)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.marketplace.provider_v1 import MarketingConsentChanged, contract
from infra.consumers.views import View
from infra.http.request_context import RequestContext
from infra.reading import Table

Reads = MarketingConsentChanged


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """`organisation_id` is that of the provider."""

    organisation_id: str
    given: bool
    changed_at: datetime


def key(event: Reads) -> tuple[str]:
    return (event.provider_id,)


def project(_: Consent | None, event: Reads) -> Consent:
    return Consent(
        organisation_id=event.provider_id, given=event.given, changed_at=event.changed_at
    )


view = View(
    name="consents",
    contract=contract,
    reads=Reads,
    row=Consent,
    primary_key=("organisation_id",),
    key=key,
    project=project,
)
table = Table(view, "consents")
BY_ID = table.order("consents-by-id", "organisation_id")


async def consents(context: RequestContext, ids: Iterable[str]) -> Mapping[str, Consent]:
    """The last words of these providers by their ids; nothing of those who said nothing."""
    wanted = table.of_every_organisation(organisation_id=set(ids))
    return {row.organisation_id: row for row in await wanted.many(context.pool, BY_ID)}

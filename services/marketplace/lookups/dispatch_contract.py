"""The contracts of providers, as `dispatch` tells of them: those that have visits to come (M5)."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import assert_never

from contracts.dispatch import contract_v1
from contracts.dispatch.contract_v1 import (
    ContractAgreed,
    ContractContinued,
    ContractEnded,
    ContractReassigned,
)
from contracts.providers import Relation
from infra.consumers.views import OutOfOrder, View
from infra.http.request_context import RequestContext
from infra.reading import Table

Reads = ContractAgreed | ContractReassigned | ContractEnded | ContractContinued


@dataclass(frozen=True, slots=True)
class Turn:
    """A provider that makes the visits from a day on, until another one's turn begins."""

    provider_id: str
    first_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurringService:
    """`organisation_id` is that of the marketplace."""

    contract_id: str
    organisation_id: str
    turns: tuple[Turn, ...]
    last_day: date | None = None
    """None while no end was said."""

    def needs(self, provider_id: str, last_day: date) -> bool:
        """Whether visits after a day are those of a provider."""
        ends = (*(one.first_day for one in self.turns[1:]), date.max)
        return any(
            turn.provider_id == provider_id and end > last_day + timedelta(days=1)
            for turn, end in zip(self.turns, ends, strict=True)
        )


def key(event: Reads) -> tuple[str]:
    return (event.contract_id,)


def project(row: RecurringService | None, event: Reads) -> RecurringService:
    if isinstance(event, ContractAgreed):
        return RecurringService(
            contract_id=event.contract_id,
            organisation_id=event.organisation_id,
            turns=(Turn(event.provider_id, event.first_day),),
        )
    if row is None:
        raise OutOfOrder(event)
    match event:
        case ContractReassigned():
            before = (one for one in row.turns if one.first_day < event.first_day)
            return replace(row, turns=(*before, Turn(event.provider_id, event.first_day)))
        case ContractEnded() | ContractContinued():
            return replace(row, last_day=event.last_day)
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="contracts",
    contract=contract_v1.contract,
    reads=Reads,
    row=RecurringService,
    primary_key=("contract_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, contract_id)",),
)
contracts = Table(lookup, "contracts")
BY_ID = contracts.order("contracts-by-id", "contract_id")


async def open_contracts(
    context: RequestContext, known: Relation, today: date, last_day: date
) -> tuple[str, ...]:
    """The contracts on the marketplace that are not over today, and of which visits after the last
    day of the provider are the provider's."""
    rows = contracts.of(known.marketplace_id).where(
        "(last_day is null or last_day >= %(today)s)"
        " and turns @> jsonb_build_array(jsonb_build_object('provider_id', %(provider_id)s::text))",
        today=today,
        provider_id=known.provider_id,
    )
    found = await rows.many(context.pool, BY_ID)
    return tuple(one.contract_id for one in found if one.needs(known.provider_id, last_day))

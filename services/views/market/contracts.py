"""Which recurring services were agreed, by which rules, and until when? (OGU-27, M12)"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, ClassVar, assert_never

from fastapi import Query

from contracts.common_v1 import Money
from contracts.dispatch.contract_v1 import (
    ContractAgreed,
    ContractContinued,
    ContractEnded,
    ContractPaused,
    ContractReassigned,
    RuleChanged,
    contract,
)
from infra.consumers.views import OutOfOrder, View
from infra.http.answers import Answer, Answered, Listed, MoneyShown, Router
from infra.http.models import Day, Id, Instant
from infra.http.pages import Filters, Paging
from infra.http.request_context import RequestContext
from infra.reading import Rows, Table
from services.views.market.access import OPERATOR, EitherContext
from services.views.market.relations import Names, names_of

Reads = (
    ContractAgreed
    | ContractPaused
    | ContractReassigned
    | RuleChanged
    | ContractEnded
    | ContractContinued
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The days of visits, until the day before the next rule."""

    rule: str
    first_day: date
    minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    from_day: date
    until_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A provider that makes the visits from a day on, until another one's turn begins."""

    provider_id: str
    first_day: date
    commission_basis_points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurringService:
    """`organisation_id` is that of the marketplace."""

    contract_id: str
    organisation_id: str
    request_id: str
    service_code: str
    locality: str
    customer_name: str
    address: str
    time_zone: str
    currency: str
    price_minor: int
    unit: str | None
    vat_basis_points: int
    rules: tuple[Rule, ...]
    turns: tuple[Turn, ...]
    pauses: tuple[Pause, ...] = ()
    last_day: date | None = None
    agreed_at: datetime


def key(event: Reads) -> tuple[str]:
    return (event.contract_id,)


def project(row: RecurringService | None, event: Reads) -> RecurringService:
    if isinstance(event, ContractAgreed):
        return agreed(event)
    if row is None:
        raise OutOfOrder(event)
    match event:
        case ContractPaused():
            pause = Pause(from_day=event.from_day, until_day=event.until_day)
            others = (one for one in row.pauses if one != pause)
            return replace(row, pauses=(*others, pause))
        case ContractReassigned():
            turn = Turn(
                provider_id=event.provider_id,
                first_day=event.first_day,
                commission_basis_points=event.commission_basis_points,
            )
            before = (one for one in row.turns if one.first_day < event.first_day)
            return replace(row, turns=(*before, turn))
        case RuleChanged():
            rule = Rule(rule=event.rule, first_day=event.first_day, minute=event.minute)
            earlier = (one for one in row.rules if one.first_day < event.first_day)
            return replace(row, rules=(*earlier, rule))
        case ContractEnded() | ContractContinued():
            return replace(row, last_day=event.last_day)
        case unhandled:
            assert_never(unhandled)


def agreed(event: ContractAgreed) -> RecurringService:
    return RecurringService(
        contract_id=event.contract_id,
        organisation_id=event.organisation_id,
        request_id=event.request_id,
        service_code=event.service_code,
        locality=event.locality,
        customer_name=event.customer_name,
        address=event.address,
        time_zone=event.time_zone,
        currency=event.price.currency,
        price_minor=event.price.amount_minor,
        unit=event.unit,
        vat_basis_points=event.vat_basis_points,
        rules=(Rule(rule=event.rule, first_day=event.first_day, minute=event.minute),),
        turns=(
            Turn(
                provider_id=event.provider_id,
                first_day=event.first_day,
                commission_basis_points=event.commission_basis_points,
            ),
        ),
        agreed_at=event.agreed_at,
    )


view = View(
    name="contracts",
    contract=contract,
    reads=Reads,
    row=RecurringService,
    primary_key=("contract_id",),
    key=key,
    project=project,
    indexes=("(organisation_id, agreed_at, contract_id)", "using gin (turns jsonb_path_ops)"),
    subject="request_id",
    personal=("customer_name", "address"),
)
table = Table(view, "contracts")
LATEST = table.order("latest-contract", "agreed_at", "contract_id", descending=True)
_MAKES_VISITS = (
    "turns @> jsonb_build_array(jsonb_build_object('provider_id', %(provider_id)s::text))"
)

# --- The question -----------------------------------------------------------

router = Router("Contracts")


class ContractFilters(Filters):
    """Which contracts are wanted."""

    no_columns: ClassVar[frozenset[str]] = frozenset({"provider_id"})

    provider_id: Id | None = None
    """Who makes the visits, or made them."""
    request_id: Id | None = None
    service_code: Id | None = None


class RuleShown(Answer):
    """The days of visits by RFC 5545, until the day before the next rule."""

    rule: str
    first_day: Day
    minute: int
    """Of the day, by the clock of the zone."""


class PauseShown(Answer):
    """Both days are included."""

    from_day: Day
    until_day: Day


class TurnShown(Answer):
    """A provider that makes the visits from a day on, until another one's turn begins."""

    provider_id: str
    provider_name: str | None
    first_day: Day
    commission_basis_points: int


class ContractListed(Answer):
    """A recurring service in a list; its visits are jobs from a week before on."""

    contract_id: str
    marketplace_id: str
    marketplace_name: str | None
    request_id: str
    service_code: str
    locality: str
    address: str
    customer_name: str
    """Both are XXXX once the customer was forgotten."""
    time_zone: str
    price: MoneyShown
    """Of a visit without VAT; of one unit, where there is one."""
    unit: str | None
    vat_basis_points: int
    rules: tuple[RuleShown, ...]
    pauses: tuple[PauseShown, ...]
    turns: tuple[TurnShown, ...]
    """A provider sees its own alone."""
    last_day: Day | None
    """Null while no end was said."""
    agreed_at: Instant


@router.get("/contracts")
async def list_contracts(
    context: EitherContext, page: Paging, filters: Annotated[ContractFilters, Query()]
) -> Answered[Listed[ContractListed]]:
    """List recurring services, the last agreed first: the operator those of its marketplace, a
    provider those of which it makes visits, or made them."""
    rows = filters.narrow(mine(context))
    if filters.provider_id is not None:
        rows = rows.where(_MAKES_VISITS, provider_id=filters.provider_id)

    async def present(found: Sequence[RecurringService]) -> list[ContractListed]:
        pairs = ((row.organisation_id, turn.provider_id) for row in found for turn in row.turns)
        names = await names_of(context, pairs)
        return [listed(row, names, context) for row in found]

    return await page.show_together(rows, LATEST, present)


def mine(context: RequestContext) -> Rows[RecurringService]:
    own = context.principal.organisation_id
    if OPERATOR in context.principal.roles:
        return table.of(own)
    return table.of_every_organisation().where(
        _MAKES_VISITS.replace("provider_id)s", "own_provider)s"), own_provider=own
    )


def listed(row: RecurringService, names: Names, context: RequestContext) -> ContractListed:
    own = context.principal.organisation_id
    turns = (one for one in row.turns if own in (row.organisation_id, one.provider_id))
    return ContractListed(
        contract_id=row.contract_id,
        marketplace_id=row.organisation_id,
        marketplace_name=names.marketplaces.get(row.organisation_id),
        request_id=row.request_id,
        service_code=row.service_code,
        locality=row.locality,
        address=row.address,
        customer_name=row.customer_name,
        time_zone=row.time_zone,
        price=MoneyShown.of(Money(row.price_minor, row.currency)),
        unit=row.unit,
        vat_basis_points=row.vat_basis_points,
        rules=tuple(map(RuleShown.of, row.rules)),
        pauses=tuple(map(PauseShown.of, row.pauses)),
        turns=tuple(
            TurnShown(
                provider_id=one.provider_id,
                provider_name=names.providers.get(one.provider_id),
                first_day=one.first_day,
                commission_basis_points=one.commission_basis_points,
            )
            for one in turns
        ),
        last_day=row.last_day,
        agreed_at=row.agreed_at,
    )

"""The customer chooses a provider, and another one when that one cancels (M2, M6)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from contracts.common_v1 import Money
from contracts.decisions import Changed, changed
from contracts.dispatch.request_v1 import (
    OfferEnd,
    OfferEnded,
    OfferWay,
    Participant,
    ProposalMade,
    ProviderChosen,
    ReplacementBegun,
    RequestCancelled,
    RequestEvent,
)
from services.dispatch.request.broadcasting import Match, assigned, due
from services.dispatch.request.dossier import Dossier
from services.dispatch.terms import ARRIVAL_WINDOW, ProviderIsBarred

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose:
    """`price` and `unit` are as they were seen. `job_id` is the server's. `barred` is looked up:
    whether the provider may not have a job then."""

    provider_id: str
    barred: bool
    price: Money
    unit: str | None
    arrives_from: datetime
    job_id: str
    by: Participant
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequest:
    by: Participant
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """Follows from the cancelled job. `barred` are looked up: those who were offered the request
    and may not be asked any more."""

    request_id: str
    organisation_id: str
    job_id: str
    provider_id: str
    service_code: str
    arrives_from: datetime
    barred: frozenset[str] = frozenset()
    at: datetime


# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchProposal:
    """The provider has made none, or the customer was not sent it."""

    field: ClassVar[str] = "provider_id"


@dataclass(frozen=True, slots=True)
class ProposalIsOver:
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class NoSuchSlot:
    """It is none of the proposal, or over."""

    field: ClassVar[str] = "arrives_from"


Rejection = NoSuchProposal | ProposalIsOver | NoSuchSlot | ProviderIsBarred | Changed

# --- Decisions --------------------------------------------------------------


def choose(command: Choose, held: Dossier) -> list[RequestEvent] | Rejection:
    """The customer has what was sent, the operator all there are."""
    found = held.proposals.get(command.provider_id)
    sent = held.sent.provider_ids if held.sent else ()
    shown = command.by is not Participant.CUSTOMER or command.provider_id in sent
    if found is None or not shown:
        return NoSuchProposal()
    if command.barred:
        return ProviderIsBarred()
    if command.at >= found.valid_until:
        return ProposalIsOver(found.valid_until)
    seen = {"price": command.price, "unit": command.unit}
    if stale := changed(seen, {"price": found.price, "unit": found.unit}):
        return stale
    if command.arrives_from not in found.slots or command.arrives_from <= command.at:
        return NoSuchSlot()
    others = [one for one in held.waiting if one.provider_id != command.provider_id]
    ids = [one.provider_id for one in others]
    ended = ends(held, ids, OfferEnd.ANOTHER_CHOSEN, command.at)
    return [chosen(command, found, held), *ended]


def chosen(command: Choose, found: ProposalMade, held: Dossier) -> ProviderChosen:
    created, offer = held.created, held.offers[command.provider_id]
    return ProviderChosen(
        request_id=created.request_id,
        organisation_id=created.organisation_id,
        provider_id=command.provider_id,
        manager_id=offer.manager_id,
        job_id=command.job_id,
        service_code=created.service_code,
        price=found.price,
        unit=found.unit,
        vat_basis_points=found.vat_basis_points,
        commission_basis_points=found.commission_basis_points,
        arrives_from=command.arrives_from,
        time_zone=created.time_zone,
        locality=created.locality,
        customer_name=created.customer_name,
        customer_email=created.customer_email,
        customer_phone=created.customer_phone,
        address=created.address,
        customer_link=created.customer_link,
        language=created.language,
        chosen_by=command.by,
        chosen_at=command.at,
    )


def ends(held: Dossier, ids: list[str], cause: OfferEnd, at: datetime) -> list[RequestEvent]:
    """The ends that the others are told of."""
    created = held.created
    return [
        OfferEnded(
            request_id=created.request_id,
            organisation_id=created.organisation_id,
            provider_id=id,
            manager_id=held.offers[id].manager_id,
            service_code=created.service_code,
            locality=created.locality,
            cause=cause,
            ended_at=at,
        )
        for id in ids
    ]


def cancel(command: CancelRequest, held: Dossier) -> list[RequestEvent]:
    created = held.created
    ids = [one.provider_id for one in held.waiting]
    return [
        RequestCancelled(
            request_id=created.request_id,
            organisation_id=created.organisation_id,
            cancelled_by=command.by,
            cancelled_at=command.at,
        ),
        *ends(held, ids, OfferEnd.REQUEST_CANCELLED, command.at),
    ]


def begin_replacement(command: Replace, held: Dossier) -> list[RequestEvent]:
    """Those who had answered are asked alone for half of the time that is left, then everybody; but
    for those who work on the marketplace, or do the service, no more (G-65, G-67).

    Where less than an arrival window is left, or nobody had answered, everybody is asked at once.
    """
    left = command.arrives_from - command.at
    gone = command.barred | {command.provider_id}
    others = [id for id in held.proposals if id not in gone]
    runners_up = tuple(again(held, id) for id in others) if left > ARRIVAL_WINDOW else ()
    until = command.at + left / 2 if runners_up else None
    created = held.created
    begun = ReplacementBegun(
        request_id=created.request_id,
        organisation_id=created.organisation_id,
        job_id=command.job_id,
        provider_id=command.provider_id,
        runners_up_until=until,
        customer_email=created.customer_email,
        customer_link=created.customer_link,
        language=created.language,
        begun_at=command.at,
    )
    if until is None:
        return [begun, due(held, command.at)]
    return [begun, *assigned(held, OfferWay.RUNNER_UP, runners_up, (), command.at, until)]


def again(held: Dossier, provider_id: str) -> Match:
    """Somebody who had answered, on the terms of the first offer."""
    offer = held.offers[provider_id]
    return Match(
        provider_id=provider_id,
        manager_id=offer.manager_id,
        commission_basis_points=offer.commission_basis_points,
        commission_since=offer.commission_since,
        last_offered_at=offer.offered_at,
        criteria=offer.criteria,
    )

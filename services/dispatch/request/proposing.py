"""A provider proposes or declines, and the customer is sent the proposals once (M2, G-62)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from contracts.common_v1 import Money
from contracts.dispatch.request_v1 import (
    OfferDeclined,
    ProposalMade,
    ProposalsSent,
    RequestEvent,
    RequestOffered,
    RequestUnanswered,
    SendingCause,
)
from contracts.recurrence import days_later
from services.dispatch.request.dossier import Dossier
from services.dispatch.terms import (
    WHOLE_BASIS_POINTS,
    ProposedPriceNotPossible,
    ProviderIsBarred,
    bad_price,
    fees,
)

MOST_SLOTS = 5
HOLDS_AT_LEAST = timedelta(days=1)
"""The customer needs a day to compare."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Propose:
    """`price` is without VAT, for one `unit` where there is one. The VAT on the commission is that
    of the day. `barred` is looked up: whether the provider may not have a job at the first slot."""

    provider_id: str
    barred: bool
    price: Money
    unit: str | None
    vat_basis_points: int
    commission_vat_basis_points: int
    slots: tuple[datetime, ...]
    scope: str
    valid_until: datetime
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """Takes a proposal back, where there is one."""

    provider_id: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SendProposals:
    """Comes from the timer."""

    at: datetime


OfProvider = Propose | Decline

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VatNotPossible:
    field: ClassVar[str] = "vat_basis_points"
    basis_points: int
    most: int


@dataclass(frozen=True, slots=True)
class SlotNotPossible:
    """It is over, or named twice."""

    field: ClassVar[str] = "slots"
    slot: datetime


@dataclass(frozen=True, slots=True)
class HoldsTooShort:
    field: ClassVar[str] = "valid_until"
    earliest: datetime


@dataclass(frozen=True, slots=True)
class ProposalIsSent:
    """The customer has it, so it is replaced by another one and not taken back."""


Rejection = (
    ProposedPriceNotPossible
    | VatNotPossible
    | SlotNotPossible
    | HoldsTooShort
    | ProposalIsSent
    | ProviderIsBarred
)

# --- Decisions --------------------------------------------------------------


def bad_proposal(command: Propose, currency: str) -> Rejection | None:
    """The fault of a proposal by itself; None where there is none."""
    if bad := bad_price(command.price, currency):
        return bad
    if not 0 <= command.vat_basis_points <= WHOLE_BASIS_POINTS:
        return VatNotPossible(command.vat_basis_points, WHOLE_BASIS_POINTS)
    for index, slot in enumerate(command.slots):
        if slot <= command.at or slot in command.slots[:index]:
            return SlotNotPossible(slot)
    if command.valid_until < command.at + HOLDS_AT_LEAST:
        return HoldsTooShort(command.at + HOLDS_AT_LEAST)
    return None


def propose(
    command: Propose, offer: RequestOffered, held: Dossier
) -> list[RequestEvent] | Rejection:
    """The last proposal counts. The one that reaches the number sends them all."""
    made = proposal(command, offer, held)
    known = held.proposals.get(command.provider_id)
    if known and replace(known, made_at=made.made_at, send_at=None) == replace(made, send_at=None):
        return []
    if command.barred:
        return ProviderIsBarred()
    if bad := bad_proposal(command, held.created.currency):
        return bad
    proposals = {**held.valid(command.at), command.provider_id: made}
    if held.sent is None and len(proposals) >= held.required:
        ids = tuple(proposals)
        return [made, sent(held, ids, SendingCause.NUMBER_REACHED, command.at)]
    return [made]


def proposal(command: Propose, offer: RequestOffered, held: Dossier) -> ProposalMade:
    created, commission = held.created, offer.commission_basis_points
    late = held.unanswered and held.sent is None
    return ProposalMade(
        request_id=created.request_id,
        organisation_id=created.organisation_id,
        provider_id=command.provider_id,
        price=command.price,
        unit=command.unit,
        vat_basis_points=command.vat_basis_points,
        commission_basis_points=commission,
        fees=fees(
            command.price,
            command.vat_basis_points,
            commission,
            command.commission_vat_basis_points,
        ),
        slots=tuple(sorted(command.slots)),
        scope=command.scope,
        valid_until=command.valid_until,
        proposed_by=command.by,
        send_at=rearmed(held, command.at) if late else None,
        made_at=command.at,
    )


def rearmed(held: Dossier, at: datetime) -> datetime:
    """After a silent delay the first answer starts another one, in which others may follow."""
    return days_later(at, held.created.terms.send_after_days, held.created.time_zone)


def decline(command: Decline, held: Dossier) -> list[RequestEvent] | Rejection:
    if command.provider_id in held.declined:
        return []
    if held.sent and command.provider_id in held.sent.provider_ids:
        return ProposalIsSent()
    created = held.created
    return [
        OfferDeclined(
            request_id=created.request_id,
            organisation_id=created.organisation_id,
            provider_id=command.provider_id,
            declined_by=command.by,
            declined_at=command.at,
        )
    ]


def send(command: SendProposals, held: Dossier) -> list[RequestEvent]:
    """However many there are; without any the operator is told, and nobody else (G-62)."""
    if held.sent or held.send_at is None or command.at < held.send_at:
        return []
    if ids := tuple(held.valid(command.at)):
        return [sent(held, ids, SendingCause.DELAY_ENDED, command.at)]
    if held.unanswered:
        return []
    created = held.created
    return [
        RequestUnanswered(
            request_id=created.request_id,
            organisation_id=created.organisation_id,
            manager_id=created.manager_id,
            service_code=created.service_code,
            locality=created.locality,
            noted_at=command.at,
        )
    ]


def sent(
    held: Dossier, provider_ids: Sequence[str], cause: SendingCause, at: datetime
) -> ProposalsSent:
    created = held.created
    return ProposalsSent(
        request_id=created.request_id,
        organisation_id=created.organisation_id,
        provider_ids=tuple(provider_ids),
        sent_proposals=len(provider_ids),
        cause=cause,
        customer_email=created.customer_email,
        customer_link=created.customer_link,
        language=created.language,
        sent_at=at,
    )

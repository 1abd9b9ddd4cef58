"""Requests and proposals as the API shows them: to operators, to providers, and to customers."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from contracts.dispatch import request_v1
from contracts.dispatch.request_v1 import (
    BroadcastDue,
    CriterionResult,
    Fees,
    OfferDeclined,
    OfferEnded,
    PhotosAdded,
    ProposalMade,
    ProposalsSent,
    ProviderChosen,
    ReplacementBegun,
    RequestAssigned,
    RequestCancelled,
    RequestCreated,
    RequestOffered,
    RequestUnanswered,
    SubjectForgotten,
)
from infra.http.answers import Answer, MoneyShown, PointShown
from infra.http.history import History
from infra.http.models import Day, Instant
from services.dispatch import request
from services.dispatch.http.fields import CriterionNamed, PartyNamed, WayNamed
from services.dispatch.request.dossier import Dossier


class ServiceRequestStatus(StrEnum):
    """How far a request is."""

    CREATED = "created"
    ASSIGNED = "assigned"
    ANSWERED = "answered"
    PROPOSALS_SENT = "proposals_sent"
    CHOSEN = "chosen"
    CANCELLED = "cancelled"
    FORGOTTEN = "forgotten"


class OfferStatus(StrEnum):
    """How far a request is with one provider."""

    AWAITING = "awaiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CHOSEN = "chosen"
    CLOSED = "closed"


class FeesShown(Answer):
    """The parts of a price, each rounded half up (M15)."""

    excluding_vat: MoneyShown
    vat: MoneyShown
    including_vat: MoneyShown
    commission: MoneyShown
    """The operator's part of the amount without VAT."""
    net: MoneyShown
    """The provider's part: the amount without VAT, less the commission."""
    commission_vat: MoneyShown | None
    """The VAT that the operator invoices with its commission, by the rate of today; that of the day
    of the job counts."""
    payout: MoneyShown | None
    """The provider's part of what the customer pays: less the commission and its VAT."""


class ProposalShown(Answer):
    """A proposal beside others (M2)."""

    provider_id: str
    provider_name: str | None
    price: MoneyShown
    """Without VAT; of one unit, where there is one."""
    unit: str | None
    vat_basis_points: int
    including_vat: MoneyShown
    slots: tuple[Instant, ...]
    """The beginnings of arrival windows of two hours."""
    scope: str
    valid_until: Instant
    made_at: Instant


class CriterionShown(Answer):
    """A condition on providers, and whether one met it (M1)."""

    criterion: CriterionNamed
    met: bool
    fact: str
    """What decided: a status, a day, or the documents that are lacking."""


class OfferToShown(Answer):
    """A provider that was offered a request."""

    provider_id: str
    status: OfferStatus
    way: WayNamed
    round: int
    rank: int
    """1 for the first: whoever was offered a request least recently."""
    last_offered_at: Instant | None
    answer_by: Instant
    commission_basis_points: int
    commission_since: Day


class PhotoShown(Answer):
    """A photo of what is to be done, and where it is for some hours."""

    file_id: str
    url: str


class TermsShown(Answer):
    broadcast: bool
    required_proposals: int
    send_after_days: int
    again_after_days: int


class RequestShown(Answer):
    """A request for its operator."""

    request_id: str
    status: ServiceRequestStatus
    service_code: str
    customer_name: str
    customer_email: str
    customer_phone: str | None
    language: str
    address: str
    place: PointShown | None
    """Null of a customer who was forgotten."""
    locality: str
    postal_code: str
    details: str | None
    photos: tuple[PhotoShown, ...]
    wanted_from: Instant
    wanted_until: Instant
    terms: TermsShown
    currency: str
    created_by: PartyNamed
    created_at: Instant
    answer_by: Instant | None
    send_at: Instant | None
    """When proposals are sent, however many there are."""
    unanswered: bool
    """The delay ended without an answer."""
    sent_provider_ids: tuple[str, ...]
    """Those whose proposals the customer was sent."""
    offers: tuple[OfferToShown, ...]
    proposals: tuple[ProposalShown, ...]
    """The lowest price first, including VAT."""
    chosen_provider_id: str | None
    job_id: str | None


class OfferShown(Answer):
    """A request for a provider that was offered it: nobody's name, and no street."""

    request_id: str
    marketplace_id: str
    status: OfferStatus
    service_code: str
    locality: str
    details: str | None
    photos: tuple[PhotoShown, ...]
    wanted_from: Instant
    wanted_until: Instant
    currency: str
    way: WayNamed
    rank: int
    answer_by: Instant
    commission_basis_points: int
    commission_since: Day
    proposal: ProposalShown | None
    fees: FeesShown | None
    """Of the own proposal."""
    job_id: str | None


class PageShown(Answer):
    """A request for its customer."""

    request_id: str
    status: ServiceRequestStatus
    service_code: str
    address: str
    locality: str
    details: str | None
    photos: tuple[PhotoShown, ...]
    wanted_from: Instant
    wanted_until: Instant
    time_zone: str
    language: str
    proposals: tuple[ProposalShown, ...]
    """Those that were sent, the lowest price first, including VAT."""
    chosen_provider_id: str | None
    job_id: str | None


class CreatedFact(Answer):
    """A customer asked for something."""

    request_id: str
    service_code: str
    locality: str
    wanted_from: Instant
    wanted_until: Instant
    terms: TermsShown
    created_by: PartyNamed
    created_at: Instant


class ProposedFact(Answer):
    """A provider proposed."""

    provider_id: str
    price: MoneyShown
    unit: str | None
    vat_basis_points: int
    fees: FeesShown
    slots: tuple[Instant, ...]
    scope: str
    valid_until: Instant
    proposed_by: str
    made_at: Instant


class RequestHistory(
    History,
    of=request_v1.contract,
    shows={
        RequestCreated: CreatedFact,
        PhotosAdded: ("file_ids", "added_at"),
        BroadcastDue: ("due_at",),
        RequestAssigned: (
            *("round", "way", "matched_providers", "offered_providers"),
            *("answer_by", "send_at", "again_at", "rule", "assigned_at"),
        ),
        RequestOffered: (
            *("provider_id", "round", "way", "rank", "last_offered_at", "answer_by"),
            *("commission_basis_points", "commission_since", "offered_at"),
        ),
        ProposalMade: ProposedFact,
        OfferDeclined: ("provider_id", "declined_by", "declined_at"),
        ProposalsSent: ("sent_proposals", "cause", "sent_at"),
        RequestUnanswered: ("noted_at",),
        ProviderChosen: (
            "provider_id",
            "job_id",
            "price",
            "arrives_from",
            "chosen_by",
            "chosen_at",
        ),
        OfferEnded: ("provider_id", "cause", "ended_at"),
        RequestCancelled: ("cancelled_by", "cancelled_at"),
        ReplacementBegun: ("job_id", "provider_id", "runners_up_until", "begun_at"),
        SubjectForgotten: ("forgotten_at",),
    },
):
    """Every fact about a request, oldest first."""


LinkTo = Callable[[str], str]
"""The address of a file for who looks now."""
Names = Mapping[str, str]
"""The names of providers, by their ids."""


def status_of(state: request.Created) -> ServiceRequestStatus:
    match state:
        case request.Open(dossier=held):
            if held.sent:
                return ServiceRequestStatus.PROPOSALS_SENT
            if held.proposals:
                return ServiceRequestStatus.ANSWERED
            return ServiceRequestStatus.ASSIGNED if held.offers else ServiceRequestStatus.CREATED
        case request.Chosen():
            return ServiceRequestStatus.CHOSEN
        case request.Cancelled():
            return ServiceRequestStatus.CANCELLED
        case request.Forgotten():
            return ServiceRequestStatus.FORGOTTEN
        case unhandled:
            assert_never(unhandled)


def offer_status(state: request.Created, provider_id: str) -> OfferStatus:
    """How far the request is with a provider that was offered it."""
    held = state.dossier
    if isinstance(state, request.Chosen) and state.chosen.provider_id == provider_id:
        return OfferStatus.CHOSEN
    if provider_id in held.declined:
        return OfferStatus.DECLINED
    if not isinstance(state, request.Open) or provider_id in held.cancelled:
        return OfferStatus.CLOSED
    return OfferStatus.ACCEPTED if provider_id in held.proposals else OfferStatus.AWAITING


def chosen_of(state: request.Created) -> ProviderChosen | None:
    return state.chosen if isinstance(state, request.Chosen) else None


def fees_shown(fees: Fees) -> FeesShown:
    return FeesShown(
        excluding_vat=MoneyShown.of(fees.excluding_vat),
        vat=MoneyShown.of(fees.vat),
        including_vat=MoneyShown.of(fees.including_vat),
        commission=MoneyShown.of(fees.commission),
        net=MoneyShown.of(fees.net),
        commission_vat=MoneyShown.of(fees.commission_vat) if fees.commission_vat else None,
        payout=MoneyShown.of(fees.payout) if fees.payout else None,
    )


def criteria_shown(criteria: tuple[CriterionResult, ...]) -> tuple[CriterionShown, ...]:
    return tuple(CriterionShown.of(one) for one in criteria)


def proposal_shown(made: ProposalMade, names: Names) -> ProposalShown:
    return ProposalShown(
        provider_id=made.provider_id,
        provider_name=names.get(made.provider_id),
        price=MoneyShown.of(made.price),
        unit=made.unit,
        vat_basis_points=made.vat_basis_points,
        including_vat=MoneyShown.of(made.fees.including_vat),
        slots=made.slots,
        scope=made.scope,
        valid_until=made.valid_until,
        made_at=made.made_at,
    )


def compared(proposals: list[ProposalMade], names: Names) -> tuple[ProposalShown, ...]:
    """Side by side: the lowest price first, then the earliest slot."""

    def place(made: ProposalMade) -> tuple[int, datetime, str]:
        return made.fees.including_vat.amount_minor, made.slots[0], made.provider_id

    return tuple(proposal_shown(one, names) for one in sorted(proposals, key=place))


def offer_to(state: request.Created, offer: RequestOffered) -> OfferToShown:
    return OfferToShown(
        provider_id=offer.provider_id,
        status=offer_status(state, offer.provider_id),
        way=offer.way,
        round=offer.round,
        rank=offer.rank,
        last_offered_at=offer.last_offered_at,
        answer_by=offer.answer_by,
        commission_basis_points=offer.commission_basis_points,
        commission_since=offer.commission_since,
    )


def request_shown(state: request.Created, names: Names, link_to: LinkTo) -> RequestShown:
    held, created, chosen = state.dossier, state.dossier.created, chosen_of(state)
    offers = sorted(held.offers.values(), key=lambda one: (one.round, one.rank))
    return RequestShown(
        request_id=created.request_id,
        status=status_of(state),
        service_code=created.service_code,
        customer_name=created.customer_name,
        customer_email=created.customer_email,
        customer_phone=created.customer_phone,
        language=created.language,
        address=created.address,
        place=PointShown.of(created.place) if created.place else None,
        locality=created.locality,
        postal_code=created.postal_code,
        details=created.details,
        photos=photos_shown(held, link_to),
        wanted_from=created.wanted_from,
        wanted_until=created.wanted_until,
        terms=TermsShown.of(created.terms),
        currency=created.currency,
        created_by=created.created_by,
        created_at=created.created_at,
        answer_by=held.answer_by,
        send_at=held.send_at,
        unanswered=held.unanswered,
        sent_provider_ids=held.sent.provider_ids if held.sent else (),
        offers=tuple(offer_to(state, one) for one in offers),
        proposals=compared([*held.proposals.values()], names),
        chosen_provider_id=chosen.provider_id if chosen else None,
        job_id=chosen.job_id if chosen else None,
    )


def offer_shown(state: request.Created, provider_id: str, link_to: LinkTo) -> OfferShown:
    held, created, offer = state.dossier, state.dossier.created, state.dossier.offers[provider_id]
    made, chosen = held.proposals.get(provider_id), chosen_of(state)
    return OfferShown(
        request_id=created.request_id,
        marketplace_id=created.organisation_id,
        status=offer_status(state, provider_id),
        service_code=created.service_code,
        locality=created.locality,
        details=created.details,
        photos=photos_shown(held, link_to),
        wanted_from=created.wanted_from,
        wanted_until=created.wanted_until,
        currency=created.currency,
        way=offer.way,
        rank=offer.rank,
        answer_by=offer.answer_by,
        commission_basis_points=offer.commission_basis_points,
        commission_since=offer.commission_since,
        proposal=proposal_shown(made, {}) if made else None,
        fees=fees_shown(made.fees) if made else None,
        job_id=chosen.job_id if chosen and chosen.provider_id == provider_id else None,
    )


def page_shown(state: request.Created, names: Names, link_to: LinkTo) -> PageShown:
    """The proposals that were sent count: later ones are kept for the operator (G-62)."""
    held, created, chosen = state.dossier, state.dossier.created, chosen_of(state)
    return PageShown(
        request_id=created.request_id,
        status=status_of(state),
        service_code=created.service_code,
        address=created.address,
        locality=created.locality,
        details=created.details,
        photos=photos_shown(held, link_to),
        wanted_from=created.wanted_from,
        wanted_until=created.wanted_until,
        time_zone=created.time_zone,
        language=created.language,
        proposals=compared(sent_of(held), names),
        chosen_provider_id=chosen.provider_id if chosen else None,
        job_id=chosen.job_id if chosen else None,
    )


def photos_shown(held: Dossier, link_to: LinkTo) -> tuple[PhotoShown, ...]:
    return tuple(PhotoShown(file_id=one, url=link_to(one)) for one in held.photos)


def sent_of(held: Dossier) -> list[ProposalMade]:
    ids = held.sent.provider_ids if held.sent else ()
    return [held.proposals[id] for id in ids if id in held.proposals]

"""A customer's request: broadcast to providers, answered, and given to one of them (SM-24)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, assert_never

from contracts.common_v1 import Point
from contracts.dispatch.request_v1 import (
    AssignmentTerms,
    Participant,
    PhotosAdded,
    ProposalMade,
    ProposalsSent,
    ProviderChosen,
    ReplacementBegun,
    RequestAssigned,
    RequestCancelled,
    RequestCreated,
    RequestEvent,
    RequestOffered,
    SubjectForgotten,
)
from contracts.timers import CancelTimer, SetTimer
from services.dispatch.request import broadcasting, choosing, dossier, proposing
from services.dispatch.request.dossier import Dossier
from services.dispatch.terms import CustomerIsForgotten

MOST_PHOTOS = 10
SEND, AGAIN, RUNNERS_UP = "send", "again", "runners_up"

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRequest:
    """`request_id` is the server's. The terms are those of the marketplace now."""

    request_id: str
    organisation_id: str
    service_code: str
    customer_name: str
    customer_email: str
    customer_phone: str | None
    language: str
    address: str
    place: Point
    locality: str
    postal_code: str
    commune_code: str
    details: str | None
    wanted_from: datetime
    wanted_until: datetime
    terms: AssignmentTerms
    time_zone: str
    currency: str
    customer_link: str
    manager_id: str
    by: Participant
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPhotos:
    """The files are the customer's own, and stored."""

    file_ids: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetRequest:
    """The key of the request is destroyed: the customer cannot be read any more."""

    request_id: str
    organisation_id: str
    at: datetime


OfPeople = (
    proposing.OfProvider
    | choosing.Choose
    | choosing.CancelRequest
    | broadcasting.AssignByHand
    | AddPhotos
)
OfItself = (
    broadcasting.Broadcast | broadcasting.NoteSilence | proposing.SendProposals | choosing.Replace
)
Command = CreateRequest | ForgetRequest | OfPeople | OfItself

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchRequest:
    """There is none, or the provider was not offered it."""


@dataclass(frozen=True, slots=True)
class RequestIdTaken:
    request_id: str


@dataclass(frozen=True, slots=True)
class WantedTimeNotPossible:
    """It ends before it begins, or is over."""

    field: ClassVar[str] = "wanted_until"


@dataclass(frozen=True, slots=True)
class TooManyPhotos:
    most: int


@dataclass(frozen=True, slots=True)
class ProviderIsChosen:
    """Another answer, choice or cancellation comes too late."""


@dataclass(frozen=True, slots=True)
class RequestIsCancelled:
    pass


Rejection = (
    NoSuchRequest
    | RequestIdTaken
    | WantedTimeNotPossible
    | TooManyPhotos
    | ProviderIsChosen
    | RequestIsCancelled
    | CustomerIsForgotten
    | proposing.Rejection
    | choosing.Rejection
)

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Uncreated:
    pass


@dataclass(frozen=True, slots=True)
class Open:
    """A provider is looked for."""

    dossier: Dossier


@dataclass(frozen=True, slots=True)
class Chosen:
    dossier: Dossier
    chosen: ProviderChosen


@dataclass(frozen=True, slots=True)
class Cancelled:
    dossier: Dossier


@dataclass(frozen=True, slots=True)
class Forgotten:
    dossier: Dossier


Created = Open | Chosen | Cancelled | Forgotten
Request = Uncreated | Created

initial: Request = Uncreated()


def evolve(request: Request, event: RequestEvent) -> Request:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, RequestCreated):
        return Open(Dossier(event))
    if isinstance(request, Uncreated):
        return request
    held = dossier.evolve(request.dossier, event)
    match event:
        case ProviderChosen():
            return Chosen(held, event)
        case ReplacementBegun():
            return Open(held)
        case RequestCancelled():
            return Cancelled(held)
        case SubjectForgotten():
            return Forgotten(held)
        case _:
            return replace(request, dossier=held)


# --- Decisions --------------------------------------------------------------

Decision = list[RequestEvent] | Rejection


def decide(command: Command, request: Request) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case CreateRequest():
            return create(command, request)
        case ForgetRequest():
            return forget(command, request)
        case choosing.Replace():
            return begin_replacement(command, request)
        case broadcasting.Broadcast() | broadcasting.NoteSilence() | proposing.SendProposals():
            return decide_of_itself(command, request)
        case _:
            return decide_of_people(command, request)


def create(command: CreateRequest, request: Request) -> Decision:
    if command.wanted_until <= command.wanted_from or command.wanted_until <= command.at:
        return WantedTimeNotPossible()
    created = RequestCreated(
        request_id=command.request_id,
        organisation_id=command.organisation_id,
        service_code=command.service_code,
        customer_name=command.customer_name,
        customer_email=command.customer_email,
        customer_phone=command.customer_phone,
        language=command.language,
        address=command.address,
        place=command.place,
        locality=command.locality,
        postal_code=command.postal_code,
        commune_code=command.commune_code,
        details=command.details,
        wanted_from=command.wanted_from,
        wanted_until=command.wanted_until,
        terms=command.terms,
        time_zone=command.time_zone,
        currency=command.currency,
        customer_link=command.customer_link,
        manager_id=command.manager_id,
        created_by=command.by,
        created_at=command.at,
    )
    if isinstance(request, Uncreated):
        return [created]
    known = request.dossier.created
    # The marketplace may have other terms since.
    same = replace(created, terms=known.terms, created_at=known.created_at) == known
    return [] if same else RequestIdTaken(command.request_id)


def forget(command: ForgetRequest, request: Request) -> Decision:
    if isinstance(request, Forgotten):
        return []
    known = None if isinstance(request, Uncreated) else request.dossier.created
    return [
        SubjectForgotten(
            request_id=command.request_id,
            organisation_id=known.organisation_id if known else command.organisation_id,
            forgotten_at=command.at,
            file_ids=() if isinstance(request, Uncreated) else request.dossier.photos,
        )
    ]


def begin_replacement(command: choosing.Replace, request: Request) -> Decision:
    """Only of the provider who has the job."""
    if isinstance(request, Chosen) and request.chosen.job_id == command.job_id:
        return choosing.begin_replacement(command, request.dossier)
    return []


def decide_of_itself(
    command: broadcasting.Broadcast | broadcasting.NoteSilence | proposing.SendProposals,
    request: Request,
) -> list[RequestEvent]:
    """Clocks and matches have nothing to say of a request that is over."""
    if not isinstance(request, Open):
        return []
    match command:
        case broadcasting.Broadcast():
            return broadcasting.broadcast(command, request.dossier)
        case broadcasting.NoteSilence():
            return broadcasting.note_silence(command, request.dossier)
        case proposing.SendProposals():
            return proposing.send(command, request.dossier)
        case unhandled:
            assert_never(unhandled)


def decide_of_people(command: OfPeople, request: Request) -> Decision:
    """Late commands are refused, but for what stands so already."""
    if isinstance(command, AddPhotos) and are_there(command, request):
        return []
    match request:
        case Uncreated():
            return NoSuchRequest()
        case Open(dossier=held):
            return decide_on_open(command, held)
        case Chosen(dossier=held, chosen=chosen):
            if isinstance(command, proposing.OfProvider) and offer_of(command, held) is None:
                return NoSuchRequest()
            return [] if is_chosen_so(command, chosen) else ProviderIsChosen()
        case Cancelled(dossier=held):
            if isinstance(command, proposing.OfProvider) and offer_of(command, held) is None:
                return NoSuchRequest()
            return [] if isinstance(command, choosing.CancelRequest) else RequestIsCancelled()
        case Forgotten():
            return CustomerIsForgotten()
        case unhandled:
            assert_never(unhandled)


def decide_on_open(command: OfPeople, held: Dossier) -> Decision:
    match command:
        case proposing.Propose():
            offer = offer_of(command, held)
            return proposing.propose(command, offer, held) if offer else NoSuchRequest()
        case proposing.Decline():
            return proposing.decline(command, held) if offer_of(command, held) else NoSuchRequest()
        case choosing.Choose():
            return choosing.choose(command, held)
        case choosing.CancelRequest():
            return choosing.cancel(command, held)
        case broadcasting.AssignByHand():
            return broadcasting.by_hand(command, held)
        case AddPhotos():
            return add_photos(command, held)
        case unhandled:
            assert_never(unhandled)


def are_there(command: AddPhotos, request: Request) -> bool:
    return isinstance(request, Created) and set(command.file_ids) <= set(request.dossier.photos)


def add_photos(command: AddPhotos, held: Dossier) -> Decision:
    new = tuple(one for one in command.file_ids if one not in held.photos)
    if len(held.photos) + len(new) > MOST_PHOTOS:
        return TooManyPhotos(MOST_PHOTOS)
    return [
        PhotosAdded(
            request_id=held.created.request_id,
            organisation_id=held.created.organisation_id,
            file_ids=new,
            added_at=command.at,
        )
    ]


def offer_of(command: proposing.OfProvider, held: Dossier) -> RequestOffered | None:
    """The offer that a provider has; none any more who cancelled the job."""
    gone = command.provider_id in held.cancelled
    return None if gone else held.offers.get(command.provider_id)


def is_chosen_so(command: OfPeople, chosen: ProviderChosen) -> bool:
    return (
        isinstance(command, choosing.Choose)
        and command.provider_id == chosen.provider_id
        and command.arrives_from == chosen.arrives_from
        and command.price == chosen.price
    )


# --- Timers -----------------------------------------------------------------


def timers(event: RequestEvent) -> tuple[SetTimer | CancelTimer, ...]:
    """They end with the search, and the one of silence with the first answer."""
    match event:
        case RequestAssigned():
            due: Mapping[str, datetime | None] = {SEND: event.send_at, AGAIN: event.again_at}
            return tuple(SetTimer(name, at) for name, at in due.items() if at)
        case ProposalMade():
            again = (CancelTimer(AGAIN), CancelTimer(RUNNERS_UP))
            return (*again, SetTimer(SEND, event.send_at)) if event.send_at else again
        case ReplacementBegun(runners_up_until=datetime() as until):
            return (SetTimer(RUNNERS_UP, until),)
        case ProposalsSent():
            return (CancelTimer(SEND), CancelTimer(AGAIN))
        case ProviderChosen() | RequestCancelled() | SubjectForgotten():
            return tuple(CancelTimer(name) for name in (SEND, AGAIN, RUNNERS_UP))
        case _:
            return ()


def on_timer(name: str, _: str, due: datetime) -> Command:
    """The command of a timer that came due. LookupError when no timer has that name."""
    if name == SEND:
        return proposing.SendProposals(at=due)
    if name in (AGAIN, RUNNERS_UP):
        return broadcasting.NoteSilence(at=due)
    raise LookupError(name)

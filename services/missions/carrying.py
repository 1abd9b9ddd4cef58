"""While a mission lasts and after it: extra costs asked for, documents put to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, assert_never

from contracts.common_v1 import Money
from contracts.missions.trip_v1 import (
    AttachmentAdded,
    AttachmentRemoved,
    ExtraCostAccepted,
    ExtraCostRefused,
    ExtraCostRequested,
    MissionAssigned,
    TripEvent,
)
from services.missions import terms
from services.missions.quoting import REASON_LIMIT, ReasonMissing

LABEL_LIMIT = 200

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RequestExtraCost:
    """Asked by the driver of the mission, with a photo."""

    fact: ExtraCostRequested
    organisation_id: str


@dataclass(frozen=True, slots=True)
class AcceptExtraCost:
    """`amount` caps what was asked for; None accepts all of it."""

    trip_id: str
    organisation_id: str
    request_id: str
    amount: Money | None
    at: datetime


@dataclass(frozen=True, slots=True)
class RefuseExtraCost:
    trip_id: str
    organisation_id: str
    request_id: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AddAttachment:
    """By the driver of the mission, or by logistics, which names none."""

    trip_id: str
    organisation_id: str
    driver_id: str | None
    file_id: str
    label: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RemoveAttachment:
    trip_id: str
    organisation_id: str
    driver_id: str | None
    file_id: str
    at: datetime


Command = RequestExtraCost | AcceptExtraCost | RefuseExtraCost | AddAttachment | RemoveAttachment

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchExtraCost:
    pass


@dataclass(frozen=True, slots=True)
class ExtraCostIsDecided:
    granted: Money | None


@dataclass(frozen=True, slots=True)
class MoreThanAsked:
    field: ClassVar[str] = "amount"
    asked: Money


@dataclass(frozen=True, slots=True)
class TooLateForExtraCost:
    pass


@dataclass(frozen=True, slots=True)
class NotYours:
    """The mission is somebody else's."""


Rejection = (
    NoSuchExtraCost
    | ExtraCostIsDecided
    | MoreThanAsked
    | TooLateForExtraCost
    | ReasonMissing
    | terms.BadTerms
)

# --- State ------------------------------------------------------------------

Answer = ExtraCostAccepted | ExtraCostRefused


@dataclass(frozen=True, slots=True)
class Carried:
    """What was put to a mission: requests and answers by request, documents by file."""

    requests: Mapping[str, ExtraCostRequested] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    attachments: Mapping[str, AttachmentAdded] = field(default_factory=dict)


EMPTY = Carried()

Event = (
    ExtraCostRequested | ExtraCostAccepted | ExtraCostRefused | AttachmentAdded | AttachmentRemoved
)


def evolve(carried: Carried, event: Event) -> Carried:
    match event:
        case ExtraCostRequested():
            return replace(carried, requests={**carried.requests, event.request_id: event})
        case ExtraCostAccepted() | ExtraCostRefused():
            return replace(carried, answers={**carried.answers, event.request_id: event})
        case AttachmentAdded():
            return replace(carried, attachments={**carried.attachments, event.file_id: event})
        case AttachmentRemoved():
            left = {id: one for id, one in carried.attachments.items() if id != event.file_id}
            return replace(carried, attachments=left)
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[TripEvent] | Rejection | NotYours


def decide(
    command: Command, mission: MissionAssigned, carried: Carried, *, delivered: bool
) -> Decision:
    """As in every aggregate, for a trip that is a mission."""
    match command:
        case RequestExtraCost():
            return request(command, mission, carried, delivered)
        case AcceptExtraCost():
            return accept(command, carried)
        case RefuseExtraCost():
            return refuse(command, carried)
        case AddAttachment():
            return attach(command, mission, carried)
        case RemoveAttachment():
            return detach(command, mission, carried)
        case unhandled:
            assert_never(unhandled)


def request(
    command: RequestExtraCost, mission: MissionAssigned, carried: Carried, delivered: bool
) -> Decision:
    asked = command.fact
    if asked.driver_id != mission.driver_id:
        return NotYours()
    if asked.request_id in carried.requests:
        return []
    if delivered:
        return TooLateForExtraCost()
    if not asked.reason.strip():
        return ReasonMissing()
    return (
        terms.bad_price(asked.amount, "amount")
        or terms.too_long("reason", asked.reason, REASON_LIMIT)
        or [asked]
    )


def accept(command: AcceptExtraCost, carried: Carried) -> Decision:
    asked = carried.requests.get(command.request_id)
    if asked is None:
        return NoSuchExtraCost()
    granted = command.amount or asked.amount
    if (answer := carried.answers.get(command.request_id)) is not None:
        same = isinstance(answer, ExtraCostAccepted) and answer.amount == granted
        return [] if same else decided(answer)
    if granted.amount_minor > asked.amount.amount_minor:
        return MoreThanAsked(asked.amount)
    return terms.bad_price(granted, "amount") or [
        ExtraCostAccepted(
            trip_id=command.trip_id,
            driver_id=asked.driver_id,
            request_id=command.request_id,
            kind=asked.kind,
            amount=granted,
            accepted_at=command.at,
        )
    ]


def refuse(command: RefuseExtraCost, carried: Carried) -> Decision:
    asked = carried.requests.get(command.request_id)
    if asked is None:
        return NoSuchExtraCost()
    if (answer := carried.answers.get(command.request_id)) is not None:
        same = isinstance(answer, ExtraCostRefused) and answer.reason == command.reason
        return [] if same else decided(answer)
    if not command.reason.strip():
        return ReasonMissing()
    return terms.too_long("reason", command.reason, REASON_LIMIT) or [
        ExtraCostRefused(
            trip_id=command.trip_id,
            driver_id=asked.driver_id,
            request_id=command.request_id,
            reason=command.reason,
            refused_at=command.at,
        )
    ]


def attach(command: AddAttachment, mission: MissionAssigned, carried: Carried) -> Decision:
    if command.driver_id not in (None, mission.driver_id):
        return NotYours()
    if command.file_id in carried.attachments:
        return []
    return terms.too_long("label", command.label, LABEL_LIMIT) or [
        AttachmentAdded(
            trip_id=command.trip_id,
            driver_id=mission.driver_id,
            file_id=command.file_id,
            label=command.label,
            added_at=command.at,
        )
    ]


def detach(command: RemoveAttachment, mission: MissionAssigned, carried: Carried) -> Decision:
    if command.driver_id not in (None, mission.driver_id):
        return NotYours()
    if command.file_id not in carried.attachments:
        return []
    return [
        AttachmentRemoved(
            trip_id=command.trip_id,
            driver_id=mission.driver_id,
            file_id=command.file_id,
            removed_at=command.at,
        )
    ]


def decided(answer: Answer) -> ExtraCostIsDecided:
    return ExtraCostIsDecided(answer.amount if isinstance(answer, ExtraCostAccepted) else None)

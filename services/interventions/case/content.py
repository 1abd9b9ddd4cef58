"""The content of a case: its vehicle, its customer, what is said to them and to colleagues, put in
while it waits to be sent (FLB-080 to FLB-089)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, assert_never

from contracts.interventions.case_v1 import (
    AnswerAsked,
    CaseAssigned,
    CaseEvent,
    CaseFinished,
    CaseIdentified,
    CustomerNamed,
    InternalMessageKind,
    InternalMessageLeft,
    MessageComposed,
    Module,
    Title,
    VehicleDescribed,
)
from services.interventions.case.dossier import Dossier, counts

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifyCase:
    organisation_id: str
    brand: str
    reference: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeVehicle:
    organisation_id: str
    plate: str | None
    vin: str | None
    make: str | None
    model: str | None
    mileage_km: int | None
    first_registered_on: date | None
    colour: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NameCustomer:
    """`customer_id` is an existing customer; without it the case has one of its own.

    `saved` says that it was entered in the web application, which wants a title and a last name
    (G-90).
    """

    organisation_id: str
    customer_id: str | None
    title: Title | None
    last_name: str | None
    first_name: str | None
    email: str | None
    phone: str | None
    language: str
    saved: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeMessage:
    organisation_id: str
    message: str
    predefined_message_id: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignCase:
    organisation_id: str
    assignee_id: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAnswer:
    organisation_id: str
    answer_by: datetime | None
    returned_by: datetime | None
    customer_waits: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveInternalMessage:
    organisation_id: str
    kind: InternalMessageKind
    message: str | None
    media_id: str | None
    contact_me: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishCase:
    """The phone has sent, or will send, so many works and media."""

    organisation_id: str
    works: int
    media: int
    by: str
    at: datetime


Command = (
    IdentifyCase
    | DescribeVehicle
    | NameCustomer
    | ComposeMessage
    | AssignCase
    | AskAnswer
    | LeaveInternalMessage
    | FinishCase
)

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CustomerIncomplete:
    """Something is missing that the customer has to have for this (G-90)."""

    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotOfModule:
    """Cases of this module have no such thing."""

    module: Module


@dataclass(frozen=True, slots=True)
class InternalMessageNeedsVideo:
    """In a warranty case colleagues are left a video, or nothing (G-38)."""

    field: ClassVar[str] = "kind"


@dataclass(frozen=True, slots=True)
class InternalMessageNotWhole:
    """A text without words, a video without one, or something beside none."""

    field: ClassVar[str] = "kind"


Rejection = CustomerIncomplete | NotOfModule | InternalMessageNeedsVideo | InternalMessageNotWhole

# --- Decisions --------------------------------------------------------------

Decision = list[CaseEvent] | Rejection


def decide(command: Command, dossier: Dossier) -> Decision:
    """As in every aggregate, while the case waits to be sent. What was said earlier than what is
    known is no news: it came late."""
    match command:
        case IdentifyCase():
            known, said = dossier.identified, identified(command, dossier)
            return [said] if counts(said, known) else []
        case DescribeVehicle():
            vehicle = described(command, dossier)
            return [vehicle] if counts(vehicle, dossier.vehicle) else []
        case NameCustomer():
            customer = named(command, dossier)
            known_customer = dossier.customer
            return incomplete(command) or ([customer] if counts(customer, known_customer) else [])
        case ComposeMessage():
            message = composed(command, dossier)
            return [message] if counts(message, dossier.message) else []
        case AssignCase():
            to = assigned(command, dossier)
            return [to] if counts(to, dossier.assigned) else []
        case AskAnswer() | LeaveInternalMessage():
            return decide_after_sales(command, dossier)
        case FinishCase():
            finish = finished(command, dossier)
            return [finish] if counts(finish, dossier.finished) else []
        case unhandled:
            assert_never(unhandled)


def decide_after_sales(command: AskAnswer | LeaveInternalMessage, dossier: Dossier) -> Decision:
    """The deadline and what colleagues are told are of after-sales (FLB-041); a work report waits
    for no answer (FLB-117)."""
    if dossier.is_sales:
        return NotOfModule(dossier.created.module)
    match command:
        case AskAnswer():
            if dossier.is_report:
                return NotOfModule(dossier.created.module)
            asked = answer_asked(command, dossier)
            return [asked] if counts(asked, dossier.asked) else []
        case LeaveInternalMessage():
            bad = bad_internal_message(command, dossier.created.module)
            left = internal_message(command, dossier)
            return bad or ([left] if counts(left, dossier.internal) else [])
        case unhandled:
            assert_never(unhandled)


def incomplete(command: NameCustomer) -> CustomerIncomplete | None:
    wanted = {"title": command.title, "last_name": command.last_name}
    missing = tuple(name for name, value in wanted.items() if value is None)
    return CustomerIncomplete(missing) if command.saved and missing else None


def bad_internal_message(
    command: LeaveInternalMessage, module: Module
) -> InternalMessageNeedsVideo | InternalMessageNotWhole | None:
    there = (command.message is not None, command.media_id is not None)
    match command.kind:
        case InternalMessageKind.NONE:
            whole = there == (False, False)
        case InternalMessageKind.TEXT:
            whole = there == (True, False)
            if module is Module.WARRANTY:
                return InternalMessageNeedsVideo()
        case InternalMessageKind.TEXT_VIDEO:
            whole = command.media_id is not None
        case unhandled:
            assert_never(unhandled)
    return None if whole else InternalMessageNotWhole()


# --- Events -----------------------------------------------------------------


def contact_of(case_id: str) -> str:
    """The id of the customer that a case has for itself: another letter before the same digits."""
    return f"H{case_id[1:]}"


def identified(command: IdentifyCase, dossier: Dossier) -> CaseIdentified:
    created = dossier.created
    return CaseIdentified(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        brand=command.brand,
        reference=command.reference,
        identified_by=command.by,
        identified_at=command.at,
    )


def described(command: DescribeVehicle, dossier: Dossier) -> VehicleDescribed:
    created = dossier.created
    return VehicleDescribed(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        plate=command.plate,
        vin=command.vin,
        make=command.make,
        model=command.model,
        mileage_km=command.mileage_km,
        first_registered_on=command.first_registered_on,
        colour=command.colour,
        mileage_read_at=mileage_read_at(command, dossier.vehicle),
        described_by=command.by,
        described_at=command.at,
    )


def mileage_read_at(command: DescribeVehicle, known: VehicleDescribed | None) -> datetime | None:
    """When the odometer showed what is said: the same mileage said again is no other reading."""
    if command.mileage_km is None:
        return None
    if known is not None and known.mileage_km == command.mileage_km:
        return known.mileage_read_at
    return command.at


def named(command: NameCustomer, dossier: Dossier) -> CustomerNamed:
    created = dossier.created
    return CustomerNamed(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        contact_id=command.customer_id or contact_of(created.case_id),
        known=command.customer_id is not None,
        title=command.title,
        last_name=command.last_name,
        first_name=command.first_name,
        email=command.email,
        phone=command.phone,
        language=command.language,
        named_by=command.by,
        named_at=command.at,
    )


def composed(command: ComposeMessage, dossier: Dossier) -> MessageComposed:
    created = dossier.created
    return MessageComposed(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        message=command.message,
        predefined_message_id=command.predefined_message_id,
        composed_by=command.by,
        composed_at=command.at,
    )


def assigned(command: AssignCase, dossier: Dossier) -> CaseAssigned:
    created = dossier.created
    return CaseAssigned(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        assignee_id=command.assignee_id,
        assigned_by=command.by,
        assigned_at=command.at,
    )


def answer_asked(command: AskAnswer, dossier: Dossier) -> AnswerAsked:
    created = dossier.created
    return AnswerAsked(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        answer_by=command.answer_by,
        returned_by=command.returned_by,
        customer_waits=command.customer_waits,
        asked_by=command.by,
        asked_at=command.at,
    )


def internal_message(command: LeaveInternalMessage, dossier: Dossier) -> InternalMessageLeft:
    created = dossier.created
    return InternalMessageLeft(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        kind=command.kind,
        internal_message=command.message,
        media_id=command.media_id,
        contact_me=command.contact_me,
        left_by=command.by,
        left_at=command.at,
    )


def finished(command: FinishCase, dossier: Dossier) -> CaseFinished:
    created = dossier.created
    return CaseFinished(
        case_id=created.case_id,
        organisation_id=created.organisation_id,
        dealership_id=created.dealership_id,
        works=command.works,
        media=command.media,
        finished_by=command.by,
        finished_at=command.at,
    )

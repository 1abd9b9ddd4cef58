"""Missions: extra costs, documents, and the delivery."""

from typing import Annotated, assert_never

from contracts.media.file_v1 import Purpose
from contracts.missions.trip_v1 import Channel, ExpenseKind, ExtraCostAccepted, ExtraCostRefused
from infra.http.answers import Answer, Answered, MoneyShown, Recorded, Router
from infra.http.models import Body, Day, Id, Instant, Line, MoneyBody, Named, Text
from infra.lookups import files, users
from services.missions import trip
from services.missions.aggregates import TRIP
from services.missions.http.access import AnyContext, DriverContext, LogisticsContext, is_staff
from services.missions.http.fields import ExpenseShown, RefusalBody
from services.missions.trip import extra_costs
from services.missions.trip.attachments import AddAttachment, RemoveAttachment
from services.missions.trip.extra_costs import (
    AcceptExtraCost,
    ExtraCosts,
    RefuseExtraCost,
    RequestExtraCost,
)

router = Router("Missions")

PHOTO_PURPOSES = frozenset({Purpose.MISSION, Purpose.RECEIPT})

# --- Bodies -----------------------------------------------------------------


class ConfirmationBody(Body):
    channel: Annotated[Channel, Named()]


class ExtraCostBody(Body):
    """Something the quote did not foresee."""

    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyBody
    reason: Text
    photo_file_id: Id
    """A file of one's own that was sent for the purpose `mission` or `receipt`."""


class GrantBody(Body):
    """The part of an extra cost that is granted; all of it when no amount is given."""

    amount: MoneyBody | None = None


class AttachmentBody(Body):
    """A document of the mission."""

    file_id: Id
    """A file of one's own that was sent for the purpose `mission`."""
    label: Line


# --- Answers ----------------------------------------------------------------


class AssignedMission(Answer):
    """The trip as the mission of a driver."""

    trip_id: str
    driver_id: str
    price: MoneyShown | None
    """Excluding VAT; null when a direct assignment agreed on none."""
    direct: bool
    """True when logistics assigned the driver without a quote."""
    from_day: Day
    until_day: Day
    assigned_at: Instant
    expenses: tuple[ExpenseShown, ...]
    """The part of the price that is for expenses."""


class ExtraCostAsked(Answer):
    """A cost that the quote did not foresee, as its driver asked for it."""

    trip_id: str
    driver_id: str
    request_id: str
    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyShown
    reason: str
    photo_file_id: str
    requested_at: Instant


class ExtraCostGranted(Answer):
    """The answer of logistics that an extra cost may be declared, up to an amount."""

    trip_id: str
    driver_id: str
    request_id: str
    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyShown
    """The amount that was asked for, or less."""
    accepted_at: Instant


class ExtraCostTurnedDown(Answer):
    """The answer of logistics that an extra cost is not paid."""

    trip_id: str
    driver_id: str
    request_id: str
    reason: str
    refused_at: Instant


class ExtraCostShown(Answer):
    """An extra cost with its answer; null while it waits for one."""

    request: ExtraCostAsked
    answer: ExtraCostGranted | ExtraCostTurnedDown | None


class RequestedExtraCost(Answer):
    """The id under which logistics answers the request."""

    id: str


class AttachmentShown(Answer):
    """A document that was put to the mission."""

    trip_id: str
    driver_id: str
    file_id: str
    label: str
    added_at: Instant


def extra_costs_shown(costs: ExtraCosts) -> tuple[ExtraCostShown, ...]:
    """The extra costs of a mission to its driver and to logistics."""
    return tuple(
        ExtraCostShown(
            request=ExtraCostAsked.of(request), answer=answer_shown(costs.answers.get(request_id))
        )
        for request_id, request in costs.requests.items()
    )


def answer_shown(
    answer: extra_costs.Answer | None,
) -> ExtraCostGranted | ExtraCostTurnedDown | None:
    match answer:
        case None:
            return None
        case ExtraCostAccepted():
            return ExtraCostGranted.of(answer)
        case ExtraCostRefused():
            return ExtraCostTurnedDown.of(answer)
        case unhandled:
            assert_never(unhandled)


# --- Routes -----------------------------------------------------------------


@router.post("/trips/{trip_id}/delivery-confirmation")
async def confirm_delivery(
    trip_id: Id, body: ConfirmationBody, context: DriverContext
) -> Answered[Recorded]:
    """The vehicle is delivered; from the app or the portal, with one effect."""
    command = trip.ConfirmDelivery(
        trip_id=trip_id,
        driver_id=context.principal.subject,
        organisation_id=context.principal.organisation_id,
        channel=body.channel,
        today=context.today,
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command)


@router.post("/trips/{trip_id}/extra-costs", status_code=201)
async def request_extra_cost(
    trip_id: Id, body: ExtraCostBody, context: DriverContext
) -> Answered[RequestedExtraCost]:
    """Ask for something the quote did not foresee, before the delivery."""
    await files.require(context, "photo_file_id", body.photo_file_id, PHOTO_PURPOSES)
    request_id = context.new_id("X")
    command = RequestExtraCost(
        trip_id=trip_id,
        driver_id=context.principal.subject,
        organisation_id=context.principal.organisation_id,
        request_id=request_id,
        kind=body.kind,
        amount=body.amount.money(),
        reason=body.reason,
        photo_file_id=body.photo_file_id,
        at=context.occurred_at,
    )
    created = f"/missions/trips/{trip_id}/extra-costs/{request_id}"
    return await context.handle(
        TRIP, trip_id, command, lambda _: RequestedExtraCost(id=request_id), created=created
    )


@router.post("/trips/{trip_id}/extra-costs/{request_id}/acceptance")
async def accept_extra_cost(
    trip_id: Id, request_id: Id, body: GrantBody, context: LogisticsContext
) -> Answered[Recorded]:
    """Grant an extra cost, all of it or up to an amount; then it may be declared."""
    await users.refuse_ended(context)
    command = AcceptExtraCost(
        trip_id=trip_id,
        organisation_id=context.principal.organisation_id,
        request_id=request_id,
        amount=body.amount.money() if body.amount else None,
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command)


@router.post("/trips/{trip_id}/extra-costs/{request_id}/refusal")
async def refuse_extra_cost(
    trip_id: Id, request_id: Id, body: RefusalBody, context: LogisticsContext
) -> Answered[Recorded]:
    """Turn an extra cost down, with the reason the driver will read."""
    command = RefuseExtraCost(
        trip_id=trip_id,
        organisation_id=context.principal.organisation_id,
        request_id=request_id,
        reason=body.reason,
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command)


@router.post("/trips/{trip_id}/attachments", status_code=201)
async def add_attachment(
    trip_id: Id, body: AttachmentBody, context: AnyContext
) -> Answered[Recorded]:
    """Put a document to the mission, before or after it is carried out."""
    await files.require(context, "file_id", body.file_id, {Purpose.MISSION})
    command = AddAttachment(
        trip_id=trip_id,
        organisation_id=context.principal.organisation_id,
        driver_id=None if is_staff(context) else context.principal.subject,
        file_id=body.file_id,
        label=body.label,
        at=context.occurred_at,
    )
    created = f"/missions/trips/{trip_id}/attachments/{body.file_id}"
    return await context.handle(TRIP, trip_id, command, created=created)


@router.delete("/trips/{trip_id}/attachments/{file_id}")
async def remove_attachment(trip_id: Id, file_id: Id, context: AnyContext) -> Answered[Recorded]:
    """Take a document from the mission."""
    command = RemoveAttachment(
        trip_id=trip_id,
        organisation_id=context.principal.organisation_id,
        driver_id=None if is_staff(context) else context.principal.subject,
        file_id=file_id,
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command)

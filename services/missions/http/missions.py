"""Missions: extra costs, documents, and the delivery."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from contracts.missions.trip_v1 import Channel, ExpenseKind
from infra.http.models import Body, Id, Line, MoneyBody, Named, Text
from services.missions import trip
from services.missions.aggregates import TRIP
from services.missions.http.access import AnyContext, DriverContext, LogisticsContext, is_staff
from services.missions.http.fields import RefusalBody
from services.missions.http.readable_ids import readable_id
from services.missions.trip.attachments import AddAttachment, RemoveAttachment
from services.missions.trip.extra_costs import AcceptExtraCost, RefuseExtraCost, RequestExtraCost

router = APIRouter()

# --- Bodies -----------------------------------------------------------------


class ConfirmationBody(Body):
    channel: Annotated[Channel, Named()]


class ExtraCostBody(Body):
    """Something the quote did not foresee, with its photo as an uploaded file."""

    kind: Annotated[ExpenseKind, Named()]
    amount: MoneyBody
    reason: Text
    photo_file_id: Id


class GrantBody(Body):
    """The part of an extra cost that is granted; all of it when no amount is given."""

    amount: MoneyBody | None = None


class AttachmentBody(Body):
    """A document of the mission, as an uploaded file."""

    file_id: Id
    label: Line


# --- Routes -----------------------------------------------------------------


@router.post("/trips/{trip_id}/delivery-confirmation")
async def confirm_delivery(trip_id: Id, body: ConfirmationBody, context: DriverContext) -> Response:
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
async def request_extra_cost(trip_id: Id, body: ExtraCostBody, context: DriverContext) -> Response:
    """Ask for something the quote did not foresee, before the delivery."""
    request_id = readable_id("X", context.command_context.command_id)
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
        TRIP, trip_id, command, lambda _: {"id": request_id}, created=created
    )


@router.post("/trips/{trip_id}/extra-costs/{request_id}/acceptance")
async def accept_extra_cost(
    trip_id: Id, request_id: Id, body: GrantBody, context: LogisticsContext
) -> Response:
    """Grant an extra cost, all of it or up to an amount; then it may be declared."""
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
) -> Response:
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
async def add_attachment(trip_id: Id, body: AttachmentBody, context: AnyContext) -> Response:
    """Put a document to the mission, before or after it is carried out."""
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
async def remove_attachment(trip_id: Id, file_id: Id, context: AnyContext) -> Response:
    """Take a document from the mission."""
    command = RemoveAttachment(
        trip_id=trip_id,
        organisation_id=context.principal.organisation_id,
        driver_id=None if is_staff(context) else context.principal.subject,
        file_id=file_id,
        at=context.occurred_at,
    )
    return await context.handle(TRIP, trip_id, command)

"""The parts of a case over HTTP: each is sent by itself, whole, and in any order.

The last word counts, by when it was said (`Relais-Occurred-At` of a phone), so that parts which
come late, twice or in another order make the same case.
"""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints

from contracts import dealers
from contracts.interventions.case_v1 import Mark, Measurement, MediaKind, Shape, WorkListed
from contracts.media.file_v1 import Purpose
from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Day, Email, Id, Language, Line, Phone, Reference
from infra.http.problems import unknown_reference
from infra.http.request_context import RequestContext
from infra.lookups import customers, files, users
from services.interventions.aggregates import CASE
from services.interventions.case import content, media, works
from services.interventions.case.dossier import Dossier
from services.interventions.case.measuring import Scale
from services.interventions.http.access import (
    WriterContext,
    dealership_of,
    terms_of,
    to_write,
)
from services.interventions.http.fields import (
    Brand,
    InternalNamed,
    LevelNamed,
    Ordinal,
    PartId,
    PriceBody,
    ShapeNamed,
    TimeThere,
    TitleNamed,
    UnitNamed,
    Written,
)
from services.interventions.lookups import (
    dealerships_checklist,
    dealerships_predefined_message,
)

router = Router("Parts of a case")

MOST_SHAPES = 200
MOST_MARKS = 500
Share = Annotated[int, Field(ge=0, le=10_000)]
"""A part of the width or height of a photo: 5000 is the middle."""
Plate = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
KINDS = {"image": MediaKind.PHOTO, "video": MediaKind.VIDEO}

# --- Bodies -----------------------------------------------------------------


class IdentityBody(Body):
    brand: Brand
    reference: Reference


class VehicleBody(Body):
    """All that is known of the vehicle; what is left out is not known."""

    plate: Plate | None = None
    vin: Annotated[str, StringConstraints(pattern=r"^[A-HJ-NPR-Z0-9]{11,17}$")] | None = None
    make: Line | None = None
    model: Line | None = None
    mileage_km: Annotated[int, Field(ge=0, le=5_000_000)] | None = None
    first_registered_on: Day | None = None
    colour: Line | None = None


class CustomerBody(Body):
    """All that is known of the customer."""

    customer_id: Id | None = None
    """A customer of the dealership, where one was picked."""
    title: TitleNamed | None = None
    last_name: Line | None = None
    first_name: Line | None = None
    email: Email | None = None
    phone: Phone | None = None
    language: Language | None = None
    """The default of the dealership when left out."""


class MessageBody(Body):
    message: Written
    predefined_message_id: Id | None = None


class AssigneeBody(Body):
    assignee_id: Id | None
    """Null: nobody has the case."""


class AnswerAskedBody(Body):
    """By when an answer is wanted, in the time of the dealership."""

    answer_by: TimeThere | None = None
    returned_by: TimeThere | None = None
    """When the vehicle is back if the answer comes in time."""
    customer_waits: bool = False


class InternalMessageBody(Body):
    kind: InternalNamed
    message: Written | None = None
    media_id: PartId | None = None
    """The video, which is a private one of the case."""
    contact_me: bool = False


class MeasurementBody(Body):
    """A value that was read off."""

    unit: UnitNamed
    thousandths: Annotated[int, Field(ge=-(2**31), lt=2**31, examples=[2_800])]
    """Of the unit: 2800 is 2.8 mm."""

    def measurement(self) -> Measurement:
        """The contract's value."""
        return Measurement(unit=self.unit, thousandths=self.thousandths)


class WorkBody(Body):
    label: Line
    level: LevelNamed | None = None
    """Null: the one that was measured, and with it the day, where none is named."""
    price: PriceBody | None = None
    carried_out: bool = False
    """It was done already, and is not proposed."""
    ordinal: Ordinal = 0
    checklist_item_id: Id | None = None
    due_on: Day | None = None
    """The day by which it is to be done, where the dealership is; today at the earliest."""
    due_mileage_km: Annotated[int, Field(ge=1, le=5_000_000)] | None = None
    """Beside a day: the mileage at which it is to be done, if that comes first."""
    measurement: MeasurementBody | None = None
    """The value that was read off; the item of the checklist says what it means."""


class MarkBody(Body):
    x_basis_points: Share
    y_basis_points: Share


class ShapeBody(Body):
    """A figure over a photo."""

    kind: ShapeNamed
    marks: Annotated[tuple[MarkBody, ...], Field(min_length=2, max_length=MOST_MARKS, strict=False)]
    """Two for a rectangle and a circle: opposite corners; the centre and a point of the circle."""
    colour: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{6}$")] = "d0021b"


class MediaBody(Body):
    """A file that was sent to `media`, as it is shown in the case."""

    file_id: Id
    private: bool = False
    work_id: PartId | None = None
    ordinal: Ordinal = 0
    shapes: Annotated[tuple[ShapeBody, ...], Field(max_length=MOST_SHAPES, strict=False)] = ()
    """What is drawn on a photo, the later above the earlier."""


class FinishBody(Body):
    """How much a phone has made, so that it is known when all of it is there."""

    works: Annotated[int, Field(ge=0, le=works.MOST_WORKS)]
    media: Annotated[int, Field(ge=0, le=1_000)]


# --- Routes -----------------------------------------------------------------


@router.put("/cases/{case_id}/identity")
async def identify_case(
    case_id: Id, body: IdentityBody, context: WriterContext
) -> Answered[Recorded]:
    """Say the brand and the reference anew."""
    state = await to_write(context, case_id)
    dealership = await dealership_of(context, state.dossier)
    if dealers.brand_of(dealership, body.brand) is None:
        raise unknown_reference("brand", "brand")
    who = context.principal
    command = content.IdentifyCase(
        organisation_id=who.organisation_id,
        brand=body.brand,
        reference=body.reference,
        by=who.subject,
        at=context.occurred_at,
    )
    return await context.handle(CASE, case_id, command)


@router.put("/cases/{case_id}/vehicle")
async def describe_vehicle(
    case_id: Id, body: VehicleBody, context: WriterContext
) -> Answered[Recorded]:
    """Say what is known of the vehicle; every field is optional."""
    await to_write(context, case_id)
    who = context.principal
    command = content.DescribeVehicle(
        organisation_id=who.organisation_id,
        plate=body.plate,
        vin=body.vin,
        make=body.make,
        model=body.model,
        mileage_km=body.mileage_km,
        first_registered_on=body.first_registered_on,
        colour=body.colour,
        by=who.subject,
        at=context.occurred_at,
    )
    return await context.handle(CASE, case_id, command)


@router.put("/cases/{case_id}/customer")
async def name_customer(
    case_id: Id, body: CustomerBody, context: WriterContext
) -> Answered[Recorded]:
    """Say who the customer is; in the web application with a title and a last name."""
    state = await to_write(context, case_id)
    dealership = await dealership_of(context, state.dossier)
    if body.customer_id is not None:
        dealership_id = state.dossier.created.dealership_id
        await customers.require(context, "customer_id", body.customer_id, dealership_id)
    who = context.principal
    command = content.NameCustomer(
        organisation_id=who.organisation_id,
        customer_id=body.customer_id,
        title=body.title,
        last_name=body.last_name,
        first_name=body.first_name,
        email=body.email,
        phone=context.phone("phone", body.phone, dealership.country) if body.phone else None,
        language=body.language or state.dossier.created.language,
        saved="device" not in who.roles,
        by=who.subject,
        at=context.occurred_at,
    )
    return await context.handle(CASE, case_id, command)


@router.put("/cases/{case_id}/message")
async def compose_message(
    case_id: Id, body: MessageBody, context: WriterContext
) -> Answered[Recorded]:
    """Write what is said to the customer."""
    state = await to_write(context, case_id)
    await require_predefined(context, state.dossier, body.predefined_message_id)
    who = context.principal
    command = content.ComposeMessage(
        organisation_id=who.organisation_id,
        message=body.message,
        predefined_message_id=body.predefined_message_id,
        by=who.subject,
        at=context.occurred_at,
    )
    return await context.handle(CASE, case_id, command)


@router.put("/cases/{case_id}/assignee")
async def assign_case(
    case_id: Id, body: AssigneeBody, context: WriterContext
) -> Answered[Recorded]:
    """Give the case to a colleague of the dealership, or to nobody."""
    state = await to_write(context, case_id)
    if body.assignee_id is not None:
        dealership_id = state.dossier.created.dealership_id
        await users.require_at(context, "assignee_id", body.assignee_id, dealership_id)
    who = context.principal
    command = content.AssignCase(
        organisation_id=who.organisation_id,
        assignee_id=body.assignee_id,
        by=who.subject,
        at=context.occurred_at,
    )
    return await context.handle(CASE, case_id, command)


@router.put("/cases/{case_id}/answer-asked")
async def ask_answer(
    case_id: Id, body: AnswerAskedBody, context: WriterContext
) -> Answered[Recorded]:
    """Say by when an answer is wanted, and whether the customer waits at the dealership."""
    state = await to_write(context, case_id)
    zone = ZoneInfo(state.dossier.created.time_zone)
    who = context.principal
    command = content.AskAnswer(
        organisation_id=who.organisation_id,
        answer_by=body.answer_by.instant("answer_by", zone) if body.answer_by else None,
        returned_by=body.returned_by.instant("returned_by", zone) if body.returned_by else None,
        customer_waits=body.customer_waits,
        by=who.subject,
        at=context.occurred_at,
    )
    return await context.handle(CASE, case_id, command)


@router.put("/cases/{case_id}/internal-message")
async def leave_internal_message(
    case_id: Id, body: InternalMessageBody, context: WriterContext
) -> Answered[Recorded]:
    """Leave colleagues a message, which no customer ever sees."""
    await to_write(context, case_id)
    who = context.principal
    command = content.LeaveInternalMessage(
        organisation_id=who.organisation_id,
        kind=body.kind,
        message=body.message,
        media_id=body.media_id,
        contact_me=body.contact_me,
        by=who.subject,
        at=context.occurred_at,
    )
    return await context.handle(CASE, case_id, command)


@router.put("/cases/{case_id}/works/{work_id}")
async def list_work(
    case_id: Id, work_id: PartId, body: WorkBody, context: WriterContext
) -> Answered[Recorded]:
    """Put a work on the list, or say another thing of one that is there."""
    state = await to_write(context, case_id)
    scale = await scale_of(context, state.dossier, work_id, body)
    who = context.principal
    vat = state.dossier.created.vat_basis_points
    command = works.ListWork(
        organisation_id=who.organisation_id,
        work_id=work_id,
        label=body.label,
        level=body.level,
        price=body.price.price(vat) if body.price else None,
        carried_out=body.carried_out,
        ordinal=body.ordinal,
        checklist_item_id=body.checklist_item_id,
        due_on=body.due_on,
        due_mileage_km=body.due_mileage_km,
        measurement=body.measurement.measurement() if body.measurement else None,
        scale=scale,
        by=who.subject,
        at=context.occurred_at,
    )
    return await context.handle(CASE, case_id, command)


@router.delete("/cases/{case_id}/works/{work_id}")
async def strike_work(case_id: Id, work_id: PartId, context: WriterContext) -> Answered[Recorded]:
    """Take a work off the list."""
    await to_write(context, case_id)
    who = context.principal
    command = works.StrikeWork(
        organisation_id=who.organisation_id,
        work_id=work_id,
        by=who.subject,
        at=context.occurred_at,
    )
    return await context.handle(CASE, case_id, command)


@router.put("/cases/{case_id}/media/{media_id}")
async def place_media(
    case_id: Id, media_id: PartId, body: MediaBody, context: WriterContext
) -> Answered[Recorded]:
    """Put a file into the case, or show it otherwise: private or public, at another place, by
    another work, with other figures over it. The file stays as it was."""
    state = await to_write(context, case_id)
    file = await file_of(context, state.dossier, media_id, body.file_id)
    kind = KINDS.get(file.media_type.partition("/")[0], MediaKind.DOCUMENT)
    limits = await limits_of(context, state.dossier)
    who = context.principal
    command = media.PlaceMedia(
        organisation_id=who.organisation_id,
        media_id=media_id,
        file_id=body.file_id,
        kind=kind,
        length_milliseconds=file.length_milliseconds,
        private=body.private,
        work_id=body.work_id,
        ordinal=body.ordinal,
        shapes=tuple(map(shape_of, body.shapes)),
        limits=limits,
        by=who.subject,
        at=context.occurred_at,
    )
    return await context.handle(CASE, case_id, command)


@router.delete("/cases/{case_id}/media/{media_id}")
async def take_out_media(
    case_id: Id, media_id: PartId, context: WriterContext
) -> Answered[Recorded]:
    """Take a file out of the case."""
    await to_write(context, case_id)
    who = context.principal
    command = media.TakeOutMedia(
        organisation_id=who.organisation_id,
        media_id=media_id,
        by=who.subject,
        at=context.occurred_at,
    )
    return await context.handle(CASE, case_id, command)


@router.put("/cases/{case_id}/completion")
async def finish_case(case_id: Id, body: FinishBody, context: WriterContext) -> Answered[Recorded]:
    """Say how much a phone has made; the case says what of it is still on its way."""
    await to_write(context, case_id)
    who = context.principal
    command = content.FinishCase(
        organisation_id=who.organisation_id,
        works=body.works,
        media=body.media,
        by=who.subject,
        at=context.occurred_at,
    )
    return await context.handle(CASE, case_id, command)


# --- What is looked up ------------------------------------------------------


async def file_of(
    context: RequestContext, dossier: Dossier, media_id: str, file_id: str
) -> files.File:
    """The file of the caller, or one that the case has under this id already, whosever it is."""
    known = dossier.media.get(media_id)
    if known is not None and known.file_id == file_id:
        found = await context.lookup(files.lookup, file_id)
        if found is not None and found.organisation_id == context.principal.organisation_id:
            return found
    return await files.require(context, "file_id", file_id, {Purpose.OTHER})


async def require_predefined(
    context: RequestContext, dossier: Dossier, predefined_message_id: str | None
) -> None:
    """One that the message of the case began with already is not looked up again."""
    known = dossier.message.predefined_message_id if dossier.message else None
    if predefined_message_id is not None and predefined_message_id != known:
        await dealerships_predefined_message.require(
            context, "predefined_message_id", predefined_message_id, dossier
        )


async def scale_of(
    context: RequestContext, dossier: Dossier, work_id: str, body: WorkBody
) -> Scale | None:
    """The words of a checklist about a value; None where it says nothing of it. Raises a 422
    `Problem` for an item that is in no checklist, unless the work came from it before."""
    if (item_id := body.checklist_item_id) is None:
        return None
    known, brand = dossier.works.get(work_id), dossier.brand
    is_known = isinstance(known, WorkListed) and known.checklist_item_id == item_id
    if is_known and body.measurement is None:
        return None
    found = await dealerships_checklist.item_named(
        context, item_id, dossier.created.dealership_id, brand
    )
    if found is None and not is_known:
        raise unknown_reference("checklist_item_id", "checklist_item")
    return found.measured.scale(brand) if found and found.measured else None


async def limits_of(context: RequestContext, dossier: Dossier) -> media.Limits:
    """How much a case of that dealership and brand holds now."""
    found = await terms_of(context, dossier)
    return media.Limits(
        photos=found.photos,
        video_seconds=found.video_seconds,
        videos_seconds=found.videos_seconds,
    )


def shape_of(body: ShapeBody) -> Shape:
    marks = tuple(
        Mark(x_basis_points=one.x_basis_points, y_basis_points=one.y_basis_points)
        for one in body.marks
    )
    return Shape(kind=body.kind, marks=marks, colour=body.colour)

"""The vehicles of a customer over HTTP."""

from typing import Annotated

from pydantic import Field

from infra.http import readable_ids
from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Id, Line
from infra.http.problems import invalid
from infra.http.request_context import RequestContext
from infra.http.vehicles import Vin, plate
from infra.lookups import dealerships
from infra.wording import Unfit
from services.customers.aggregates import CUSTOMER
from services.customers.customer.commands import DescribeVehicle, RemoveVehicle
from services.customers.http.access import STAFF, Own, StaffContext, own

router = Router("Vehicles")

MOST_KM = 5_000_000


class VehicleBody(Body):
    """A vehicle: it has a plate, a VIN or a brand."""

    plate: Annotated[Line, Field(max_length=20, examples=["AB-123-CD"])] | None = None
    """In any alphabet; it is kept as it is written, in capitals."""
    plate_country: Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["FR"])] | None = None
    """By default that of the dealership."""
    vin: Vin | None = None
    brand: Line | None = None
    model: Line | None = None
    mileage_km: Annotated[int, Field(ge=0, le=MOST_KM)] | None = None


@router.post("/customers/{customer_id}/vehicles", status_code=201)
async def add_vehicle(
    customer_id: Id, body: VehicleBody, context: StaffContext
) -> Answered[Recorded]:
    """Add a vehicle to a customer."""
    mine = await own(context, customer_id, *STAFF)
    vehicle_id = context.new_id(readable_ids.VEHICLE)
    return await context.handle(
        CUSTOMER,
        customer_id,
        await described(context, mine, vehicle_id, body, new=True),
        created=f"/customers/customers/{customer_id}",
    )


@router.put("/customers/{customer_id}/vehicles/{vehicle_id}")
async def change_vehicle(
    customer_id: Id, vehicle_id: Id, body: VehicleBody, context: StaffContext
) -> Answered[Recorded]:
    """Say what is known of a vehicle; what is left out is not known any more."""
    mine = await own(context, customer_id, *STAFF)
    return await context.handle(
        CUSTOMER, customer_id, await described(context, mine, vehicle_id, body, new=False)
    )


@router.delete("/customers/{customer_id}/vehicles/{vehicle_id}")
async def remove_vehicle(
    customer_id: Id, vehicle_id: Id, context: StaffContext
) -> Answered[Recorded]:
    """Take a vehicle from a customer, who has it no more."""
    await own(context, customer_id, *STAFF)
    command = RemoveVehicle(
        customer_id=customer_id,
        organisation_id=context.principal.organisation_id,
        vehicle_id=vehicle_id,
        by=context.principal.subject,
        at=context.at,
    )
    return await context.handle(CUSTOMER, customer_id, command)


async def described(
    context: RequestContext, mine: Own, vehicle_id: str, body: VehicleBody, *, new: bool
) -> DescribeVehicle:
    """Raises the 422 `Problem` of a plate that is none."""
    dealership = await dealerships.require(context, "dealership_id", mine.dealership_id)
    country = body.plate_country or dealership.country
    return DescribeVehicle(
        customer_id=mine.customer_id,
        organisation_id=context.principal.organisation_id,
        vehicle_id=vehicle_id,
        new=new,
        plate=written(body.plate, country) if body.plate else None,
        plate_country=country if body.plate else None,
        vin=body.vin,
        brand=body.brand,
        model=body.model,
        mileage_km=body.mileage_km,
        by=context.principal.subject,
        at=context.at,
    )


def written(text: str, country: str) -> str:
    try:
        return plate(text, country)
    except Unfit as error:
        raise invalid("/plate", "value_error", error.rule) from error

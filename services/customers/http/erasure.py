"""A customer erased for good, over HTTP: looked at, confirmed, certified (FLB-123, G-50)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from pydantic import Field
from starlette.responses import Response

from infra.catalogues import locale_of
from infra.database import Connection
from infra.host import Running
from infra.http.answers import Answer, Answered, Content, Recorded, Router
from infra.http.models import Body, Id, Instant
from infra.http.problems import Problem, try_again
from infra.http.request_context import RequestContext
from infra.lookups import dealerships
from infra.printing import directed, printed
from services.customers.adapters import register
from services.customers.aggregates import CUSTOMER
from services.customers.customer import Erased, Merged
from services.customers.customer.commands import (
    CustomerIsErased,
    CustomerIsMerged,
    EraseCustomer,
)
from services.customers.http.access import STAFF, Own, StaffContext, own
from services.customers.lookups import interventions_case

PDF: Final = "application/pdf"
TEMPLATE: Final = (Path(__file__).parent / "certificate.typ").read_bytes()
MOST_MERGED = 200


class ErasureShown(Answer):
    """How much goes when the customer is erased."""

    customer_id: str
    cases: int
    vehicles: int
    consents: int
    merged_ids: tuple[str, ...]
    """The records that were merged into this one, and go with it."""


class ErasureBody(Body):
    """The confirmation: how much was seen to go. 412 when it is something else by now."""

    cases: Annotated[int, Field(ge=0)]
    vehicles: Annotated[int, Field(ge=0)]
    merged_ids: Annotated[tuple[Id, ...], Field(max_length=MOST_MERGED, strict=False)]


class ErasedPlace(StrEnum):
    """A thing in which there was something personal."""

    RECORD = "record"
    MERGED_RECORD = "merged_record"
    CASE = "case"


class PlaceShown(Answer):
    place: ErasedPlace
    id: str
    erased_at: Instant | None
    """Null while it is not known that its key is destroyed."""


class Certificate(Answer):
    """The things that were erased, and when; nothing personal."""

    customer_id: str
    dealership_id: str
    erased_by: str
    confirmed_at: Instant
    complete: bool
    """Whether nothing is left to be done."""
    places: tuple[PlaceShown, ...]


def router(running: Running) -> Router:
    """The routes of the end."""
    routes = Router("Erasure")

    @routes.get("/customers/{customer_id}/erasure")
    async def show_erasure(customer_id: Id, context: StaffContext) -> Answered[ErasureShown]:
        """Look at how much would go, before confirming it."""
        mine = await own(context, customer_id, *STAFF)
        match mine.state:
            case Erased():
                raise context.refuse(CustomerIsErased())
            case Merged(survivor_id=survivor_id):
                raise context.refuse(CustomerIsMerged(survivor_id))
            case active:
                record = active.record
        answer = ErasureShown(
            customer_id=customer_id,
            cases=len(record.cases),
            vehicles=len(record.vehicles),
            consents=len(record.consents),
            merged_ids=await register.family_of(running.pool, customer_id),
        )
        return context.show(answer, mine.found, beside=True)

    @routes.put("/customers/{customer_id}/erasure")
    async def erase_customer(
        customer_id: Id, body: ErasureBody, context: StaffContext
    ) -> Answered[Recorded]:
        """Erase a customer for good, with each case, in the whole application."""
        mine = await own(context, customer_id, *STAFF)
        who = context.principal
        merged_ids = await register.family_of(running.pool, customer_id)
        command = EraseCustomer(
            customer_id=customer_id,
            organisation_id=who.organisation_id,
            cases=body.cases,
            vehicles=body.vehicles,
            seen_merged_ids=body.merged_ids,
            merged_ids=merged_ids,
            by=who.subject,
            at=context.at,
        )

        async def close(connection: Connection) -> None:
            await register.lock(connection, mine.dealership_id)
            if await register.merged_into(connection, customer_id) != merged_ids:
                raise try_again(409, "conflict")
            await register.erase(
                connection, customer_id, merged_ids, who.organisation_id, who.subject, context.at
            )

        return await context.handle(CUSTOMER, customer_id, command, in_transaction=close)

    @routes.get("/customers/{customer_id}/erasure/certificate")
    async def show_certificate(customer_id: Id, context: StaffContext) -> Answered[Certificate]:
        """Show what was erased, where and when."""
        mine = await own(context, customer_id, *STAFF)
        return context.show(await certificate(context, mine), mine.found, beside=True)

    @routes.get("/customers/{customer_id}/erasure/certificate.pdf")
    async def print_certificate(
        customer_id: Id, context: StaffContext
    ) -> Annotated[Response, Content(PDF)]:
        """Print the same, in the caller's language."""
        mine = await own(context, customer_id, *STAFF)
        found = await certificate(context, mine)
        dealership = await dealerships.require(context, "dealership_id", mine.dealership_id)
        page = page_of(context, found, dealership.dealership_name, ZoneInfo(dealership.time_zone))
        content = await asyncio.to_thread(printed, TEMPLATE, page, found.confirmed_at)
        disposition = f'inline; filename="erasure-{customer_id}.pdf"'
        headers = {"Content-Disposition": disposition, "Content-Language": context.language}
        return Response(content, media_type=PDF, headers=headers)

    return routes


async def certificate(context: RequestContext, mine: Own) -> Certificate:
    """Raises 404 for a customer who is not erased."""
    state = mine.state
    if not isinstance(state, Erased):
        raise Problem(404, "no-such-certificate")
    if state.erased.with_customer_id is not None:
        mine = await own(context, state.erased.with_customer_id, *STAFF)
        return await certificate(context, mine)
    places = [place async for place in places_of(context, mine.customer_id, state)]
    return Certificate(
        customer_id=mine.customer_id,
        dealership_id=mine.dealership_id,
        erased_by=state.erased.erased_by,
        confirmed_at=state.erased.erased_at,
        complete=all(place.erased_at is not None for place in places),
        places=tuple(places),
    )


async def places_of(
    context: RequestContext, customer_id: str, state: Erased
) -> AsyncIterator[PlaceShown]:
    """The record with its cases, then each record that went with it."""
    yield record_place(ErasedPlace.RECORD, customer_id, state)
    for case_id in state.erased.case_ids:
        yield await case_place(context, case_id)
    for merged_id in state.erased.merged_customer_ids:
        merged = (await context.load(CUSTOMER, merged_id)).state
        gone = merged if isinstance(merged, Erased) else None
        yield record_place(ErasedPlace.MERGED_RECORD, merged_id, gone)
        for case_id in gone.erased.case_ids if gone else ():
            yield await case_place(context, case_id)


def record_place(place: ErasedPlace, customer_id: str, state: Erased | None) -> PlaceShown:
    forgotten = state.forgotten if state else None
    at = forgotten.forgotten_at if forgotten else None
    return PlaceShown(place=place, id=customer_id, erased_at=at)


async def case_place(context: RequestContext, case_id: str) -> PlaceShown:
    row = await context.lookup(interventions_case.lookup, case_id)
    at = row.forgotten_at if row else None
    return PlaceShown(place=ErasedPlace.CASE, id=case_id, erased_at=at)


def page_of(
    context: RequestContext, found: Certificate, dealership: str, zone: ZoneInfo
) -> dict[str, object]:
    """The page as the template prints it."""

    def says(name: str) -> dict[str, object]:
        return directed(context.says("Certificate", name))

    def time(at: datetime | None) -> dict[str, object]:
        if at is None:
            return says("under_way")
        locale = locale_of(context.language)
        return directed(format_datetime(at, "long", tzinfo=zone, locale=locale))

    words = ("title", "dealership", "customer", "confirmed_at", "erased_by", "place", "erased_at")
    return {
        "rtl": directed(context.says("Certificate", "title"))["rtl"],
        "language": context.language,
        "words": {name: says(name) for name in (*words, "nothing_personal")},
        "dealership": directed(dealership),
        "customer": directed(found.customer_id),
        "confirmed_at": time(found.confirmed_at),
        "erased_by": directed(found.erased_by),
        "places": [
            {"place": says(one.place), "id": directed(one.id), "at": time(one.erased_at)}
            for one in found.places
        ],
    }

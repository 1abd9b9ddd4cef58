"""The questions of the partner's screens, and of logistics beside them."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from infra.http.models import Day, Id, to_json
from infra.http.pages import Order, Paging
from infra.http.problems import FieldError, Problem
from infra.http.request_context import RequestContext, requires
from infra.store.postgres import Pool
from services.views.partner import drivers, quotes, trips

DriverContext = Annotated[RequestContext, requires("driver")]
Logistics = Annotated[RequestContext, requires("logistics")]
Search = Annotated[
    str, Query(max_length=100, description="A city, a trip id or a client brand (HIF-08).")
]

NEAREST = Order("nearest", (float, str))
NEWEST = Order("newest", (datetime, str))
BY_ID = Order("by-id", (str,))
FIRST_BEGUN = Order("first-begun", (datetime, str, str))


def router(pool: Pool, radius_km: float) -> APIRouter:
    """The routes, over the tables of whichever generation is active."""
    made = APIRouter()
    driver_routes(made, pool, radius_km)
    logistics_routes(made, pool)
    return made


def driver_routes(made: APIRouter, pool: Pool, radius_km: float) -> None:
    """What partners ask."""

    async def viewer(context: RequestContext) -> tuple[drivers.Driver, trips.Viewer]:
        who = context.principal
        found = await drivers.profile(pool, who.organisation_id, who.subject)
        if found is None:
            raise Problem(404, "no-such-driver", "There is no such driver.")
        return found, trips.Viewer(
            organisation_id=who.organisation_id,
            driver_id=who.subject,
            skills=found.skills,
            today=context.today,
        )

    @made.get("/trips/near-home")
    async def near_home(context: DriverContext, page: Paging, q: Search = "") -> Response:
        """Open trips departing near the driver's home, nearest first (HIF-05)."""
        profile, who = await viewer(context)
        if profile.latitude is None or profile.longitude is None:
            hint = "Tell us your home address to see the trips near it."
            return Response(
                to_json({"items": [], "next": None, "hint": hint}), media_type="application/json"
            )
        home = (profile.latitude, profile.longitude)
        after = page.after(NEAREST)
        found = await trips.near_home(
            pool, who, home, radius_km, q, (after[0], after[1]) if after else None, page.fetch
        )
        return page.answer(
            found,
            NEAREST,
            key=lambda row: (row[0], row[1].trip_id),
            present=lambda row: offer(row[1], who) | {"kilometres_away": round(row[0], 1)},
        )

    @made.get("/trips")
    async def all_trips(context: DriverContext, page: Paging, q: Search = "") -> Response:
        """Every open trip the driver may quote for, newest first (HIF-06)."""
        _, who = await viewer(context)
        found = await trips.everywhere(pool, who, q, newest(page), page.fetch)
        return page.answer(found, NEWEST, published, lambda row: offer(row, who))

    @made.get("/trips/more")
    async def more_trips(context: DriverContext, page: Paging, q: Search = "") -> Response:
        """Open trips that a qualification would open, with the missing one named (HIF-07)."""
        _, who = await viewer(context)
        found = await trips.behind_a_qualification(pool, who, q, newest(page), page.fetch)
        return page.answer(found, NEWEST, published, lambda row: offer(row, who))

    @made.get("/trips/{trip_id}")
    async def one_trip(trip_id: Id, context: DriverContext) -> Response:
        """A trip as the lists show it, whatever its status (HIF-16)."""
        _, who = await viewer(context)
        found = await trips.one(pool, who.organisation_id, trip_id)
        if found is None:
            raise Problem(404, "no-such-trip", "There is no such trip.")
        return Response(to_json(offer(found, who)), media_type="application/json")

    @made.get("/quotes")
    async def my_quotes(context: DriverContext, page: Paging, q: Search = "") -> Response:
        """The history of one's quotes, refusals with their reason (HIF-19, HIF-20, C4)."""
        who = context.principal
        found = await quotes.quotes_of(
            pool, who.organisation_id, who.subject, q, newest(page), page.fetch
        )
        return page.answer(
            found, NEWEST, lambda row: (row.quote.submitted_at, row.quote.trip_id), quoted
        )

    @made.get("/missions")
    async def my_missions(context: DriverContext, page: Paging, q: Search = "") -> Response:
        """One's missions, past ones too, latest assigned first (HIF-22)."""
        who = context.principal
        found = await trips.missions_of(
            pool, who.organisation_id, who.subject, q, newest(page), page.fetch
        )
        return page.answer(found, NEWEST, assigned, lambda row: mission(row, context.today))

    @made.get("/profile")
    async def my_profile(context: DriverContext) -> Response:
        """Who one is, what one is qualified for, when one is available (HIF-34, HIF-36)."""
        profile, _ = await viewer(context)
        return Response(to_json(profile), media_type="application/json")

    @made.get("/qualifications")
    async def qualifications(context: DriverContext) -> Response:
        """What one is qualified for, in training for, and what would open more trips (HIF-37)."""
        profile, who = await viewer(context)
        shown = {
            "held": profile.qualifications,
            "in_training": profile.trainings,
            "offered": [offered(*found) for found in await trips.offered(pool, who)],
        }
        return Response(to_json(shown), media_type="application/json")


def logistics_routes(made: APIRouter, pool: Pool) -> None:
    """What logistics asks beside them."""

    @made.get("/logistics/trips/{trip_id}/quotes")
    async def quotes_on(trip_id: Id, context: Logistics) -> Response:
        """The quotes on a trip that hold, side by side, cheapest first (C8)."""
        found = await quotes.quotes_on(pool, context.principal.organisation_id, trip_id)
        return Response(to_json({"items": found}), media_type="application/json")

    @made.get("/logistics/drivers/available")
    async def available_drivers(
        context: Logistics, page: Paging, from_day: Day, until_day: Day
    ) -> Response:
        """Drivers who are available on all these days and not on a mission (HIF-32)."""
        if until_day < from_day:
            rule = FieldError("query:until_day", "not_before", "until_day comes before from_day.")
            raise Problem(422, "invalid-request", rule.detail, errors=[rule])
        after = page.after(BY_ID)
        found = await drivers.available(
            pool,
            context.principal.organisation_id,
            from_day,
            until_day,
            after[0] if after else "",
            page.fetch,
        )
        return page.answer(found, BY_ID, key=lambda row: (row.driver_id,))

    @made.get("/logistics/trainings")
    async def trainings_to_complete(context: Logistics, page: Paging) -> Response:
        """Trainings that drivers went to and nobody completed yet, the first begun first (G-11)."""
        after = page.after(FIRST_BEGUN)
        found = await drivers.in_training(
            pool,
            context.principal.organisation_id,
            (after[0], after[1], after[2]) if after else None,
            page.fetch,
        )
        return page.answer(
            found,
            FIRST_BEGUN,
            lambda row: (row.started_at, row.driver_id, f"{row.kind}:{row.code}"),
        )


def newest(page: Paging) -> trips.TimeCursor | None:
    after = page.after(NEWEST)
    return (after[0], after[1]) if after else None


def published(row: trips.Trip) -> tuple[datetime, str]:
    return row.published_at, row.trip_id


def assigned(row: trips.Trip) -> tuple[datetime, str]:
    assert row.assigned_at is not None
    return row.assigned_at, row.trip_id


def described(row: trips.Trip) -> dict[str, Any]:
    """What an offer and a mission say alike (HIF-10 to HIF-14)."""
    return {
        "client_brand": row.client_brand,
        "tags": row.tags,
        "departure": {"city": row.departure_city, "postal_code": row.departure_postal_code},
        "arrival": {"city": row.arrival_city, "postal_code": row.arrival_postal_code},
        "from": {"date": row.from_day, "fixed": row.from_fixed},
        "until": {"date": row.until_day, "fixed": row.until_fixed},
        "vehicle": {"make": row.make, "model": row.model},
        "delivery_type": row.delivery_type,
        "distance_km": row.distance_km,
        "duration_minutes": row.duration_minutes,
    }


def offer(row: trips.Trip, who: trips.Viewer) -> dict[str, Any]:
    """A trip as a driver may see it: the number of other quotes only as a bucket (HIF-15)."""
    return {
        "trip_id": row.trip_id,
        "status": row.status,
        **described(row),
        "client_process": row.client_process,
        "additional_services": row.additional_services,
        "quotes": trips.bucket(row.quoting, who.driver_id),
        "quoted": who.driver_id in row.quoting,
        "proposed": who.driver_id in row.proposed,
        "missing_qualifications": trips.missing(row, who.skills),
        "published_at": row.published_at,
    }


def mission(row: trips.Trip, today: date) -> dict[str, Any]:
    """A mission with all that its driver needs to prepare it (HIF-23, HIF-26, SM-04)."""
    status = "confirmed" if row.status == "delivered" else "assigned"
    if status == "assigned" and row.from_day <= today:
        status = "not_finalised"
    return {
        "trip_id": row.trip_id,
        "status": status,
        **described(row),
        "additional_services": row.additional_services,
        "client_process": row.client_process,
        "price": money(row.price_minor, row.price_currency),
        "expenses": row.expenses,
        "extra_costs": row.extras,
        "attachments": row.attachments,
        "assigned_at": row.assigned_at,
        "delivered_at": row.delivered_at,
    }


def offered(skill: str, open_trips: int) -> dict[str, Any]:
    """A qualification, and how many open trips ask for it."""
    kind, _, code = skill.partition(":")
    return {"kind": kind, "code": code, "open_trips": open_trips}


def quoted(row: quotes.QuotedTrip) -> dict[str, Any]:
    """A quote as its driver sees it, with enough of the trip to recognise it."""
    quote = row.quote
    counter = quote.counter_minor and {
        "status": quote.counter_status,
        "price": money(quote.counter_minor, quote.currency),
    }
    return {
        "trip_id": quote.trip_id,
        "status": quote.status,
        "departure_city": row.departure_city,
        "arrival_city": row.arrival_city,
        "client_brand": row.client_brand,
        "from_day": row.from_day,
        "until_day": row.until_day,
        "price": money(quote.amount_minor, quote.currency),
        "comment": quote.comment,
        "pickup_on": quote.pickup_on,
        "delivery_on": quote.delivery_on,
        "submitted_at": quote.submitted_at,
        "modified_at": quote.modified_at,
        "processed_at": quote.processed_at,
        "refusal_reason": quote.refusal_reason,
        "expenses": quote.expenses,
        "earlier": quote.earlier,
        "valid_until": quote.valid_until,
        "counter_offer": counter,
    }


def money(amount_minor: int | None, currency: str | None) -> dict[str, Any] | None:
    return None if amount_minor is None else {"amount_minor": amount_minor, "currency": currency}

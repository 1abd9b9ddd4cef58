"""The questions of the back office: what waits for a decision, on which facts, by which rule."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter
from starlette.responses import Response

from infra.http.models import Day, Id, to_json
from infra.http.pages import Order, Paging
from infra.http.problems import FieldError, Problem
from infra.http.request_context import RequestContext, requires
from infra.store.postgres import Pool
from services.views.backoffice import (
    contests,
    drivers,
    expenses,
    extras,
    invoices,
    questions,
    trips,
    users,
)
from services.views.backoffice import papers as vault
from services.views.backoffice import quotes as offers

Staff = Annotated[RequestContext, requires("logistics", "administration")]
Logistics = Annotated[RequestContext, requires("logistics")]
Billing = Annotated[RequestContext, requires("billing")]

LONGEST_WAITING = Order("longest-waiting", (datetime, str))
FIRST_TO_START = Order("first-to-start", (date, str))
OLDEST_LINE = Order("oldest-line", (datetime, str, str))
OLDEST_QUESTION = Order("oldest-question", (datetime, str, str))
BY_ID = Order("by-id", (str,))

T = TypeVar("T")


def router(pool: Pool) -> APIRouter:
    """The routes, over the tables of whichever generation is active."""
    made = APIRouter(routes=extras.router.routes)
    _logistics(made, pool)
    _billing(made, pool)
    return made


def _logistics(made: APIRouter, pool: Pool) -> None:
    @made.get("/accounts/to-activate")
    async def accounts_to_activate(context: Staff, page: Paging) -> Response:
        """Users whose signed agreement was received and who are not active yet (HIF-02)."""
        organisation = context.principal.organisation_id
        after = cursor(page.after(LONGEST_WAITING))
        found = await users.to_activate(pool, organisation, after, page.fetch)
        shown = await vault.papers_of(pool, organisation, [user.user_id for user in found])
        of_user = grouped(shown, lambda paper: paper.user_id)
        return page.answer(
            found,
            LONGEST_WAITING,
            key=lambda user: (waiting_since(user), user.user_id),
            present=lambda user: account(user, of_user[user.user_id], context.today),
        )

    @made.get("/papers/to-check")
    async def papers_to_check(context: Staff, page: Paging) -> Response:
        """Papers that wait to be accepted or refused, renewals among them (HIF-42, C6)."""
        after = cursor(page.after(LONGEST_WAITING))
        found = await vault.to_check(pool, context.principal.organisation_id, after, page.fetch)
        return page.answer(
            found,
            LONGEST_WAITING,
            key=lambda row: (row.added_at, row.paper_id),
            present=lambda row: {"user_id": row.user_id, **paper(row, context.today)},
        )

    @made.get("/quotes/to-process")
    async def quotes_to_process(context: Logistics, page: Paging) -> Response:
        """Open trips whose quotes wait for an answer, each with these side by side (G-17)."""
        organisation = context.principal.organisation_id
        after = page.after(FIRST_TO_START)
        found = await trips.to_process(
            pool, organisation, (after[0], after[1]) if after else None, page.fetch
        )
        ids = [trip.trip_id for trip in found]
        waiting = await offers.quotes_on(pool, organisation, ids, waiting=True)
        of_trip = grouped(waiting, lambda quote: quote.trip_id)
        return page.answer(
            found,
            FIRST_TO_START,
            key=lambda trip: (trip.from_day, trip.trip_id),
            present=lambda trip: compared(trip, of_trip[trip.trip_id]),
        )

    @made.get("/trips/{trip_id}/quotes")
    async def quotes_on(trip_id: Id, context: Logistics) -> Response:
        """Every quote on a trip with what was decided about it, and why (G-05)."""
        organisation = context.principal.organisation_id
        trip = await trips.one(pool, organisation, trip_id)
        if trip is None:
            raise Problem(404, "no-such-trip", "There is no such trip.")
        found = await offers.quotes_on(pool, organisation, [trip_id], waiting=False)
        return answer(compared(trip, found))

    @made.get("/drivers/available")
    async def available_drivers(
        context: Logistics, page: Paging, from_day: Day, until_day: Day
    ) -> Response:
        """Drivers who are available on all these days and not on a mission (HIF-32)."""
        if until_day < from_day:
            rule = FieldError("query:until_day", "not_before", "until_day comes before from_day.")
            raise Problem(422, "invalid-request", rule.detail, errors=[rule])
        after = page.after(BY_ID)
        organisation, since = context.principal.organisation_id, after[0] if after else ""
        found = await drivers.available(pool, organisation, from_day, until_day, since, page.fetch)
        return page.answer(found, BY_ID, key=lambda row: (row.driver_id,))


def _billing(made: APIRouter, pool: Pool) -> None:
    async def invoices_waiting(
        context: RequestContext, page: Paging, *, settled_only: bool
    ) -> Response:
        organisation = context.principal.organisation_id
        after = cursor(page.after(LONGEST_WAITING))
        found = await invoices.validated(
            pool, organisation, after, page.fetch, settled_only=settled_only
        )
        present = await detailed(organisation, found)
        return page.answer(found, LONGEST_WAITING, waiting_invoice, present)

    async def detailed(
        organisation: str, found: Iterable[invoices.Invoice]
    ) -> Callable[[invoices.Invoice], dict[str, Any]]:
        ids = [invoice.invoice_id for invoice in found]
        declared = await expenses.expenses_of(pool, organisation, ids)
        disputes = await contests.contests_of(pool, organisation, ids)
        expenses_by = grouped(declared, lambda expense: expense.invoice_id)
        contests_by = grouped(disputes, lambda contest: contest.invoice_id)
        return lambda row: invoice(row, expenses_by[row.invoice_id], contests_by[row.invoice_id])

    @made.get("/expenses/to-check")
    async def expenses_to_check(context: Billing, page: Paging) -> Response:
        """Validated expenses beside what was quoted and accepted, kind by kind (HIF-28)."""
        return await invoices_waiting(context, page, settled_only=False)

    @made.get("/invoices/to-approve")
    async def invoices_to_approve(context: Billing, page: Paging) -> Response:
        """Validated invoices none of whose lines is contested (G-15)."""
        return await invoices_waiting(context, page, settled_only=True)

    @made.get("/invoices/to-price")
    async def invoices_to_price(context: Billing, page: Paging) -> Response:
        """Delivered missions whose price was left open at their assignment (G-17, HIF-28)."""
        organisation = context.principal.organisation_id
        after = cursor(page.after(LONGEST_WAITING))
        found = await invoices.to_price(pool, organisation, after, page.fetch)
        present = await detailed(organisation, found)
        return page.answer(
            found, LONGEST_WAITING, lambda row: (row.delivered_at, row.invoice_id), present
        )

    @made.get("/invoices/{invoice_id}")
    async def one_invoice(invoice_id: Id, context: Billing) -> Response:
        """An invoice with the facts behind its figures, and what was contested (HIF-29)."""
        organisation = context.principal.organisation_id
        found = await invoices.one(pool, organisation, invoice_id)
        if found is None:
            raise Problem(404, "no-such-invoice", "There is no such invoice.")
        present = await detailed(organisation, [found])
        return answer(present(found))

    @made.get("/lines/contested")
    async def contested_lines(context: Billing, page: Paging) -> Response:
        """Lines that are contested and not settled, oldest first."""
        after = page.after(OLDEST_LINE)
        found = await contests.open_contests(
            pool,
            context.principal.organisation_id,
            (after[0], after[1], after[2]) if after else None,
            page.fetch,
        )
        return page.answer(
            found, OLDEST_LINE, key=lambda row: (row.contested_at, row.invoice_id, row.line_id)
        )

    @made.get("/questions/open")
    async def open_questions(context: Billing, page: Paging) -> Response:
        """Questions of drivers that wait for an answer, oldest first (HIF-30)."""
        after = page.after(OLDEST_QUESTION)
        found = await questions.unanswered(
            pool,
            context.principal.organisation_id,
            (after[0], after[1], after[2]) if after else None,
            page.fetch,
        )
        return page.answer(
            found, OLDEST_QUESTION, key=lambda row: (row.asked_at, row.driver_id, row.question_id)
        )


def answer(body: object) -> Response:
    return Response(to_json(body), media_type="application/json")


def cursor(after: tuple[Any, ...] | None) -> tuple[datetime, str] | None:
    return (after[0], after[1]) if after else None


def grouped(rows: Iterable[T], by: Callable[[T], str]) -> Mapping[str, list[T]]:
    """The rows by their owner; an owner without any has an empty list."""
    found: defaultdict[str, list[T]] = defaultdict(list)
    for row in rows:
        found[by(row)].append(row)
    return found


def waiting_since(user: users.User) -> datetime:
    assert user.agreement_recorded_at is not None
    return user.agreement_recorded_at


def waiting_invoice(row: invoices.Invoice) -> tuple[datetime, str]:
    assert row.validated_at is not None
    return row.validated_at, row.invoice_id


def money(amount_minor: int | None, currency: str | None) -> dict[str, Any] | None:
    return None if amount_minor is None else {"amount_minor": amount_minor, "currency": currency}


# --- Accounts and quotes ----------------------------------------------------


def account(user: users.User, shown: list[vault.Paper], today: date) -> dict[str, Any]:
    """A user to activate, with the papers to look at before."""
    return {
        "user_id": user.user_id,
        "name": user.name,
        "email": user.email,
        "phone": user.phone,
        "language": user.language,
        "roles": user.roles,
        "invited_by": user.invited_by,
        "invited_at": user.invited_at,
        "agreement": {
            "file_id": user.agreement_file_id,
            "signed_on": user.agreement_signed_on,
            "recorded_at": user.agreement_recorded_at,
        },
        "papers": [paper(one, today) for one in shown],
    }


def paper(row: vault.Paper, today: date) -> dict[str, Any]:
    """A paper as it was shown last, and whether one of its kind holds today."""
    ends = row.held_until
    return {
        "paper_id": row.paper_id,
        "kind": row.kind,
        "status": row.status,
        "file_id": row.file_id,
        "issued_on": row.issued_on,
        "expires_on": row.expires_on,
        "added_at": row.added_at,
        "refusal_reason": row.refusal_reason,
        "decided_by": row.decided_by,
        "decided_at": row.decided_at,
        "holds": row.held_file_id is not None and (ends is None or today <= ends),
        "held_until": ends,
    }


def compared(trip: trips.Trip, found: list[offers.Quote]) -> dict[str, Any]:
    """A trip with quotes on it, cheapest first."""
    return {
        "trip_id": trip.trip_id,
        "status": trip.status,
        "client_brand": trip.client_brand,
        "departure_city": trip.departure_city,
        "arrival_city": trip.arrival_city,
        "from_day": trip.from_day,
        "until_day": trip.until_day,
        "vehicle": {"make": trip.make, "model": trip.model},
        "distance_km": trip.distance_km,
        "published_at": trip.published_at,
        "driver_id": trip.driver_id,
        "quotes": [quoted(quote) for quote in found],
    }


def quoted(row: offers.Quote) -> dict[str, Any]:
    """A quote with what was decided; `why` is the rule that did, null where a person did."""
    expenses_minor = sum(one.amount_minor for one in row.expenses)
    why = {"rule": row.rule_id, "version": row.rule_version, "inputs": row.rule_inputs}
    counter = row.counter_minor and {
        "status": row.counter_status,
        "price": money(row.counter_minor, row.currency),
    }
    return {
        "driver_id": row.driver_id,
        "status": row.status,
        "price": money(row.amount_minor, row.currency),
        "service": money(row.amount_minor - expenses_minor, row.currency),
        "expenses": [
            {"kind": one.kind, "amount": money(one.amount_minor, row.currency)}
            for one in row.expenses
        ],
        "comment": row.comment,
        "pickup_on": row.pickup_on,
        "delivery_on": row.delivery_on,
        "submitted_at": row.submitted_at,
        "modified_at": row.modified_at,
        "processed_at": row.processed_at,
        "refusal_reason": row.refusal_reason,
        "why": why if row.rule_id else None,
        "valid_until": row.valid_until,
        "counter_offer": counter,
    }


# --- Invoices ---------------------------------------------------------------


def invoice(
    row: invoices.Invoice, declared: list[expenses.Expense], disputes: list[contests.Contest]
) -> dict[str, Any]:
    """An invoice as billing decides on it."""
    return {
        "invoice_id": row.invoice_id,
        "trip_id": row.trip_id,
        "driver_id": row.driver_id,
        "description": row.description,
        "status": "disputed" if row.contested else row.status,
        "delivered_at": row.delivered_at,
        "service": money(row.service_minor, row.currency),
        "expenses": money(row.expenses_minor, row.currency),
        "kinds": [side_by_side(kind, row, declared) for kind in kinds(row, declared)],
        "contests": disputes,
        "validated_at": row.validated_at,
        "approval": approval(row),
        "number": row.number,
        "payout_id": row.payout_id,
        "paid_at": row.paid_at,
    }


def kinds(row: invoices.Invoice, declared: list[expenses.Expense]) -> list[str]:
    """The kinds of expenses there are, quoted ones first."""
    return list(dict.fromkeys([a.kind for a in row.allowed] + [e.kind for e in declared]))


def side_by_side(
    kind: str, row: invoices.Invoice, declared: list[expenses.Expense]
) -> dict[str, Any]:
    """What was quoted and accepted of a kind beside what was declared, line by line."""
    allowed = [a for a in row.allowed if a.kind == kind]
    lines = [e for e in declared if e.kind == kind]
    allowed_minor = sum(a.amount_minor for a in allowed)
    declared_minor = sum(current(e) for e in lines)
    return {
        "kind": kind,
        "quoted": [money(a.amount_minor, a.currency) for a in allowed if a.extra_id is None],
        "extras": [
            {"extra_id": a.extra_id, "amount": money(a.amount_minor, a.currency)}
            for a in allowed
            if a.extra_id is not None
        ],
        "declared": [line(e) for e in lines],
        "allowed_minor": allowed_minor,
        "declared_minor": declared_minor,
        "over_minor": max(0, declared_minor - allowed_minor),
    }


def current(row: expenses.Expense) -> int:
    return row.amount_minor if row.settled_minor is None else row.settled_minor


def line(row: expenses.Expense) -> dict[str, Any]:
    return {
        "expense_id": row.expense_id,
        "amount": money(row.amount_minor, row.currency),
        "settled": money(row.settled_minor, row.currency),
        "receipt_file_id": row.receipt_file_id,
        "note": row.note,
        "added_at": row.added_at,
    }


def approval(row: invoices.Invoice) -> dict[str, Any] | None:
    """The figures that were approved, each with the fact it is from: a stream and its version."""
    if row.approved_version is None:
        return None
    stream = f"invoice-{row.invoice_id}"
    approved = {"stream": stream, "version": row.approved_version}
    return {
        "lines": [
            {
                "line_id": one.line_id,
                "kind": one.kind,
                "amount": money(one.amount_minor, one.currency),
                "fact": {"stream": stream, "version": one.version},
            }
            for one in row.lines
        ],
        "net": {"amount": money(row.net_minor, row.currency), "fact": approved},
        "tax": {
            "category": row.tax_category,
            "rate": row.tax_rate,
            "amount": money(row.tax_minor, row.currency),
            "fact": approved,
        },
        "total": {"amount": money(row.total_minor, row.currency), "fact": approved},
        "self_billed": row.self_billed,
        "seller": {"stream": f"seller-{row.driver_id}", "version": row.seller_version},
        "buyer": {"stream": f"buyer-{row.organisation_id}", "version": row.buyer_version},
        "approved_at": row.approved_at,
    }

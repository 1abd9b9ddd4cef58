"""Threads about a case or a mission: with whom they are, and where."""

from collections.abc import Mapping

from contracts.conversations.thread_v1 import (
    Matter,
    MatterKind,
    Member,
    ThreadKind,
    ThreadOpened,
)
from contracts.customers.customer_v1 import ConsentPurpose
from infra.host import Running
from infra.http import readable_ids
from infra.http.answers import Answered, Recorded, Router
from infra.http.customer_pages import threads as pages_of_threads
from infra.http.models import Body, Id
from infra.http.problems import unknown_reference
from infra.http.request_context import PublicRequest, RequestContext
from infra.lookups import customers, customers_of_cases, dealerships, users
from services.conversations import thread
from services.conversations.aggregates import THREAD
from services.conversations.http.access import (
    MANAGERS,
    STAFF,
    MemberContext,
    people_at,
    require_chat,
    writers,
)
from services.conversations.lookups import (
    interventions_case,
    missions_trip,
)
from services.conversations.lookups.interventions_case import CUSTOMER, Case

MOST_TOLD = 10
"""The people of a dealership who take part where nobody of the case can sign in."""


class CustomerThreadBody(Body):
    """A thread with somebody who is shown a case."""

    case_id: Id
    recipient_id: Id = CUSTOMER


class MissionThreadBody(Body):
    trip_id: Id


def router(running: Running) -> Router:
    """The routes, over the keys that make the links of customers."""
    masters, pages = running.settings.masters, running.settings.pages_url
    routes = Router("Threads about something")

    @routes.post("/customer-threads", status_code=201)
    async def open_customer_thread(
        body: CustomerThreadBody, context: MemberContext
    ) -> Answered[Recorded]:
        """Open the thread with a customer of a case, or with another recipient of it; the same one
        whoever of both sides does it, once the case was shown to them."""
        found = await case_of(context, body.case_id)
        require_case_writer(context, found)
        await require_chat(context, found.dealership_id)
        if found.state != interventions_case.OPEN:
            raise context.refuse(thread.ThreadIsClosed())
        link = found.link_of(body.recipient_id)
        if link is None:
            raise unknown_reference("recipient_id", "recipient")
        address = f"{pages}{pages_of_threads.path(masters, found.case_id, link.link_id)}"
        known = await customer_of(context, found, body.recipient_id, address)
        by = context.principal.subject
        command = await opening(context, found, body.recipient_id, known, by)
        id = command.thread_id
        return await context.handle(THREAD, id, command, created=f"/conversations/threads/{id}")

    @routes.post("/mission-threads", status_code=201)
    async def open_mission_thread(
        body: MissionThreadBody, context: MemberContext
    ) -> Answered[Recorded]:
        """Open the thread between those who give a mission and the driver who has it; the same one
        whoever of them does it, once the mission is awarded."""
        who = context.principal
        found = await context.lookup(missions_trip.lookup, body.trip_id)
        if found is None or found.driver_id is None:
            raise unknown_reference("trip_id", "trip")
        staff = found.organisation_id == who.organisation_id and not STAFF.isdisjoint(who.roles)
        if not staff and found.driver_id != who.subject:
            raise unknown_reference("trip_id", "trip")
        if found.state != missions_trip.OPEN:
            raise context.refuse(thread.ThreadIsClosed())
        driver = await context.lookup(users.lookup, found.driver_id)
        home = driver.organisation_id if driver else found.organisation_id
        people = [Member(user_id=found.driver_id, organisation_id=home)]
        if staff:
            people.append(Member(user_id=who.subject, organisation_id=who.organisation_id))
        id = thread_id_of(found.organisation_id, f"m/{body.trip_id}")
        command = thread.OpenThread(
            thread_id=id,
            organisation_id=found.organisation_id,
            kind=ThreadKind.PARTNER,
            matter=Matter(kind=MatterKind.MISSION, matter_id=found.trip_id),
            counterpart_id=found.driver_id,
            members=tuple(people),
            by=who.subject,
            at=context.at,
        )
        return await context.handle(THREAD, id, command, created=f"/conversations/threads/{id}")

    return routes


# --- Cases ------------------------------------------------------------------


def thread_of_case(found: Case, recipient_id: str) -> str:
    """The id of the thread with a recipient of a case, the same whoever opens it."""
    return thread_id_of(found.organisation_id, f"c/{found.case_id}/{recipient_id}")


def thread_id_of(organisation_id: str, name: str) -> str:
    return readable_ids.referenced_id(readable_ids.THREAD, organisation_id, name)


async def case_of(context: RequestContext, case_id: str) -> Case:
    """A case of the caller's organisation. Raises the 422 `Problem` of the field."""
    found = await context.lookup(interventions_case.lookup, case_id)
    if found is None or found.organisation_id != context.principal.organisation_id:
        raise unknown_reference("case_id", "case")
    return found


def require_case_writer(context: RequestContext, found: Case) -> None:
    """Refuse who does not work on the case, as if there were none (FLB-019)."""
    if found.dealership_id not in context.dealerships(*writers(found.sales)):
        raise unknown_reference("case_id", "case")


def require_case_reader(context: RequestContext, found: Case) -> None:
    """The same, for managers as well."""
    if found.dealership_id not in context.dealerships(*MANAGERS):
        require_case_writer(context, found)


async def opening(
    context: PublicRequest,
    found: Case,
    recipient_id: str,
    customer: thread.Customer,
    by: str | None,
) -> thread.OpenThread:
    """Opens the thread with a recipient of a case. Of the dealership, those take part who have the
    case and may sign in; where there is nobody, those who might have it."""
    people = dict.fromkeys((*found.people, *([by] if by else [])))
    members = tuple([one for id in people if (one := await member(context, found, id))])
    if not members:
        roles = writers(found.sales)
        members = await people_at(
            context, found.organisation_id, found.dealership_id, *roles, most=MOST_TOLD
        )
    return thread.OpenThread(
        thread_id=thread_of_case(found, recipient_id),
        organisation_id=found.organisation_id,
        kind=ThreadKind.CUSTOMER,
        matter=Matter(kind=MatterKind.CASE, matter_id=found.case_id),
        dealership_id=found.dealership_id,
        sales=found.sales,
        counterpart_id=recipient_id,
        members=members,
        customer=customer,
        by=by,
        at=context.at,
    )


async def member(context: PublicRequest, found: Case, user_id: str) -> Member | None:
    """Somebody of a case as a member; None for who cannot sign in, as a technician or a device."""
    known = await context.lookup(users.lookup, user_id)
    mine = known is not None and known.organisation_id == found.organisation_id
    if known is None or not mine or not known.active or known.closed:
        return None
    return Member(user_id=user_id, organisation_id=found.organisation_id)


async def customer_of(
    context: PublicRequest, found: Case, recipient_id: str, link: str
) -> thread.Customer:
    """Somebody who is shown a case, as they are known now; what the customer blocked is no way to
    them (FLB-121)."""
    dealership = await context.lookup(dealerships.lookup, found.dealership_id)
    known = await context.lookup(interventions_case.recipients, found.case_id, recipient_id)
    email, phone = (known.email, known.phone) if known else (None, None)
    if known is not None and known.contact_id:
        customer_id = await customers_of_cases.of_case(
            context.lookups, found.case_id, known.contact_id
        )
        ways = await customers.open_channels(
            context.lookups, customer_id, ConsentPurpose.CASES, context.at
        )
        email, phone = email if ways.email else None, phone if ways.sms else None
    return thread.Customer(
        case_id=found.case_id,
        recipient_id=recipient_id,
        name=(known.name if known else None) or "",
        email=email,
        phone=phone,
        language=known.language if known else dealership.default_language if dealership else "en",
        link=link,
        dealership_called=dealership.dealership_name if dealership else "",
    )


async def customer_now(
    context: PublicRequest, opened: ThreadOpened, masters: Mapping[str, bytes], pages: str
) -> thread.Customer | None:
    """The customer of a thread, as they are known now; None for other threads, and while nobody
    has a link to the case."""
    if opened.kind is not ThreadKind.CUSTOMER or opened.matter is None:
        return None
    found = await context.lookup(interventions_case.lookup, opened.matter.matter_id)
    recipient_id = opened.counterpart_id or CUSTOMER
    link = found.link_of(recipient_id) if found else None
    if found is None or link is None:
        return None
    address = f"{pages}{pages_of_threads.path(masters, found.case_id, link.link_id)}"
    return await customer_of(context, found, recipient_id, address)

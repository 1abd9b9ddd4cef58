"""Threads about what customers ask a marketplace for (OGU-28): between it and a provider about a
request, and with the customer about a job."""

from collections.abc import Mapping

from contracts.conversations.thread_v1 import Matter, MatterKind, Member, ThreadKind
from infra.host import Running
from infra.http.answers import Answered, Recorded, Router
from infra.http.customer_pages import threads as pages_of_threads
from infra.http.models import Body, Id
from infra.http.problems import unknown_reference
from infra.http.request_context import PublicRequest, RequestContext
from services.conversations import thread
from services.conversations.aggregates import THREAD
from services.conversations.http.access import OPERATOR, PROVIDER, MarketContext, caller
from services.conversations.http.matters import thread_id_of
from services.conversations.lookups import dispatch_job, dispatch_request
from services.conversations.lookups.dispatch_job import Job
from services.conversations.lookups.dispatch_request import Request


class RequestThreadBody(Body):
    """A thread between a marketplace and one provider, about a request and all its jobs."""

    request_id: Id
    provider_id: Id


class JobThreadBody(Body):
    """A thread with the customer of a job."""

    job_id: Id


def router(running: Running) -> Router:
    """The routes, over the keys that make the links of customers."""
    masters, pages = running.settings.masters, running.settings.pages_url
    routes = Router("Threads about requests and jobs")

    @routes.post("/request-threads", status_code=201)
    async def open_request_thread(
        body: RequestThreadBody, context: MarketContext
    ) -> Answered[Recorded]:
        """Open the thread between a marketplace and a provider that was offered a request or has a
        job of it; the same one whoever of them does it."""
        found = await context.lookup(dispatch_request.lookup, body.request_id)
        people = await members_of_request(context, found, body.provider_id) if found else ()
        if found is None or not people:
            raise unknown_reference("request_id", "request")
        if found.state != dispatch_request.OPEN:
            raise context.refuse(thread.ThreadIsClosed())
        id = thread_id_of(found.organisation_id, f"q/{found.request_id}/{body.provider_id}")
        command = thread.OpenThread(
            thread_id=id,
            organisation_id=found.organisation_id,
            kind=ThreadKind.PARTNER,
            matter=Matter(kind=MatterKind.REQUEST, matter_id=found.request_id),
            counterpart_id=body.provider_id,
            members=people,
            by=context.principal.subject,
            at=context.at,
        )
        return await context.handle(THREAD, id, command, created=f"/conversations/threads/{id}")

    @routes.post("/job-threads", status_code=201)
    async def open_job_thread(body: JobThreadBody, context: MarketContext) -> Answered[Recorded]:
        """Open the thread with the customer of a job, for the provider that has it or the operator
        of the marketplace; the same one whoever does it."""
        found = await job_of(context, body.job_id)
        command = opening_of_job(context, found, masters, pages, caller(context))
        id = command.thread_id
        return await context.handle(THREAD, id, command, created=f"/conversations/threads/{id}")

    return routes


# --- Jobs -------------------------------------------------------------------


def thread_of_job(found: Job) -> str:
    """The id of the thread with the customer of a job, the same whoever opens it."""
    return thread_id_of(found.organisation_id, f"j/{found.job_id}")


async def job_of(context: RequestContext, job_id: str) -> Job:
    """A job of the caller's marketplace, or of the caller as the provider that has it. Raises the
    422 `Problem` of the field; a 409 where there is nothing to write about any more."""
    found, who = await known_job(context, job_id), context.principal
    if found is None:
        raise unknown_reference("job_id", "job")
    operates = who.organisation_id == found.organisation_id and OPERATOR in who.roles
    has_it = found.state != dispatch_job.PASSED_ON and who.organisation_id == found.provider_id
    if not (operates or (has_it and PROVIDER in who.roles)):
        raise unknown_reference("job_id", "job")
    if found.state != dispatch_job.OPEN:
        raise context.refuse(thread.ThreadIsClosed())
    return found


async def known_job(context: PublicRequest, job_id: str) -> Job | None:
    """A job, unless its customer was forgotten."""
    if (found := await context.lookup(dispatch_job.jobs, job_id)) is None:
        return None
    asked = await context.lookup(dispatch_request.lookup, found.request_id)
    return None if asked and asked.state == dispatch_request.GONE else found


def opening_of_job(
    context: PublicRequest,
    found: Job,
    masters: Mapping[str, bytes],
    pages: str,
    by: Member | None,
) -> thread.OpenThread:
    """Opens the thread with the customer of a job; `by` is None for the customer. The operator is
    told of what is written once one of its people takes part."""
    told = Member(user_id=found.manager_id, organisation_id=found.provider_id)
    return thread.OpenThread(
        thread_id=thread_of_job(found),
        organisation_id=found.organisation_id,
        kind=ThreadKind.END_CUSTOMER,
        matter=Matter(kind=MatterKind.JOB, matter_id=found.job_id),
        counterpart_id=found.provider_id,
        members=tuple(dict.fromkeys((told, by) if by else (told,))),
        customer=thread.EndCustomer(
            request_id=found.request_id,
            name=found.customer_name,
            email=found.customer_email,
            language=found.language,
            link=f"{pages}{pages_of_threads.path_of_job(masters, found.job_id)}",
        ),
        by=by.user_id if by else None,
        at=context.at,
    )


# --- Requests ---------------------------------------------------------------


async def members_of_request(
    context: RequestContext, found: Request, provider_id: str
) -> tuple[Member, ...]:
    """Those who are told on both sides, and the caller; nobody where the provider has nothing to
    do with the request, or the caller with neither of them (G-69)."""
    offer = await context.lookup(dispatch_request.offers, found.request_id, provider_id)
    worker = await context.lookup(dispatch_job.lookup, found.request_id, provider_id)
    who = context.principal
    operates = who.organisation_id == found.organisation_id and OPERATOR in who.roles
    provides = who.organisation_id == provider_id and PROVIDER in who.roles
    told = worker or offer
    if told is None or not (operates or provides):
        return ()
    people = (
        Member(user_id=found.manager_id, organisation_id=found.organisation_id),
        Member(user_id=told.manager_id, organisation_id=provider_id),
        caller(context),
    )
    return tuple(dict.fromkeys(people))

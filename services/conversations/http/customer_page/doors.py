"""The doors of the page of a thread: a link to a case, and one to a job of an end customer."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from contracts import providers
from infra.catalogues import ENGLISH, language_of
from infra.http.customer_pages import houses
from infra.http.customer_pages import threads as links
from infra.http.customer_pages.browsers import browser_of
from infra.http.customer_pages.doors import Asked, NoPage, holder_of
from infra.http.customer_pages.houses import House
from infra.http.customer_pages.site import Site
from infra.http.customer_pages.words import Words
from infra.http.request_context import RequestContext
from infra.lookups import dealerships
from services.conversations import thread
from services.conversations.aggregates import THREAD
from services.conversations.http.market import known_job, opening_of_job, thread_of_job
from services.conversations.http.matters import customer_of, opening, thread_of_case
from services.conversations.lookups import (
    dispatch_job,
    interventions_case,
    marketplace_relation,
)
from services.conversations.lookups.dispatch_job import Job
from services.conversations.thread.sides import ORGANISATION, PROVIDER

SITE = Site("conversations", "services.conversations.http.customer_page")
THREAD_OF_JOB = "thread"
"""There is one link to the thread of a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Somebody who came by a good link, and the thread that it opens."""

    context: RequestContext
    here: str
    house: House
    authors: Mapping[str, str]
    """How each side that is not the customer's is called."""
    partner: str
    """How those are called whom the customer writes to."""
    colleagues: tuple[str, ...]
    """The organisations whose people are not the customer."""
    dealership_id: str | None
    """Of a case."""
    thread_id: str
    state: thread.State
    words: Words
    keeps_browsers: bool
    """Whether the link acts in the browser alone that opened it first (ADR 84)."""
    forwarded: bool
    """Another browser has the link: they read alone."""
    over: bool
    """Nothing can be written any more, whether or not the thread was opened."""
    begin: Callable[[], Awaitable[thread.OpenThread]]
    """The command that opens the thread."""


@dataclass(frozen=True, slots=True)
class Doors:
    """The doors over the keys that make links, and the address that these begin with."""

    masters: Mapping[str, bytes]
    address: str

    async def of_case(self, asked: Asked) -> Door:
        """The thread that a link to a case opens now. Raises `NoPage`.

        A link that somebody took back opens no thread either; one of a former version still does.
        """
        context = asked.context
        if (named := links.read(self.masters, asked.token)) is None:
            raise NoPage("gone_unknown", 404)
        case_id, link_id = named
        found = await context.lookup(interventions_case.lookup, case_id)
        if found is None or found.state == interventions_case.GONE:
            raise NoPage("gone_unknown", 404)
        if found.state == interventions_case.CLOSED:
            raise NoPage("gone_closed", 410)
        link = found.link(link_id)
        if link is None or (link.expires_at is not None and link.expires_at <= context.at):
            raise NoPage("gone_void", 410)
        dealership = await context.lookup(dealerships.lookup, found.dealership_id)
        if dealership is None:
            raise NoPage("gone_unknown", 404)
        thread_id = thread_of_case(found, link.recipient_id)
        state = (await context.load(THREAD, thread_id)).state
        who = context.as_principal(holder_of(case_id, link_id, found.organisation_id))
        known = await context.lookup(interventions_case.recipients, case_id, link.recipient_id)
        own = language_of(known.language) if known else None
        language = asked.chosen or own or language_of(dealership.default_language) or ENGLISH
        house = houses.house_of(dealership, found.brand)
        here = f"{links.PAGE}/{asked.token}"

        async def begin() -> thread.OpenThread:
            customer = await customer_of(who, found, link.recipient_id, f"{self.address}{here}")
            return await opening(who, found, link.recipient_id, customer, None)

        return Door(
            context=who,
            here=here,
            house=house,
            authors={ORGANISATION: house.name},
            partner=house.name,
            colleagues=(found.organisation_id,),
            dealership_id=found.dealership_id,
            thread_id=thread_id,
            state=state,
            words=SITE.words(language, ZoneInfo(found.time_zone)),
            keeps_browsers=True,
            forwarded=link.is_forwarded(browser_of(asked.request, case_id, link_id)),
            over=False,
            begin=begin,
        )

    async def of_job(self, asked: Asked) -> Door:
        """The thread with the provider of a job. Raises `NoPage`.

        Whoever has the link writes, in any browser (ADR 87); one whose job passed to another
        provider still reads.
        """
        context = asked.context
        job_id = links.job_of(self.masters, asked.token)
        found = await known_job(context, job_id) if job_id else None
        if found is None:
            raise NoPage("gone_unknown", 404)
        id = providers.relation_id(found.organisation_id, found.provider_id)
        names = await context.lookup(marketplace_relation.lookup, id)
        if names is None:
            raise NoPage("gone_unknown", 404)
        thread_id = thread_of_job(found)
        who = context.as_principal(holder_of(found.job_id, THREAD_OF_JOB, found.organisation_id))
        return Door(
            context=who,
            here=f"{links.PAGE_OF_JOB}/{asked.token}",
            house=House(name=names.marketplace_name),
            authors={ORGANISATION: names.marketplace_name, PROVIDER: names.provider_name},
            partner=names.provider_name,
            colleagues=(found.organisation_id, found.provider_id),
            dealership_id=None,
            thread_id=thread_id,
            state=(await context.load(THREAD, thread_id)).state,
            words=SITE.words(
                asked.chosen or language_of(found.language) or ENGLISH, ZoneInfo(found.time_zone)
            ),
            keeps_browsers=False,
            forwarded=False,
            over=found.state != dispatch_job.OPEN,
            begin=lambda: self.begin_about(who, found),
        )

    async def begin_about(self, context: RequestContext, found: Job) -> thread.OpenThread:
        """Raises the `Problem` of a job about which nothing is written any more."""
        if found.state != dispatch_job.OPEN:
            raise context.refuse(thread.ThreadIsClosed())
        return opening_of_job(context, found, self.masters, self.address, None)

"""The page of a customer as an API: whoever has a link reads, answers, replies, asks to be called.

Nobody signs in here: the link lets its holder in, to one case. The page itself is made elsewhere.
"""

from typing import Annotated

from pydantic import Field, StringConstraints
from starlette.requests import Request

from infra.commands import Done
from infra.http.answers import Answered, Recorded, Router
from infra.http.customer_pages.browsers import browser_of
from infra.http.customer_pages.doors import Anybody, Token, address_of, device_of, holder_of
from infra.http.models import Body
from infra.http.request_context import PublicRequest, RequestContext
from infra.lookups import payments
from infra.vault import Vault
from services.interventions import case
from services.interventions.adapters import links
from services.interventions.aggregates import CASE
from services.interventions.case import answering, visit
from services.interventions.case.answering import Holder
from services.interventions.http.access import terms_of
from services.interventions.http.answers import PageShown, page_shown
from services.interventions.http.fields import Written
from services.interventions.http.proposal import Version, WorkIds


class AnswerBody(Body):
    version: Version
    """The version that was seen; 412 when there is a later one."""
    accepted: WorkIds
    """The works that are wanted; all others are refused."""
    risks_acknowledged: WorkIds = ()
    """The urgent works that are refused knowing what that means."""
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = None
    """Where the amount asks for one."""


class RatingBody(Body):
    """How the visit was."""

    score: Annotated[int, Field(ge=0, le=visit.BEST)]
    """From 0 for very bad to 10 for very good."""


class ReplyBody(Body):
    version: Version
    reply: Written


def router(vault: Vault) -> Router:
    """The routes, over the key that makes links."""
    routes = Router("Page of the customer")

    @routes.get("/page/{token}/case")
    async def show_page(token: Token, context: Anybody, request: Request) -> Answered[PageShown]:
        """Show the case to whoever has the link. This alone counts as no reading: the page says
        when somebody has opened it (`PUT .../reading`)."""
        case_id, link_id = await named(vault, context, token)
        state = (await context.load(CASE, case_id)).state
        if not isinstance(state, case.Live):
            closed = isinstance(state, case.Closed)
            raise context.refuse(case.CaseIsClosed() if closed else case.NoSuchCase())
        holder = holding(request, case_id, link_id)
        link = answering.link_of(holder, state.dossier, context.at)
        if isinstance(link, answering.LinkIsVoid):
            raise context.refuse(link)
        payment = await context.lookup(payments.lookup, case_id)
        return Answered(page_shown(state, link, payment, holder))

    @routes.put("/page/{token}/reading")
    async def open_page(token: Token, context: Anybody, request: Request) -> Answered[Recorded]:
        """Say that somebody opened the page. A case that waits to be sent is fixed by it."""
        known, case_id, holder = await let_in(vault, context, token, request)
        state = (await context.load(CASE, case_id)).state
        assert isinstance(state, case.Created)
        above = (await terms_of(known, state.dossier)).code_above
        command = answering.OpenPage(holder=holder, code_above=above, at=context.at)
        return await known.handle(CASE, case_id, command)

    @routes.put("/page/{token}/reply")
    async def reply_to_case(
        token: Token, body: ReplyBody, context: Anybody, request: Request
    ) -> Answered[Recorded]:
        """Reply to a seller."""
        known, case_id, holder = await let_in(vault, context, token, request)
        command = answering.ReplyToCase(
            holder=holder, version=body.version, reply=body.reply, at=context.at
        )
        return await known.handle(CASE, case_id, command)

    @routes.put("/page/{token}/contact-request")
    async def request_contact(
        token: Token, context: Anybody, request: Request
    ) -> Answered[Recorded]:
        """Ask to be called; the status of the case stays as it is."""
        known, case_id, holder = await let_in(vault, context, token, request)
        command = answering.RequestContact(holder=holder, at=context.at)
        return await known.handle(CASE, case_id, command)

    @routes.put("/page/{token}/visit-rating")
    async def rate_visit(
        token: Token, body: RatingBody, context: Anybody, request: Request
    ) -> Answered[Recorded]:
        """Say how the visit was, once the case is closed and the customer was asked. The first
        score counts; a low one asks for a call."""
        known, case_id, holder = await let_in(vault, context, token, request)
        command = visit.RateVisit(holder=holder, score=body.score, at=context.at)
        return await known.handle(CASE, case_id, command)

    return routes


def decisions(vault: Vault) -> Router:
    """The routes by which the holder of a link decides."""
    routes = Router("Answer of the customer")

    @routes.put("/page/{token}/answer")
    async def answer_case(
        token: Token, body: AnswerBody, context: Anybody, request: Request
    ) -> Answered[Recorded]:
        """Decide on every work. The first whole answer counts, and is final."""
        known, case_id, holder = await let_in(vault, context, token, request)
        command = answering.AnswerCase(
            holder=holder,
            attempt_id=known.new_id("A"),
            version=body.version,
            accepted=body.accepted,
            risks_acknowledged=body.risks_acknowledged,
            code=body.code,
            at=context.at,
        )
        if body.code is not None:
            refuse_mistaken(known, command, await known.perform(CASE, case_id, command))
        return await known.handle(CASE, case_id, command)

    @routes.post("/page/{token}/codes")
    async def ask_code(token: Token, context: Anybody, request: Request) -> Answered[Recorded]:
        """Have a code sent to the phone that the dealership knows; it holds for ten minutes."""
        known, case_id, holder = await let_in(vault, context, token, request)
        code = await links.code_of(vault, case_id, known.new_id("N"))
        command = answering.AskCode(holder=holder, code=code, at=context.at)
        return await known.handle(CASE, case_id, command)

    return routes


async def named(vault: Vault, context: PublicRequest, token: str) -> tuple[str, str]:
    """The case and the link. Raises 404 for a token that nobody was given."""
    found = await links.of_cases(vault).read(token)
    if found is None:
        raise context.refuse(case.NoSuchCase())
    return found


async def let_in(
    vault: Vault, context: PublicRequest, token: str, request: Request
) -> tuple[RequestContext, str, Holder]:
    """The holder of the link, as somebody who may carry out commands on its case."""
    case_id, link_id = await named(vault, context, token)
    state = (await context.load(CASE, case_id)).state
    if isinstance(state, case.Uncreated | case.Deleted):
        raise context.refuse(case.NoSuchCase())
    organisation_id = state.dossier.created.organisation_id
    who = holder_of(case_id, link_id, organisation_id)
    return context.as_principal(who), case_id, holding(request, case_id, link_id)


def refuse_mistaken(
    context: RequestContext,
    command: answering.AnswerCase | answering.TakeLink,
    done: Done[case.Case],
) -> None:
    """Refuse what left no record but that its code is wrong. 422."""
    state = done.state
    if isinstance(state, case.Created) and answering.is_mistaken(command, state.dossier):
        raise context.refuse(answering.AnswerCodeIsWrong())


def holding(request: Request, case_id: str, link_id: str) -> Holder:
    """Where the holder asks from, for the record of what they decide."""
    return Holder(
        link_id=link_id,
        ip_address=address_of(request),
        device=device_of(request),
        browser=browser_of(request, case_id, link_id),
    )

"""The page of a customer, for people in browsers: read by a link, and answered by its forms.

It works without scripts. Nothing that only fetches it counts as somebody who reads it
([ADR 74](docs/adr/0074-fetching-a-page-is-not-reading-it.md)).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from secrets import token_urlsafe
from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from contracts.decisions import Changed
from infra.catalogues import Language
from infra.host import Running
from infra.http.answers import Content, Router
from infra.http.models import Id
from infra.http.problems import Problem, slug_of
from infra.http.request_context import (
    FORM,
    PublicRequest,
    RequestContext,
    form_fields,
    public,
)
from infra.vault import Vault
from services.interventions import case
from services.interventions.aggregates import CASE
from services.interventions.case import answering, sending
from services.interventions.http.access import (
    ReaderContext,
    dealership_of,
    may_read,
    ours,
    terms_at,
)
from services.interventions.http.customer_page import acts, rendering
from services.interventions.http.customer_page.acts import Act, NotTaken, entered_in
from services.interventions.http.customer_page.doors import (
    OF_CUSTOMER,
    Door,
    NoPage,
    house_of,
    is_colleague,
    language_for,
    links_to_files,
    opened,
    refuse_others,
    version_of,
    words_in,
)
from services.interventions.http.customer_page.showing import Entered, Page, Viewer, show
from services.interventions.http.customer_page.words import Words

Anybody = Annotated[PublicRequest, public()]
Sender = Annotated[PublicRequest, public(FORM)]
Html = Annotated[Response, Content("text/html")]
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9._~-]{1,200}$")]
Chosen = Annotated[Language | None, Query()]
"""The language that was chosen on the page; without it, the one that somebody is written to in."""
KEPT = {"Cache-Control": "public, max-age=3600"}
OF_REJECTIONS: Mapping[type, str] = {
    answering.RiskNotAcknowledged: "error_risk",
    answering.CodeIsNeeded: "error_code_needed",
    answering.AnswerCodeIsWrong: "error_code_wrong",
    answering.CodeTriedTooOften: "error_code_often",
    answering.CodesAskedTooOften: "error_codes_often",
    answering.NoPhoneForCode: "error_no_phone",
    answering.LinkOnlyReads: "reads_only",
    answering.NoSuchWork: "error_changed",
    Changed: "error_changed",
    case.CaseIsAnswered: "error_answered",
}
ERRORS: Mapping[str, str] = {
    "idempotency-key-reused": "error_answered",
    **{slug_of(one): text for one, text in OF_REJECTIONS.items()},
}
"""The page says these of the rules that say no."""
BUSY = "error_busy"
"""The page says this of all others."""
OF_CODES = frozenset({"error_code_needed", "error_code_wrong", "error_code_often", "code_sent"})


@dataclass(frozen=True, slots=True)
class Pages:
    """The page over what the service has opened."""

    vault: Vault
    masters: Mapping[str, bytes]

    async def inside(self, asked: "Asked", then: Callable[[Door], Awaitable[Response]]) -> Response:
        """The answer behind the door, or a page that says why it stays shut."""
        try:
            refuse_others(asked.request)
            return await then(await self.door(asked))
        except NoPage as none:
            words = Words(asked.chosen or asked.context.language)
            return rendering.gone(none.reason, words, none.status)

    async def door(self, asked: "Asked") -> Door:
        return await opened(self.vault, asked.context, asked.token, asked.request, asked.chosen)

    async def look(self, asked: "Asked") -> Response:
        """The page for whoever comes."""

        async def whole(door: Door) -> Response:
            organisation_id = door.context.principal.organisation_id
            colleague = await is_colleague(asked.context, asked.request, organisation_id)
            return await self.written(door, tells=not colleague)

        return await self.inside(asked, whole)

    async def tell(self, asked: "Asked") -> Response:
        """Note that somebody has the page before their eyes."""
        fields = form_fields(await asked.request.body())

        async def told(door: Door) -> Response:
            organisation_id = door.context.principal.organisation_id
            if not await is_colleague(asked.context, asked.request, organisation_id):
                try:
                    await acts.open_page(door, fields)
                except Problem as problem:
                    return Response(status_code=problem.status_code)
            return Response(status_code=204)

        return await self.inside(asked, told)

    async def act(self, asked: "Asked", act: Act) -> Response:
        """The page after an act: at its address, so that reloading it sends nothing twice, or with
        what was entered and why it was not taken."""
        fields = form_fields(await asked.request.body())

        async def done(door: Door) -> Response:
            entered, status = entered_in(fields), 200
            try:
                notice = await act(self.vault, door, fields)
                if notice is None:
                    chosen = f"?lang={asked.chosen}" if asked.chosen else ""
                    return RedirectResponse(f"{door.here}{chosen}", 303)
                entered = replace(entered, notice=notice)
            except NotTaken as error:
                entered, status = replace(entered, error=error.error), 422
            except Problem as problem:
                entered = replace(entered, error=ERRORS.get(problem.slug, BUSY))
                status = problem.status_code
            asks_code = not OF_CODES.isdisjoint({entered.error, entered.notice})
            entered = replace(entered, asks_code=asks_code)
            return await self.written(await self.door(asked), entered, status)

        return await self.inside(asked, done)

    async def written(
        self,
        door: Door,
        entered: Entered | None = None,
        status: int = 200,
        *,
        tells: bool = True,
    ) -> Response:
        """The page of whoever came by a link."""
        words = door.words
        page = await self.shown(door.context, door.state, door.viewer, words, entered)
        return rendering.of_case(
            page,
            words,
            here=door.here,
            key=token_urlsafe(16),
            chosen=door.chosen,
            tells=tells,
            status=status,
        )

    async def shown(
        self,
        context: RequestContext,
        state: case.Live,
        viewer: Viewer,
        words: Words,
        entered: Entered | None = None,
    ) -> Page:
        """The page as it is for a viewer now."""
        dossier, link_to = state.dossier, links_to_files(self.masters, context)
        dealership = await dealership_of(context, dossier)
        return show(
            dossier,
            version_of(state, terms_at(dealership, dossier), context),
            state.answered if isinstance(state, case.Answered) else None,
            viewer,
            await house_of(context, dealership, dossier, words, link_to),
            words,
            link_to,
            context.at,
            entered,
        )

    async def preview(
        self, context: RequestContext, case_id: str, chosen: Language | None
    ) -> Response:
        """The page of the customer for a colleague. Raises the `Problem` of why there is none."""
        state = ours(context, (await context.load(CASE, case_id)).state)
        if not may_read(context, state.dossier):
            raise context.refuse(case.NoSuchCase())
        if isinstance(state, case.Closed | case.Deleted):
            raise context.refuse(case.CaseIsClosed())
        missing = sending.missing_to_send(state.dossier)
        if missing is not None and not state.dossier.is_stock:
            raise context.refuse(missing)
        language = chosen or language_for(state.dossier, OF_CUSTOMER.recipient_id)
        words = words_in(language, state.dossier)
        page = await self.shown(context, state, OF_CUSTOMER, words)
        return rendering.of_case(
            page, words, here="#", key="", chosen=chosen, tells=False, acts=False
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A request by somebody who says that they have a link."""

    context: PublicRequest
    token: str
    request: Request
    chosen: Language | None


def router(running: Running) -> Router:
    """The routes. They are for browsers, and no part of the API that documents tell of."""
    masters = running.settings.masters
    pages = Pages(Vault(running.pool, masters), masters)
    routes = Router("Page in a browser")
    routes.include_in_schema = False

    @routes.get("/page-assets/{name}")
    async def asset(name: str, context: Anybody) -> Html:
        """The style and the script of the page, which tell of nobody."""
        if (media_type := rendering.ASSETS.get(name)) is None:
            raise context.refuse(case.NoSuchCase())
        content = (rendering.STATIC / name).read_bytes()
        return Response(content, headers=KEPT, media_type=media_type)

    @routes.get("/page/{token}")
    async def look(token: Token, context: Anybody, request: Request, lang: Chosen = None) -> Html:
        """The page. Fetching it changes nothing; its script says when somebody reads it."""
        return await pages.look(Asked(context, token, request, lang))

    @routes.get("/cases/{case_id}/page")
    async def preview(case_id: Id, context: ReaderContext, lang: Chosen = None) -> Html:
        """The page just as the customer gets it; nothing comes of it (FLB-101)."""
        return await pages.preview(context, case_id, lang)

    @routes.post("/page/{token}/opened")
    async def read(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Somebody has the page before their eyes; a case that was not sent is fixed by that
        (G-43). 412 when its content is another one by now."""
        return await pages.tell(Asked(context, token, request, lang))

    @routes.post("/page/{token}/answer")
    async def answer(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Accept or refuse each work (FLB-071); the first whole answer counts."""
        return await pages.act(Asked(context, token, request, lang), acts.answer)

    @routes.post("/page/{token}/code")
    async def code(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Have a code sent to the known phone (I3); what was entered stays entered."""
        return await pages.act(Asked(context, token, request, lang), acts.send_code)

    @routes.post("/page/{token}/reply")
    async def reply(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Reply to a seller (FLB-111)."""
        return await pages.act(Asked(context, token, request, lang), acts.reply)

    @routes.post("/page/{token}/contact")
    async def contact(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Ask to be called."""
        return await pages.act(Asked(context, token, request, lang), acts.contact)

    return routes

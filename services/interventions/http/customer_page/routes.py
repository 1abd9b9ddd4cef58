"""The page of a customer, for people in browsers: read by a link, and answered by its forms.

It works without scripts. Nothing that only fetches it counts as somebody who reads it
([ADR 74](docs/adr/0074-fetching-a-page-is-not-reading-it.md)).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from contracts.dealerships.dealership_v1 import Licence
from contracts.decisions import Changed
from infra.catalogues import Language
from infra.host import Running
from infra.http.answers import Router
from infra.http.customer_pages import threads
from infra.http.customer_pages.acting import carried_out
from infra.http.customer_pages.browsers import remember
from infra.http.customer_pages.doors import (
    Anybody,
    Asked,
    Chosen,
    Html,
    NoPage,
    Sender,
    Token,
    refuse_others,
)
from infra.http.customer_pages.site import back_to
from infra.http.customer_pages.words import Words
from infra.http.models import Id
from infra.http.problems import Problem, slug_of
from infra.http.request_context import RequestContext
from infra.lookups.dealerships import has_licence
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
from services.interventions.http.customer_page import acts
from services.interventions.http.customer_page.acts import Act, entered_in
from services.interventions.http.customer_page.doors import (
    OF_CUSTOMER,
    SITE,
    Door,
    house_of,
    language_for,
    links_to_files,
    opened,
    version_of,
    words_in,
)
from services.interventions.http.customer_page.paying import (
    Paying,
    address_of,
    banner_of,
    paying_of,
)
from services.interventions.http.customer_page.showing import Entered, Page, Viewer, show

OF_REJECTIONS: Mapping[type, str] = {
    answering.RiskNotAcknowledged: "error_risk",
    answering.CodeIsNeeded: "error_code_needed",
    answering.AnswerCodeIsWrong: "error_code_wrong",
    answering.CodeTriedTooOften: "error_code_often",
    answering.CodesAskedTooOften: "error_codes_often",
    answering.NoPhoneForCode: "error_no_phone",
    answering.LinkOnlyReads: "reads_only",
    answering.LinkIsForwarded: "forwarded",
    answering.BrowserKeepsNothing: "error_keeps_nothing",
    answering.NoSuchWork: "error_changed",
    answering.WorkOfOthers: "error_changed",
    answering.NothingToDecide: "error_answered",
    Changed: "error_changed",
    case.CaseIsAnswered: "error_answered",
}
ERRORS: Mapping[str, str] = {
    "idempotency-key-reused": "error_answered",
    **{slug_of(one): text for one, text in OF_REJECTIONS.items()},
}
"""The page says these of the rules that say no, and one thing of all others."""
OF_CODES = frozenset({"error_code_needed", "error_code_wrong", "error_code_often", "code_sent"})


@dataclass(frozen=True, slots=True)
class Pages:
    """The page over what the service has opened."""

    vault: Vault
    masters: Mapping[str, bytes]

    async def inside(self, asked: Asked, then: Callable[[Door], Awaitable[Response]]) -> Response:
        """The answer behind the door, or a page that says why it stays shut."""
        try:
            refuse_others(asked.request)
            return await then(await self.door(asked))
        except NoPage as none:
            return SITE.gone(none, asked.chosen or asked.context.language)

    async def door(self, asked: Asked) -> Door:
        return await opened(self.vault, asked.context, asked.token, asked.request, asked.chosen)

    async def look(self, asked: Asked) -> Response:
        """The page for whoever comes."""

        async def whole(door: Door) -> Response:
            organisation_id = door.context.principal.organisation_id
            colleague = await asked.by_colleague(organisation_id)
            page = await self.written(door, tells=not colleague)
            remember(asked.request, page)
            return page

        return await self.inside(asked, whole)

    async def tell(self, asked: Asked) -> Response:
        """Note that somebody has the page before their eyes."""
        fields = await asked.fields()

        async def told(door: Door) -> Response:
            organisation_id = door.context.principal.organisation_id
            if not await asked.by_colleague(organisation_id):
                try:
                    await acts.open_page(door, fields)
                except Problem as problem:
                    return Response(status_code=problem.status_code)
            return Response(status_code=204)

        return await self.inside(asked, told)

    async def act(self, asked: Asked, act: Act) -> Response:
        """The page after an act, or with what was entered and why it was not taken."""
        fields = await asked.fields()

        async def done(door: Door) -> Response:
            organisation_id = door.context.principal.organisation_id
            if await asked.by_colleague(organisation_id):
                # They would be recorded as the customer.
                entered = replace(entered_in(fields), error="error_colleague")
                return await self.written(door, entered, 403, tells=False)
            outcome = await carried_out(act(self.vault, door, fields), ERRORS)
            if outcome.is_done:
                return back_to(door.here, asked.chosen)
            entered = replace(
                entered_in(fields),
                error=outcome.error,
                notice=outcome.notice,
                asks_code=not OF_CODES.isdisjoint({outcome.error, outcome.notice}),
            )
            return await self.written(await self.door(asked), entered, outcome.status)

        return await self.inside(asked, done)

    async def written(
        self,
        door: Door,
        entered: Entered | None = None,
        status: int = 200,
        *,
        tells: bool = True,
    ) -> Response:
        """The page of whoever came by a link; `tells` is whether it says when somebody reads it."""
        words = door.words
        context, viewer = door.context, door.viewer
        paying = await self.paying(context, door.state)
        page = await self.shown(context, door.state, viewer, words, paying, entered)
        address = address_of(self.masters, door.case_id, context.at)
        facts = {
            "page": page,
            "tells": tells,
            "thread": await self.thread(door),
            "payment": banner_of(paying, door.state, viewer, words, address),
        }
        return SITE.written(
            "case.html",
            words,
            facts,
            here=door.here,
            chosen=door.chosen,
            colour=page.house.colour,
            status=status,
        )

    async def thread(self, door: Door) -> str | None:
        """Where one writes to the dealership, if it has a chat (FLB-124)."""
        dealership = await dealership_of(door.context, door.dossier)
        if not has_licence(dealership, Licence.CHAT):
            return None
        return threads.path(self.masters, door.case_id, door.link.link_id)

    async def paying(self, context: RequestContext, state: case.Live) -> Paying:
        dealership = await dealership_of(context, state.dossier)
        return await paying_of(context, dealership, state.dossier.created.case_id)

    async def shown(
        self,
        context: RequestContext,
        state: case.Live,
        viewer: Viewer,
        words: Words,
        paying: Paying,
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
            paying.works,
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
        paying = await self.paying(context, state)
        page = await self.shown(context, state, OF_CUSTOMER, words, paying)
        facts = {
            "page": page,
            "tells": False,
            "thread": None,
            "payment": banner_of(paying, state, OF_CUSTOMER, words, None),
        }
        return SITE.written(
            "case.html",
            words,
            facts,
            here="#",
            chosen=chosen,
            colour=page.house.colour,
            acts=False,
        )


def router(running: Running) -> Router:
    """The routes. They are for browsers, and no part of the API that documents tell of."""
    masters = running.settings.masters
    pages = Pages(Vault(running.pool, masters), masters)
    routes = Router("Page in a browser")
    routes.include_in_schema = False

    SITE.serve_assets(routes)

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

    @routes.post("/page/{token}/holder")
    async def take(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Say by the code of the known phone that one is whom the link was sent to (I3)."""
        return await pages.act(Asked(context, token, request, lang), acts.take_link)

    @routes.post("/page/{token}/reply")
    async def reply(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Reply to a seller (FLB-111)."""
        return await pages.act(Asked(context, token, request, lang), acts.reply)

    @routes.post("/page/{token}/contact")
    async def contact(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Ask to be called."""
        return await pages.act(Asked(context, token, request, lang), acts.contact)

    return routes

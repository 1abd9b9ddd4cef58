"""The page of a customer, for people in browsers: read by a link, and answered by its forms.

It works without scripts. Nothing that only fetches it counts as somebody who reads it
([ADR 74](docs/adr/0074-fetching-a-page-is-not-reading-it.md)).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from contracts.dealers import Dealership
from contracts.dealerships.dealership_v1 import Licence
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
    Sender,
    Token,
)
from infra.http.customer_pages.site import back_to
from infra.http.customer_pages.words import Words
from infra.http.models import Id
from infra.http.problems import Problem
from infra.http.request_context import RequestContext
from infra.lookups.dealerships import has_licence
from infra.vault import Vault
from services.interventions import case
from services.interventions.aggregates import CASE
from services.interventions.case import sending
from services.interventions.http.access import ReaderContext, may_read, ours, terms_at
from services.interventions.http.customer_page import acts
from services.interventions.http.customer_page.acts import Act, entered_in
from services.interventions.http.customer_page.around import Around, around
from services.interventions.http.customer_page.doors import (
    OF_CUSTOMER,
    SITE,
    Door,
    VisitDoor,
    entered,
    house_of,
    language_for,
    links_to_files,
    opened,
    version_of,
    words_in,
)
from services.interventions.http.customer_page.paying import address_of, banner_of
from services.interventions.http.customer_page.refusals import ERRORS, OF_CODES
from services.interventions.http.customer_page.showing import Entered, Page, Viewer, show
from services.interventions.http.customer_page.visits import Visits


@dataclass(frozen=True, slots=True)
class Pages:
    """The page over what the service has opened."""

    vault: Vault
    masters: Mapping[str, bytes]

    async def door(self, asked: Asked) -> Door:
        return await opened(self.vault, asked)

    async def look(self, asked: Asked) -> Response:
        """The page for whoever comes."""

        async def whole(door: Door | VisitDoor) -> Response:
            if isinstance(door, VisitDoor):
                return await Visits(self.vault).looked(asked, door)
            organisation_id = door.context.principal.organisation_id
            colleague = await asked.by_colleague(organisation_id)
            page = await self.written(door, tells=not colleague)
            remember(asked.request, page)
            return page

        async def either(asked: Asked) -> Door | VisitDoor:
            return await entered(self.vault, asked)

        return await SITE.behind(asked, either, whole)

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

        return await SITE.behind(asked, self.door, told)

    async def act(self, asked: Asked, act: Act) -> Response:
        """The page after an act, or with what was entered and why it was not taken."""
        fields = await asked.fields()

        async def done(door: Door) -> Response:
            organisation_id = door.context.principal.organisation_id
            if await asked.by_colleague(organisation_id):
                # They would be recorded as the customer.
                refused = replace(entered_in(fields), error="error_colleague")
                return await self.written(door, refused, 403, tells=False)
            outcome = await carried_out(act(self.vault, door, fields), ERRORS)
            if outcome.is_done:
                return back_to(door.here, asked.chosen)
            shown = replace(
                entered_in(fields),
                error=outcome.error,
                notice=outcome.notice,
                asks_code=not OF_CODES.isdisjoint({outcome.error, outcome.notice}),
            )
            return await self.written(await self.door(asked), shown, outcome.status)

        return await SITE.behind(asked, self.door, done)

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
        beside = await around(context, door.case_id, door.dossier)
        page = self.shown(context, door.state, beside, viewer, words, entered)
        address = address_of(self.masters, door.case_id, context.at)
        facts = {
            "page": page,
            "tells": tells,
            "thread": self.thread(door, beside.dealership),
            "payment": banner_of(beside.paying, door.state, viewer, words, address),
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

    def thread(self, door: Door, dealership: Dealership) -> str | None:
        """Where one writes to the dealership, if it has a chat (FLB-124)."""
        if not has_licence(dealership, Licence.CHAT):
            return None
        return threads.path(self.masters, door.case_id, door.link.link_id)

    def shown(
        self,
        context: RequestContext,
        state: case.Live,
        beside: Around,
        viewer: Viewer,
        words: Words,
        entered: Entered | None = None,
    ) -> Page:
        """The page as it is for a viewer now."""
        dossier, link_to = state.dossier, links_to_files(self.masters, context)
        return show(
            dossier,
            version_of(state, terms_at(beside.dealership, dossier), context),
            state.answered if isinstance(state, case.Answered) else None,
            viewer,
            house_of(beside.dealership, beside.template, dossier, words, link_to),
            words,
            link_to,
            context.at,
            entered,
            beside.paying.works,
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
        beside = await around(context, case_id, state.dossier)
        page = self.shown(context, state, beside, OF_CUSTOMER, words)
        facts = {
            "page": page,
            "tells": False,
            "thread": None,
            "payment": banner_of(beside.paying, state, OF_CUSTOMER, words, None),
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

    visits = Visits(pages.vault)

    @routes.post("/page/{token}/visit")
    async def rate(token: Token, context: Sender, request: Request, lang: Chosen = None) -> Html:
        """Say how the visit was, once the case is closed (I15)."""
        return await visits.act(Asked(context, token, request, lang), visits.rate)

    @routes.post("/page/{token}/visit-code")
    async def visit_code(
        token: Token, context: Sender, request: Request, lang: Chosen = None
    ) -> Html:
        """Have a code sent to the known phone, where the link was first opened elsewhere (I3)."""
        return await visits.act(Asked(context, token, request, lang), visits.send_code)

    @routes.post("/page/{token}/visit-holder")
    async def visit_take(
        token: Token, context: Sender, request: Request, lang: Chosen = None
    ) -> Html:
        """Say by that code that one is whom the link was sent to (I3)."""
        return await visits.act(Asked(context, token, request, lang), visits.take_link)

    return routes

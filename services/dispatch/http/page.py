"""The customer over HTTP, by links: asks for a service, compares, chooses, cancels.

Nobody signs in here. `customer_page` has the page that people see.
"""

from starlette.requests import Request

from contracts.dispatch.request_v1 import Participant
from infra.http.answers import Answered, Recorded, Router
from infra.http.auth import Principal
from infra.http.clients import client_of
from services.dispatch.adapters.asking import Asking
from services.dispatch.aggregates import REQUEST
from services.dispatch.http.access import Anybody, Token, customer_of
from services.dispatch.http.answers import PageShown, page_shown, sent_of
from services.dispatch.http.fields import WantedBody
from services.dispatch.http.links import Doors
from services.dispatch.http.requests import ChoiceBody, admit, choice, creation, names_of
from services.dispatch.request import NoSuchRequest
from services.dispatch.request.choosing import CancelRequest


def router(doors: Doors, counted: Asking) -> Router:
    """The routes, over the links and the count of those who ask."""
    routes = Router("Page of the customer")

    @routes.post("/door/{token}/requests", status_code=201)
    async def ask(
        token: Token, body: WantedBody, context: Anybody, request: Request
    ) -> Answered[Recorded]:
        """Ask for a service of the marketplace whose door this is. `Location` is where the request
        is shown to its customer, whose page comes by e-mail as well."""
        marketplace_id = await doors.marketplace_of(token)
        if marketplace_id is None:
            raise context.refuse(NoSuchRequest())
        known = context.as_principal(Principal("link:door", marketplace_id, frozenset()))
        command = await creation(doors, known, marketplace_id, body, None, Participant.CUSTOMER)
        await admit(counted, known, command, client_of(request.scope))
        page = command.customer_link.rpartition("/")[2]
        where = f"/dispatch/page/{page}/request"
        return await known.handle(REQUEST, command.request_id, command, created=where)

    @routes.get("/page/{token}/request")
    async def show_page(token: Token, context: Anybody) -> Answered[PageShown]:
        """Show the request to its customer, with the proposals that were sent side by side (M2)."""
        known, state = await customer_of(doors, context, token)
        ids = [one.provider_id for one in sent_of(state.dossier)]
        names = await names_of(known, state, ids)
        return Answered(page_shown(state, names, doors.to_file(known.at)))

    @routes.put("/page/{token}/choice")
    async def choose(token: Token, body: ChoiceBody, context: Anybody) -> Answered[Recorded]:
        """Choose a provider; the first choice counts, and the others are told."""
        known, state = await customer_of(doors, context, token)
        command = await choice(body, Participant.CUSTOMER, known, state)
        return await known.handle(REQUEST, state.dossier.created.request_id, command)

    @routes.put("/page/{token}/cancellation")
    async def cancel(token: Token, context: Anybody) -> Answered[Recorded]:
        """Cancel the request, as long as nobody is chosen."""
        known, state = await customer_of(doors, context, token)
        command = CancelRequest(by=Participant.CUSTOMER, at=known.at)
        return await known.handle(REQUEST, state.dossier.created.request_id, command)

    return routes

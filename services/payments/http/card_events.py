"""News that the provider of card payments tells by itself: signed, and safe to repeat."""

from typing import Annotated

from fastapi import Header
from starlette.requests import Request

from infra.http.answers import Answer, Answered, Router
from infra.http.models import Id
from infra.http.problems import Problem, try_again
from infra.http.request_context import PublicRequest, unnamed
from services.payments.adapters.cashier import SAYS_NO, Cashier, NoKeys
from services.payments.adapters.provider import Away, NotSigned, Told, told
from services.payments.charge.situations import Unoffered

Provider = Annotated[PublicRequest, unnamed()]


class NewsTaken(Answer):
    """The news was taken; `ours` is whether it was about a payment of ours."""

    ours: bool


def router(cashier: Cashier) -> Router:
    """The route that dealerships give to the provider as their webhook."""
    routes = Router("Card payments")
    # It is the provider's API that we answer, not one of ours.
    routes.include_in_schema = False

    @routes.post("/card-accounts/{dealership_id}/events")
    async def take_card_event(
        dealership_id: Id,
        context: Provider,
        request: Request,
        stripe_signature: Annotated[str, Header(max_length=1_000)] = "",
    ) -> Answered[NewsTaken]:
        """The provider says that something happened to a payment; it is asked how that is now.

        503 while it does not answer: it tells again later.
        """
        keys = await cashier.keys.of(dealership_id)
        if keys is None:
            raise Problem(401, "not-signed")
        try:
            news = told(await request.body(), stripe_signature, keys.webhook_secret)
        except NotSigned as error:
            raise Problem(401, "not-signed") from error
        if news is None:
            return Answered(NewsTaken(ours=False))
        try:
            return Answered(NewsTaken(ours=await followed(cashier, dealership_id, news)))
        except Away as error:
            raise try_again(503, "provider-away") from error
        except (NoKeys, *SAYS_NO) as error:
            # Told again later, when the key may be a good one.
            raise try_again(503, "provider-away") from error

    return routes


async def followed(cashier: Cashier, dealership_id: str, news: Told) -> bool:
    """Whether the news was about a charge of the dealership, of which all is recorded then.

    What a form says of its amount is compared with what was asked for, before anybody is asked.
    """
    charge_id = news.charge_id
    if charge_id is None and news.payment_id is not None:
        charge_id = await cashier.charge_of(dealership_id, news.payment_id)
    if charge_id is None:
        return False
    state = await cashier.state(charge_id)
    if isinstance(state, Unoffered) or state.bill.offered.dealership_id != dealership_id:
        return False
    session = news.session
    if session is not None and session.paid and session.payment_id is not None:
        await cashier.confirm(charge_id, session, session.payment_id)
    await cashier.learn(charge_id)
    return True

"""HTTP: what the gateway of text messages says became of them."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Header
from pydantic import StringConstraints
from starlette.requests import Request

from infra.host import Running
from infra.http.answers import Answer, Answered, Router
from infra.http.models import Body, Called, Text
from infra.http.problems import Problem, malformed
from infra.http.request_context import PublicRequest, public
from services.messaging import message
from services.messaging.adapters.outbound import receipts, sms

Public = Annotated[PublicRequest, public()]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]{1,128}$")]


class ReceiptBody(Body):
    """The gateway's word on how a message ended."""

    reference: Key
    """As it was given with the message."""
    status: Annotated[Literal["delivered", "failed"], Called("SmsOutcome")]
    reason: Text = ""


class ReceiptTaken(Answer):
    """The receipt was noted."""

    reference: str


async def require_signed(running: Running, request: Request, given: str, at: datetime) -> None:
    """Raises the 401 `Problem` of a body that the gateway did not sign a moment ago."""
    secret = running.settings.sms_secret.get_secret_value()
    try:
        signed = sms.is_signed(secret, await request.body(), given, at)
    except sms.AbsurdClock as error:
        raise malformed("header:Relais-Signature", "time") from error
    if not signed:
        raise Problem(401, "bad-signature")


def router(running: Running) -> Router:
    """The route of receipts."""
    routes = Router("Receipts")

    @routes.post("/receipts/sms", status_code=202)
    async def take_receipt(
        body: ReceiptBody,
        context: Public,
        request: Request,
        relais_signature: Annotated[str, Header(max_length=200)] = "",
    ) -> Answered[ReceiptTaken]:
        """The gateway says what became of a message; signed, and safe to repeat.

        404 for one we do not know yet: the gateway tries again.
        """
        await require_signed(running, request, relais_signature, context.at)
        known = await receipts.settle(running.pool, body.reference, "sms", body.status, body.reason)
        if not known:
            raise context.refuse(message.NoSuchMessage())
        return Answered(ReceiptTaken(reference=body.reference), 202)

    return routes

"""HTTP: how far people have read the notices of the administration (EXX-30)."""

from infra.http.answers import Answered, Recorded, Router
from infra.http.models import Body, Instant
from infra.http.request_context import Everybody
from services.messaging import preferences
from services.messaging.aggregates import PREFERENCES


class NoticesReadBody(Body):
    until: Instant
    """When the newest notice was sent that one has seen."""


router = Router("Notices")


@router.put("/notices/reading")
async def read_notices(body: NoticesReadBody, context: Everybody) -> Answered[Recorded]:
    """Say that one has read the notices of the administration until a time.

    Those that are sent later stay unread, and what was read before stays read.
    """
    who = context.principal
    command = preferences.ReadNotices(
        user_id=who.subject, organisation_id=who.organisation_id, until=body.until, at=context.at
    )
    return await context.handle(PREFERENCES, who.subject, command)

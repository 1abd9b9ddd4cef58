"""How support is reached, and what people read before they ask (FLB-011)."""

from infra.host import Running
from infra.http.answers import Answer, Answered, Router
from infra.http.request_context import Everybody


class Contact(Answer):
    """How support is reached beside `POST /support/requests`, which is its contact form."""

    email: str | None
    urgent_phones: tuple[str, ...]
    """Numbers for what is urgent, as E.164."""
    user_guide: str | None
    """Where the user guide is read."""


def router(running: Running) -> Router:
    """The one route, over what the installation says of its support."""
    routes = Router("Contact")
    settings = running.settings
    contact = Contact(
        email=settings.support_email or None,
        urgent_phones=settings.support_phones,
        user_guide=settings.support_guide or None,
    )

    @routes.get("/contact")
    async def show_contact(_: Everybody) -> Answered[Contact]:
        """Show how support is reached and where the user guide is, as "Help" does."""
        return Answered(contact)

    return routes

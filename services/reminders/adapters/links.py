"""The links that let customers in to the page of a reminder."""

from infra.host import Running
from infra.http.customer_pages.links import Links
from infra.vault import Vault

CUSTOMER = "customer"
"""The one link that a reminder has."""


def of_reminders(vault: Vault) -> Links:
    """The links to reminders."""
    return Links(vault, "reminder link")


class Addresses:
    """The addresses of the pages of reminders."""

    def __init__(self, running: Running) -> None:
        settings = running.settings
        self._links = of_reminders(Vault(running.pool, settings.masters))
        self._pages = settings.pages_url

    async def of(self, reminder_id: str) -> str:
        """The address with its secret, the same each time."""
        return f"{self._pages}/reminders/page/{await self._links.token(reminder_id, CUSTOMER)}"

"""The links of the service: to ask for something, to follow a request, and to do a job."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from infra import file_links
from infra.http.customer_pages.links import Links
from infra.vault import Vault

HERE = "dispatch"
FILES_OPEN = timedelta(hours=6)
"""How long the files of what somebody looks at can be looked at, less an hour."""
ONLY = "page"
"""There is one link of each thing."""


@dataclass(frozen=True, slots=True)
class Doors:
    """The links over the key that makes them, and the address that pages begin with."""

    vault: Vault
    pages_url: str
    masters: Mapping[str, bytes]

    def to_file(self, at: datetime) -> Callable[[str], str]:
        """Where each file is for who looks at that time; within an hour it stays there, so that an
        answer that has not changed is known by its ETag."""
        end = at.replace(minute=0, second=0, microsecond=0) + FILES_OPEN
        return lambda file_id: file_links.address(self.masters, file_id, end)

    async def to_ask(self, marketplace_id: str) -> str:
        """Where anybody asks something of a marketplace; the operator puts it on its site."""
        token = await self._of("door").token(HERE, marketplace_id)
        return f"{self.pages_url}/{HERE}/door/{token}"

    async def marketplace_of(self, token: str) -> str | None:
        """The marketplace that a link is for; None for one that was made up."""
        found = await self._of("door").read(token)
        return found[1] if found else None

    async def to_request(self, request_id: str) -> str:
        """Where its customer compares, chooses, follows and reviews."""
        token = await self._of("request").token(request_id, ONLY)
        return f"{self.pages_url}/{HERE}/page/{token}"

    async def request_of(self, token: str) -> str | None:
        found = await self._of("request").read(token)
        return found[0] if found else None

    async def to_job(self, job_id: str) -> str:
        """Where whoever does the job says so, from a phone and without an account (M11)."""
        token = await self._of("job").token(job_id, ONLY)
        return f"{self.pages_url}/{HERE}/phone/{token}"

    async def job_of(self, token: str) -> str | None:
        found = await self._of("job").read(token)
        return found[0] if found else None

    def _of(self, kind: str) -> Links:
        return Links(self.vault, f"dispatch {kind}")

"""Planet VO, which shows used vehicles for sale: its account, and photos for it (FLB-135, ADR 95).

The vendor publishes no interface. What is asked here is the least that it has to answer; a program
of the vendor's, or beside theirs, answers it at the address of the settings. Each request says who
asks by the user name and password of the dealership:

    GET {url}/account                    200: the credentials are good; 401, 403: they are not
    PUT {url}/exports/{case}/{export}    2xx: taken; 401, 403: the credentials are not good;
                                         any other 4xx: these photos are not taken

The body of an export is `{"reference": ..., "plate": ..., "vin": ..., "photos": [{"photo_id": ...,
"url": ...}, ...]}`. Photos are fetched from their addresses, which are good for a day. The same
export may come twice, and is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from infra.settings import Settings
from services.interventions.adapters.vendors import Away, NotUnderstood, Said, asked

REFUSES_CREDENTIALS = frozenset({401, 403})


class CredentialsNotTaken(Exception):
    """Planet VO does not know the user, or the password is another one."""


class PhotosNotTaken(Exception):
    """Planet VO said no for good."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The name and the word by which a dealership is known at Planet VO."""

    user_name: str
    password: str

    def __repr__(self) -> str:
        """Never shown, wherever it is written."""
        return "Credentials(…)"


@dataclass(frozen=True, slots=True)
class Photo:
    photo_id: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Photos of a vehicle, in their order."""

    case_id: str
    export_id: str
    reference: str
    plate: str | None
    vin: str | None
    photos: Sequence[Photo]


@dataclass(frozen=True, slots=True)
class PlanetVo:
    """Planet VO at an address; empty: it is not connected, which is as if it were away."""

    url: str

    async def check(self, credentials: Credentials) -> None:
        """Raises `CredentialsNotTaken`, `Away` and `NotUnderstood`."""
        said = await self._ask("GET", "/account", credentials)
        if said.status != 200:
            raise NotUnderstood(f"it answered {said.status}")

    async def hand_over(self, credentials: Credentials, export: Export) -> None:
        """Raises `CredentialsNotTaken`, `PhotosNotTaken`, `Away`, and `NotUnderstood` where it is
        not known whether it has the photos."""
        path = f"/exports/{quote(export.case_id, safe='')}/{quote(export.export_id, safe='')}"
        content = {
            "reference": export.reference,
            "plate": export.plate,
            "vin": export.vin,
            "photos": [{"photo_id": one.photo_id, "url": one.url} for one in export.photos],
        }
        said = await self._ask("PUT", path, credentials, content)
        if said.status >= 400:
            raise PhotosNotTaken(f"it answered {said.status}")
        if not 200 <= said.status < 300:
            raise NotUnderstood(f"it answered {said.status}")

    async def _ask(
        self, method: str, path: str, credentials: Credentials, content: Any = None
    ) -> Said:
        if not self.url:
            raise Away("no address is set")
        said = await asked(
            method,
            self.url.rstrip("/") + path,
            content=content,
            auth=(credentials.user_name, credentials.password),
        )
        if said.status in REFUSES_CREDENTIALS:
            raise CredentialsNotTaken(f"it answered {said.status}")
        return said


def planet_vo(settings: Settings) -> PlanetVo:
    """Planet VO as the settings have it."""
    return PlanetVo(settings.planet_vo_url)

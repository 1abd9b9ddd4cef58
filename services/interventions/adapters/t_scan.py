"""T-Scan, the scanner of vehicles: its reports by plate and VIN (FLB-100, ADR 95).

The vendor publishes no interface. What is asked here is the least that it has to answer; a program
of the vendor's, or beside theirs, answers it at the address of the settings:

    GET {url}/reports?dealership_id=...&plate=AB123CD&vin=...    {"reports": [a report, ...]}
    GET {url}/reports/{report_id}?dealership_id=...              a report; 404: there is none

A plate is asked for by its letters and digits.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, TypeVar
from urllib.parse import quote

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from infra.http.vehicles import normal_plate
from infra.settings import Settings
from services.interventions.adapters.vendors import Away, NotUnderstood, asked
from services.interventions.case.bringing import Marks
from services.interventions.case.pricing import MOST_MINOR

MOST_REPORTS: Final = 50
MOST_LINES: Final = 300
REPORT_ID: Final = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$"


class Level(StrEnum):
    OK = "ok"
    COMPLIMENTARY = "complimentary"
    ADVISED = "advised"
    URGENT = "urgent"


class Mode(StrEnum):
    INCLUDING_VAT = "including_vat"
    EXCLUDING_VAT = "excluding_vat"


class Part(BaseModel):
    """Something that T-Scan says: what we do not know of is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ScanPrice(Part):
    amount_minor: Annotated[int, Field(ge=0, le=MOST_MINOR)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    mode: Mode


class ScanLine(Part):
    """A work that the scan found."""

    label: Annotated[
        str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]{1,200}$")
    ]
    level: Level
    price: ScanPrice | None = None


class ScanReport(Part):
    report_id: Annotated[str, StringConstraints(pattern=REPORT_ID)]
    dealership_id: str
    plate: Annotated[str, StringConstraints(max_length=20)] | None = None
    vin: Annotated[str, StringConstraints(to_upper=True, max_length=17)] | None = None
    made_at: AwareDatetime
    lines: Annotated[tuple[ScanLine, ...], Field(max_length=MOST_LINES)]

    @property
    def marks(self) -> Marks:
        """The vehicle, by its marks."""
        plate = normal_plate(self.plate) if self.plate else None
        return Marks(vin=self.vin or None, plate=plate or None)


T = TypeVar("T", bound=Part)


class Found(Part):
    reports: Annotated[tuple[ScanReport, ...], Field(max_length=MOST_REPORTS)]


@dataclass(frozen=True, slots=True)
class TScan:
    """T-Scan at an address; empty: it is not connected, which is as if it were away."""

    url: str
    token: str

    async def search(self, dealership_id: str, marks: Marks) -> list[ScanReport]:
        """The reports of a dealership about the vehicle that has one of the marks at least, the
        latest first. Raises `Away` and `NotUnderstood`."""
        query = {"dealership_id": dealership_id}
        query |= {"plate": marks.plate} if marks.plate else {}
        query |= {"vin": marks.vin} if marks.vin else {}
        status, body = await self._get("/reports", query)
        if status != 200:
            raise NotUnderstood(f"it answered {status}")
        found = [
            one
            for one in read(Found, body).reports
            if one.dealership_id == dealership_id and has_mark_of(one.marks, marks)
        ]
        return sorted(found, key=made_at, reverse=True)

    async def report(self, dealership_id: str, report_id: str) -> ScanReport | None:
        """The report of the dealership; None where there is none of that id. Raises `Away` and
        `NotUnderstood`."""
        path = f"/reports/{quote(report_id, safe='')}"
        status, body = await self._get(path, {"dealership_id": dealership_id})
        if status == 404:
            return None
        if status != 200:
            raise NotUnderstood(f"it answered {status}")
        found = read(ScanReport, body)
        asked_for = (found.report_id, found.dealership_id) == (report_id, dealership_id)
        return found if asked_for else None

    async def _get(self, path: str, query: dict[str, str]) -> tuple[int, bytes]:
        if not self.url:
            raise Away("no address is set")
        headers = {"Authorization": f"Bearer {self.token}"}
        said = await asked("GET", self.url.rstrip("/") + path, headers=headers, query=query)
        return said.status, said.body


def t_scan(settings: Settings) -> TScan:
    """T-Scan as the settings have it."""
    return TScan(settings.t_scan_url, settings.t_scan_token.get_secret_value())


def read(kind: type[T], body: bytes) -> T:
    """The answer, read. Raises `NotUnderstood`, without a word of it: it may name a vehicle."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        places = sorted({".".join(map(str, one["loc"])) for one in error.errors()})
        raise NotUnderstood(f"its answer is not as agreed: {', '.join(places[:5])}") from None


def made_at(report: ScanReport) -> datetime:
    return report.made_at


def has_mark_of(one: Marks, wanted: Marks) -> bool:
    """Whether a VIN or a plate that is wanted is there; `Marks.mean` asks for more."""
    return (wanted.vin is not None and one.vin == wanted.vin) or (
        wanted.plate is not None and one.plate == wanted.plate
    )

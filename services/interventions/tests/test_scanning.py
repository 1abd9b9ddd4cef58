"""Reports of T-Scan come into a case once, as works of it (FLB-098, FLB-100)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from contracts.dealerships.dealership_v1 import Licence, LicencesChanged
from contracts.decisions import Changed
from contracts.interventions.case_v1 import Module, ScanReportLinked, WorkLevel
from infra.testing.following import NOON, follow
from services.interventions import case
from services.interventions.adapters import vendors as adapter
from services.interventions.adapters.t_scan import TScan
from services.interventions.adapters.vendors import Away, NotUnderstood, asked
from services.interventions.case.bringing import LinkScanReport, Marks, ReportOfOtherVehicle
from services.interventions.case.content import NotOfModule
from services.interventions.case.works import StrikeWork
from services.interventions.tests.make import (
    CASE,
    GROUP,
    ID,
    LATER,
    LILLE,
    SENT,
    create,
    history,
    list_work,
    price,
    state,
)
from services.interventions.tests.serving import METZ, Caller, served
from services.interventions.tests.test_auditing import found, listed
from services.interventions.tests.vendors import TOKEN, Vendors, vendors

pytestmark = pytest.mark.requirement("FLB-100")

VIN, PLATE = "VF1RFB00066123456", "AB123CD"
MINE, OTHERS = Marks(vin=VIN, plate=PLATE), Marks(vin=None, plate="XY987ZZ")
PADS = replace(found("Front brake pads", WorkLevel.URGENT, price()), work_id="TS1-001")


def link(*lines: Any, seen: int = 0, marks: Marks = MINE, scanned: Marks = MINE) -> LinkScanReport:
    return LinkScanReport(
        organisation_id=GROUP,
        scan_report_id="TS1",
        marks=marks,
        scanned=scanned,
        works=lines,
        works_seen=seen,
        by="lea",
        at=LATER,
    )


def linked(*work_ids: str) -> ScanReportLinked:
    return ScanReportLinked(
        case_id=ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        scan_report_id="TS1",
        work_ids=work_ids,
        linked_by="lea",
        linked_at=LATER,
    )


def after(*commands: case.Command) -> Any:
    return CASE.given(*history(create(), *commands))


class TestLinking:
    def test_what_was_scanned_comes_on_the_list_by_the_report(self) -> None:
        after().when(link(PADS)).records(linked("TS1-001"), listed(PADS))
        held = state(create(), link(PADS))
        assert isinstance(held, case.Pending)
        assert held.dossier.scan_reports == {"TS1": ("TS1-001",)}

    def test_a_report_comes_in_once_also_when_its_works_were_struck(self) -> None:
        strike = StrikeWork(organisation_id=GROUP, work_id="TS1-001", by="lea", at=LATER)
        after(link(PADS)).when(link(PADS, seen=1)).records_nothing()
        after(link(PADS), strike).when(link(PADS)).records_nothing()

    def test_one_about_another_vehicle_is_refused(self) -> None:
        other = link(PADS, scanned=OTHERS)
        after().when(other).is_rejected(ReportOfOtherVehicle("TS1"))
        nothing = Marks(vin=None, plate=None)
        assert isinstance(after().answer(link(PADS, marks=nothing, scanned=OTHERS)), list)

    def test_a_list_that_changed_since_it_was_seen_is_looked_at_again(self) -> None:
        after(list_work()).when(link(PADS)).is_rejected(Changed({"works": 0}, {"works": 1}))

    def test_neither_sellers_nor_cases_that_were_sent_take_one(self) -> None:
        stock = CASE.given(*history(create(Module.USED_VEHICLE_STOCK)))
        stock.when(link(PADS)).is_rejected(NotOfModule(Module.USED_VEHICLE_STOCK))
        CASE.given(*history(*SENT)).when(link(PADS)).is_rejected(case.CaseIsSent())


# --- Over HTTP --------------------------------------------------------------


def report(report_id: str = "TS1", **changed: Any) -> dict[str, Any]:
    return {
        "report_id": report_id,
        "dealership_id": LILLE,
        "plate": "ab 123-cd",
        "vin": VIN.lower(),
        "made_at": "2030-05-01T12:00:00+02:00",
        "lines": [
            {
                "label": "Front brake pads",
                "level": "urgent",
                "price": {"amount_minor": 10_000, "currency": "EUR", "mode": "excluding_vat"},
            },
            {"label": "Tyres", "level": "ok"},
        ],
    } | changed


def licensed(*some: Licence) -> LicencesChanged:
    return LicencesChanged(
        dealership_id=LILLE,
        organisation_id=GROUP,
        licences=some,
        changed_by="olga",
        changed_at=NOON,
    )


@asynccontextmanager
async def scanning(database: str) -> AsyncIterator[tuple[Caller, Vendors]]:
    """The API of a dealership with the licence, and T-Scan with one report."""
    async with (
        vendors() as far,
        served(database, t_scan_url=far.url, t_scan_token=TOKEN) as caller,
    ):
        far.reports.append(report())
        await follow(caller.running, licensed(Licence.T_SCAN))
        yield caller, far


async def ids(caller: Caller, path: str, query: str = "") -> list[str]:
    answer = await caller.says("lea", "GET", f"{path}/linkable-scan-reports{query}")
    assert answer.is_success, answer.text
    return [one["scan_report_id"] for one in answer.json()["reports"]]


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


LINES = [
    {
        "label": "Front brake pads",
        "level": "urgent",
        "price": {"amount": {"amount_minor": 10_000, "currency": "EUR"}, "mode": "excluding_vat"},
    },
    {"label": "Tyres", "level": "ok", "price": None},
]
PROPOSED = {
    "scan_report_id": "TS1",
    "plate": "ab 123-cd",
    "vin": VIN,
    "made_at": "2030-05-01T10:00:00Z",
    "lines": LINES,
    "linked": False,
}


@pytest.mark.requirement("FLB-098")
async def test_the_report_of_the_vehicle_is_proposed_and_linked_once(database: str) -> None:
    async with scanning(database) as (caller, _):
        path = await caller.made(reference="AB-123-CD")
        shown = (await caller.says("lea", "GET", f"{path}/linkable-scan-reports")).json()
        assert shown == {"plate": PLATE, "vin": None, "reports": [PROPOSED]}
        for _ in range(2):
            body = {"scan_report_id": "TS1", "works": 0}
            done = await caller.says("lea", "POST", f"{path}/scan-reports", body)
            assert done.is_success, done.text
        held = await caller.shown(path)
        assert [(one["work_id"], one["level"]) for one in held["works"]] == [
            ("TS1-001", "urgent"),
            ("TS1-002", "ok"),
        ]
        assert held["works"][0]["amounts"]["including_vat"]["amount_minor"] == 12_000
        reports = [{"scan_report_id": "TS1", "work_ids": ["TS1-001", "TS1-002"]}]
        assert held["scan_reports"] == reports


@pytest.mark.parametrize(
    ("query", "there"),
    [
        ("?plate=ab.123.cd", ["TS1"]),
        ("?plate=\u0410\u0412 123 \u0421D", ["TS1"]),
        (f"?vin={VIN.lower()}", ["TS1"]),
        (f"?plate=XX-999-XX&vin={VIN}", ["TS1"]),
        ("?plate=XX-999-XX", []),
    ],
    ids=["points", "cyrillic", "vin", "either", "other"],
)
async def test_a_plate_in_any_writing_or_a_vin_finds_it(
    database: str, query: str, there: list[str]
) -> None:
    async with scanning(database) as (caller, far):
        far.reports.append(report("TS2", dealership_id=METZ))
        assert await ids(caller, await caller.made(), query) == there
        assert far.asked[0]["dealership_id"] == LILLE


async def test_a_report_of_another_vehicle_or_dealership_is_not_linked(database: str) -> None:
    async with scanning(database) as (caller, far):
        far.reports += [report("TS2", dealership_id=METZ), report("TS3", plate="XX1", vin=None)]
        path = await caller.made()
        vehicle = await caller.says("lea", "PUT", f"{path}/vehicle", {"plate": "AB-123-CD"})
        assert vehicle.is_success, vehicle.text
        for id, kind in (
            ("TS2", "unknown-reference"),
            ("TS0", "unknown-reference"),
            ("TS3", "report-of-other-vehicle"),
        ):
            body = {"scan_report_id": id, "works": 0}
            refused = await caller.says("lea", "POST", f"{path}/scan-reports", body)
            assert refusal(refused) == (422, kind)


@pytest.mark.requirement("G-79")
async def test_without_the_licence_t_scan_is_not_asked(database: str) -> None:
    async with scanning(database) as (caller, far):
        path = await caller.made()
        await follow(caller.running, licensed(Licence.ODITOO))
        body = {"scan_report_id": "TS1", "works": 0}
        for method, there, sent in (
            ("GET", f"{path}/linkable-scan-reports", None),
            ("POST", f"{path}/scan-reports", body),
            ("GET", f"/dealerships/{LILLE}/scan-reports?plate=AB-123-CD", None),
        ):
            refused = await caller.says("lea", method, there, sent)
            assert (refused.status_code, refused.json()["facts"]["licence"]) == (403, "t_scan")
        assert far.asked == []


TO_DO = {
    "work_id": "TS1-001",
    "label": "Front brake pads",
    "level": "urgent",
    "price": {"amount_minor": 12_000, "currency": "EUR"},
}


@pytest.mark.requirement("FLB-157")
async def test_a_reminder_takes_the_works_to_do_with_their_prices(database: str) -> None:
    async with scanning(database) as (caller, _):
        path = f"/dealerships/{LILLE}/scan-reports"
        [scanned] = (await caller.says("lea", "GET", f"{path}?plate=ab123cd")).json()["reports"]
        assert scanned == {
            "scan_report_id": "TS1",
            "plate": "ab 123-cd",
            "vin": VIN,
            "made_at": "2030-05-01T10:00:00Z",
            "works": [TO_DO],
        }
        assert (await caller.says("lea", "GET", path)).json() == {"reports": []}
        assert (await caller.says("sami", "GET", path)).status_code == 403
        assert (await caller.says("paul", "GET", path)).status_code == 404


# --- When T-Scan is not well ------------------------------------------------


async def test_t_scan_that_is_away_is_said_to_be(database: str) -> None:
    async with scanning(database) as (caller, far):
        path = f"{await caller.made()}/linkable-scan-reports?plate=AB123CD"
        far.status = 503
        away = await caller.says("lea", "GET", path)
        assert refusal(away) == (503, "t-scan-away")
        assert int(away.headers["retry-after"]) > 0
        far.body = b'{"reports": [{"plate": "secret"}]}'
        garbled = await caller.says("lea", "GET", path)
        assert refusal(garbled) == (502, "t-scan-not-understood")
        assert "secret" not in garbled.text


async def test_one_that_is_not_connected_is_away(database: str) -> None:
    async with served(database) as caller:
        await follow(caller.running, licensed(Licence.T_SCAN))
        answer = await caller.says("lea", "GET", f"/dealerships/{LILLE}/scan-reports?vin={VIN}")
        assert refusal(answer) == (503, "t-scan-away")


@pytest.mark.parametrize("status", [500, 502, 408, 429])
async def test_an_answer_that_speaks_of_the_moment_is_away(status: int) -> None:
    async with vendors() as far:
        far.status = status
        with pytest.raises(Away):
            await TScan(far.url, TOKEN).search(LILLE, MINE)


@pytest.mark.parametrize(
    "changed",
    [
        {"report_id": "../etc"},
        {"made_at": "2030-05-01T12:00:00"},
        {"lines": [{"label": "Pads", "level": "fatal"}]},
        {"lines": [{"label": "\u0007", "level": "ok"}]},
        {"lines": [{"label": "Pads", "level": "ok"}] * 301},
        {"lines": [{"label": "x", "level": "ok", "price": {"amount_minor": -1}}]},
    ],
    ids=["id", "zone", "level", "label", "many", "price"],
)
async def test_a_report_that_is_not_as_agreed_is_refused_whole(changed: dict[str, Any]) -> None:
    async with vendors() as far:
        far.reports.append(report(**changed))
        with pytest.raises(NotUnderstood):
            await TScan(far.url, TOKEN).search(LILLE, MINE)


async def test_a_token_that_it_does_not_know_is_for_the_operator() -> None:
    async with vendors() as far:
        with pytest.raises(NotUnderstood):
            await TScan(far.url, "another").report(LILLE, "TS1")


async def test_an_answer_ends_in_bytes_and_in_seconds() -> None:
    async with vendors() as far:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        far.body = b"x" * adapter.MOST_BYTES
        said = await asked("GET", f"{far.url}/reports", headers=headers)
        assert len(said.body) == adapter.MOST_BYTES
        far.body += b"x"
        with pytest.raises(NotUnderstood):
            await asked("GET", f"{far.url}/reports", headers=headers)
        far.seconds = 5.0
        with pytest.raises(Away):
            await asked("GET", f"{far.url}/reports", headers=headers, seconds=0.2)

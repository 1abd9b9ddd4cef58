"""The zones, documents and settlements of providers, for both sides (OGU-23, OGU-27, G-69)."""

from datetime import date
from typing import Any

import pytest

from contracts.common_v1 import Money, Zone
from contracts.marketplace.marketplace_v1 import (
    DocumentKind,
    DocumentsRequested,
    RequestedDocument,
    TermsPublished,
)
from contracts.marketplace.provider_v1 import DocumentShown, ShownDocument, ZoneDrawn
from contracts.marketplace.relation_v1 import DocumentRefused, ZoneReduced
from contracts.payments.settlement_v1 import (
    CommissionInvoiced,
    CommissionLine,
    JobCredited,
    ProviderPaid,
    Seller,
)
from services.views.market.settlements import project
from services.views.market.tests.make import (
    DAY,
    ECLAT,
    FEES,
    NOON,
    VITREX,
    activated,
    connected,
    ended,
)
from services.views.market.tests.stage import PROVIDER, Market, served

GROUND = (activated(), connected(), connected(VITREX, "Vitrex"))
BOTH = {
    "relation_id": "agora-eclat",
    "marketplace_id": "agora",
    "marketplace_name": "Agora",
    "provider_id": "eclat",
    "provider_name": "Éclat Net",
}
OF_VITREX: Any = {"org": VITREX, "roles": ("provider_manager",)}


async def eclat(market: Market, path: str) -> Any:
    """The one row of a provider, which both sides see alike."""
    async with served(market) as api:
        [to_operator] = [one for one in await api.items(path) if one["provider_id"] == ECLAT]
        assert await api.items(path, **PROVIDER) == [to_operator]
        return to_operator


def drawn(*communes: str) -> ZoneDrawn:
    zone = Zone(geojson=None, communes=communes)
    return ZoneDrawn(provider_id=ECLAT, zone=zone, drawn_by="eclat-manager", drawn_at=NOON)


@pytest.mark.requirement("OGU-23", "G-69")
async def test_both_sides_see_the_zone_its_reduction_and_what_both_leave(market: Market) -> None:
    nothing = {"zone": None, "drawn_at": None, "reduction": None, "effective_zone": None}
    await market.saw(*GROUND)
    assert await eclat(market, "/zones") == BOTH | nothing
    whole = {"geojson": None, "communes": ["59350", "59512"]}
    half = {"geojson": None, "communes": ["59350"]}
    now = {"zone": whole, "drawn_at": "2030-05-06T12:00:00Z", "effective_zone": whole}
    await market.saw(drawn("59350", "59512"))
    assert await eclat(market, "/zones") == BOTH | nothing | now
    reduced = ZoneReduced(
        relation_id="agora-eclat",
        marketplace_id="agora",
        provider_id=ECLAT,
        zone=Zone(geojson=None, communes=("59350", "75056")),
        reduced_by="sophie",
        reduced_at=NOON,
    )
    await market.saw(reduced)
    layer = {"geojson": None, "communes": ["59350", "75056"]}
    shown = BOTH | now | {"reduction": layer, "effective_zone": half}
    assert await eclat(market, "/zones") == shown


def shows(file: str, issued_on: date = date(2030, 4, 15)) -> DocumentShown:
    document = ShownDocument(
        kind="vigilance", paper_id="p-1", file_id=file, issued_on=issued_on, expires_on=None
    )
    return DocumentShown(
        provider_id=ECLAT, document=document, shown_by="eclat-manager", shown_at=NOON
    )


def terms() -> TermsPublished:
    return TermsPublished(
        marketplace_id="agora",
        version=1,
        title="Terms",
        file_id="f-terms",
        published_by="sophie",
        published_at=NOON,
    )


def asked() -> DocumentsRequested:
    rule = RequestedDocument(kind=DocumentKind.VIGILANCE, most_months=6, of_this_year=None)
    return DocumentsRequested(
        marketplace_id="agora", documents=(rule,), requested_by="sophie", requested_at=NOON
    )


@pytest.mark.requirement("OGU-09", "OGU-27", "G-69")
async def test_both_sides_see_terms_and_which_documents_are_good(market: Market) -> None:
    await market.saw(*GROUND, asked(), terms())
    held = {"version": 1, "title": "Terms", "file_id": "f-terms", "document_id": ""}
    none = dict.fromkeys(("file_id", "issued_on", "expires_on", "good_until"))
    lacks = {"kind": "vigilance", "fault": "missing", "confirmed": False} | none
    expected = BOTH | {
        "accepted_terms_version": None,
        "terms": held | {"published_at": "2030-05-06T12:00:00Z"},
        "internal_documents": [],
        "company_documents": [lacks],
    }
    assert await eclat(market, "/documents") == expected
    await market.saw(shows("f-0"), shows("f-1"))
    good = {"file_id": "f-1", "issued_on": "2030-04-15", "good_until": "2030-10-15"}
    found = lacks | good | {"fault": None}
    assert await eclat(market, "/documents") == expected | {"company_documents": [found]}
    await market.saw(refused("f-1"))
    bad = found | {"fault": "refused"}
    assert await eclat(market, "/documents") == expected | {"company_documents": [bad]}


def refused(file: str) -> DocumentRefused:
    return DocumentRefused(
        relation_id="agora-eclat",
        marketplace_id="agora",
        provider_id=ECLAT,
        marketplace_name="Agora",
        told_id="eclat-manager",
        kind="vigilance",
        file_id=file,
        explanation="Not legible",
        refused_by="sophie",
        refused_at=NOON,
    )


def credited(job_id: str, version: int = 1) -> JobCredited:
    assert FEES.commission_vat
    assert FEES.payout
    return JobCredited(
        settlement_id="agora-eclat",
        organisation_id="agora",
        provider_id=ECLAT,
        job_id=job_id,
        amount=FEES.excluding_vat,
        vat=FEES.vat,
        commission=FEES.commission,
        commission_vat=FEES.commission_vat,
        payout=FEES.payout,
        credited_at=NOON,
        version=version,
        commission_vat_basis_points=2_000,
    )


def paid() -> ProviderPaid:
    return ProviderPaid(
        settlement_id="agora-eclat",
        organisation_id="agora",
        provider_id=ECLAT,
        payout_id="p-1",
        job_ids=("J1",),
        net=Money(12_600, "EUR"),
        reference="SEPA-1",
        paid_by="sophie",
        paid_at=NOON + DAY,
        version=3,
    )


def euros(minor: int) -> list[dict[str, Any]]:
    return [{"amount_minor": minor, "currency": "EUR"}]


@pytest.mark.requirement("G-68", "G-69")
async def test_both_sides_see_what_is_owed_for_jobs_and_what_was_paid(market: Market) -> None:
    await market.saw(*GROUND, credited("J1"), credited("J2", 2))
    owed = {name: one for name, one in BOTH.items() if name != "relation_id"} | {
        "settlement_id": "agora-eclat",
        "jobs_due": 2,
        "due": euros(25_200),
        "commission": euros(3_000),
        "paid": [],
        "last_reference": None,
        "last_paid_at": None,
    }
    assert await eclat(market, "/settlements") == owed
    await market.saw(paid())
    rest = {"jobs_due": 1, "due": euros(12_600), "paid": euros(12_600)}
    last = {"last_reference": "SEPA-1", "last_paid_at": "2030-05-07T12:00:00Z"}
    assert await eclat(market, "/settlements") == owed | rest | last


def invoiced() -> CommissionInvoiced:
    """The commissions of the payment of J1."""
    seller = Seller(
        legal_name="Agora Services SAS",
        company_number="73282932000074",
        vat_number=None,
        registered_office="8 place du Marché",
        postal_code="59000",
        city="Lille",
        country="FR",
    )
    return CommissionInvoiced(
        settlement_id="agora-eclat",
        organisation_id="agora",
        provider_id=ECLAT,
        payout_id="p-1",
        number="AGORA-X-000001",
        lines=(
            CommissionLine(
                job_id="J1",
                done_on=NOON.date(),
                commission=Money(1_500, "EUR"),
                vat_basis_points=2_000,
                vat=Money(300, "EUR"),
            ),
        ),
        commission=Money(1_500, "EUR"),
        vat=Money(300, "EUR"),
        including_vat=Money(1_800, "EUR"),
        seller=seller,
        buyer_name="Eclat SARL",
        buyer_street="12 rue des Tanneurs",
        buyer_postal_code="59000",
        buyer_city="Lille",
        buyer_country="FR",
        buyer_number=None,
        buyer_vat_number=None,
        reference="SEPA-1",
        language="fr",
        time_zone="Europe/Paris",
        issued_at=NOON + DAY,
        version=4,
    )


@pytest.mark.requirement("OGU-27", "G-69")
async def test_both_sides_see_the_invoices_of_commissions_and_take_them_as_a_sheet(
    market: Market,
) -> None:
    await market.saw(*GROUND, credited("J1"), paid(), invoiced())
    assert await eclat(market, "/invoices") == {
        name: one for name, one in BOTH.items() if name != "relation_id"
    } | {
        "number": "AGORA-X-000001",
        "settlement_id": "agora-eclat",
        "payout_id": "p-1",
        "jobs": 1,
        "commission": {"amount_minor": 1_500, "currency": "EUR"},
        "vat": {"amount_minor": 300, "currency": "EUR"},
        "including_vat": {"amount_minor": 1_800, "currency": "EUR"},
        "reference": "SEPA-1",
        "issued_at": "2030-05-07T12:00:00Z",
    }
    async with served(market) as api:
        sheet = await api.ask("GET", "/invoices?format=csv")
        assert "AGORA-X-000001" in sheet.text


@pytest.mark.requirement("G-68")
def test_a_fact_that_is_seen_again_is_in_no_sum_twice() -> None:
    row = None
    for event in (credited("J1"), credited("J2", 2), paid()):
        row = project(row, event)
        assert project(row, event) == row
        assert project(row, credited("J1")) == row


@pytest.mark.requirement("G-69")
@pytest.mark.parametrize("path", ["/zones", "/documents", "/settlements", "/invoices"])
async def test_nobody_sees_the_tabs_of_others(market: Market, path: str) -> None:
    await market.saw(*GROUND, drawn("59350"), shows("f-1"), credited("J1"), invoiced())
    async with served(market) as api:
        assert await api.items(path, org="elsewhere") == []
        rows = await api.items(path, **OF_VITREX)
        assert [one for one in rows if one["provider_id"] != VITREX] == []
        assert (await api.ask("GET", path, roles=("driver",))).status_code == 403


@pytest.mark.parametrize("path", ["/zones", "/documents"])
async def test_tabs_are_by_name_and_without_relations_that_are_gone(
    market: Market, path: str
) -> None:
    await market.saw(connected(VITREX, "Vitrex"), connected())
    async with served(market) as api:
        assert [one["provider_id"] for one in await api.items(path)] == [ECLAT, VITREX]
        assert [one["provider_id"] for one in await api.items(f"{path}?q=vitrex")] == [VITREX]
        await market.saw(ended())
        assert [one["provider_id"] for one in await api.items(path)] == [VITREX]

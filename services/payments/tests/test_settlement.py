"""Done jobs are owed to their provider, less commission and its VAT, and are paid together."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from pypdf import PdfReader

from contracts.common_v1 import Money
from contracts.decisions import Changed
from contracts.marketplace.marketplace_v1 import (
    CommissionVatSet,
    CompanyDeclared,
    MarketplaceActivated,
)
from contracts.marketplace.provider_v1 import IdentityStated
from contracts.payments.settlement_v1 import ProviderPaid, SettlementEvent
from contracts.providers import Rate
from infra.commands import CommandContext, Done
from infra.http.customer_pages.site import Site
from infra.testing.following import follow
from infra.testing.spec import Spec
from services.payments import settlement
from services.payments.adapters.commissions import CommissionPaper
from services.payments.aggregates import SETTLEMENT
from services.payments.payout import NothingOwed
from services.payments.reactions.from_dispatch_job import react, target
from services.payments.read_models import market_books
from services.payments.settlement import (
    NoSuchSettlement,
    ProviderAccountMissing,
    TransferIsRecorded,
    invoicing,
)
from services.payments.tests.make import NEW, NOON, OLD
from services.payments.tests.make_settlements import (
    ID,
    OF_ECLAT,
    PARTIES,
    SELLER,
    credit,
    credited,
    done,
    eur,
    invoiced,
    pay,
)
from services.payments.tests.stage import Caller, served

given = Spec(settlement.decide, settlement.evolve, settlement.initial).given
MANAGES: tuple[Any, ...] = ("marketplace_manager",)
PROVIDES: tuple[Any, ...] = ("provider_manager",)


def paid(*job_ids: str, net: int = 12_600, version: int = 2) -> ProviderPaid:
    return ProviderPaid(
        settlement_id=ID,
        organisation_id="agora",
        provider_id="eclat",
        payout_id="p-1",
        job_ids=job_ids,
        net=eur(net),
        reference="SEPA-1",
        paid_by="sophie",
        paid_at=NOON,
        version=version,
    )


@pytest.mark.requirement("G-68")
@pytest.mark.parametrize(
    ("events", "waits_for"),
    [
        ((credited(),), f"1 jobs of {ID} are not paid"),
        ((credited(), paid("J1")), None),
        ((), None),
    ],
)
def test_no_provider_is_forgotten_while_it_is_owed(
    events: tuple[SettlementEvent, ...], waits_for: str | None
) -> None:
    state = reduce(settlement.evolve, events, settlement.initial)
    assert SETTLEMENT.obligations is not None
    assert SETTLEMENT.obligations(state, "eclat").waits_for == waits_for
    assert SETTLEMENT.obligations(state, "agora").waits_for is None


@pytest.mark.requirement("G-68")
def test_a_done_job_is_owed_once_less_the_commission_and_its_vat() -> None:
    [command] = react(done())
    assert target(command) == ID
    given().when(command).records(credited())
    given(credited()).when(credit("J2")).records(credited("J2", version=2))
    assert react(replace(done(), vat=None)) == []


@pytest.mark.requirement("G-68")
def test_all_that_is_owed_is_paid_together_as_it_was_seen() -> None:
    both = (credited(), credited("J2", version=2))
    given(*both).when(pay(25_200)).records(paid("J1", "J2", net=25_200, version=3))
    stale = Changed({"due": eur(12_600)}, {"due": eur(25_200)})
    given(*both).when(pay(12_600)).is_rejected(stale)


def test_nobody_is_paid_twice_or_for_nothing() -> None:
    given().when(pay()).is_rejected(NoSuchSettlement())
    given(credited(), paid("J1")).when(pay(id="p-2")).is_rejected(NothingOwed("EUR"))
    given(credited()).when(replace(pay(), due=Money(1, "TND"))).is_rejected(NothingOwed("TND"))


@pytest.mark.requirement("G-68")
def test_one_transfer_is_recorded_once_also_where_as_much_is_owed_again() -> None:
    known = (credited(), paid("J1"), credited("J2", version=3))
    given(*known).when(pay(id="p-2")).is_rejected(TransferIsRecorded("SEPA-1"))
    other = replace(pay(id="p-2"), reference="SEPA-2")
    second = replace(paid("J2", version=4), payout_id="p-2", reference="SEPA-2")
    given(*known).when(other).records(second)


def test_money_goes_to_the_account_that_the_provider_states_now() -> None:
    given(credited()).when(pay(account=None)).is_rejected(ProviderAccountMissing())
    moved = Changed({"iban": OLD}, {"iban": NEW})
    given(credited()).when(pay(account=NEW)).is_rejected(moved)


@pytest.mark.requirement("G-68")
def test_a_commission_above_the_price_is_owed_by_the_provider_until_later_jobs_pay_it() -> None:
    owes = replace(credited("J0"), amount=eur(100), commission=eur(4_000), payout=eur(-1_800))
    given().when(credit("J0", 100, 4_000)).records(owes)
    given(owes).when(pay(0)).is_rejected(NothingOwed("EUR"))
    later = credited("J1", version=2)
    given(owes, later).when(pay(10_800)).records(paid("J0", "J1", net=10_800, version=3))


@pytest.mark.requirement("G-68")
def test_the_books_of_a_marketplace_balance() -> None:
    entries = [market_books.project(None, one) for one in (credited(), paid("J1"))]
    assert all(sum(p.amount_minor for p in one.postings) == 0 for one in entries)
    found = [(one.account, one.amount_minor, one.version) for e in entries for one in e.postings]
    assert found == [
        ("receivable:customers", 14_400, 1),
        ("sales:commissions", -1_500, 1),
        ("vat:collected", -300, 1),
        ("payable:eclat", -12_600, 1),
        ("payable:eclat", 12_600, 2),
        ("bank", -12_600, 2),
    ]
    assert {one.stream for e in entries for one in e.postings} == {f"settlement-{ID}"}


@pytest.mark.requirement("OGU-27", "G-68")
def test_commissions_of_a_payment_are_invoiced_with_it_by_numbers_without_gaps() -> None:
    both = (credited(), credited("J2", version=2))
    command = replace(pay(25_200), parties=PARTIES)
    first = paid("J1", "J2", net=25_200, version=3)
    given(*both).when(command).records(first, invoiced("J1", "J2", version=4))
    later = (*both, first, invoiced("J1", "J2", version=4), credited("J3", version=5))
    again = replace(paid("J3", version=6), payout_id="p-2", reference="SEPA-2")
    second = replace(pay(id="p-2"), parties=PARTIES, reference="SEPA-2")
    next_one = replace(invoiced("J3", ordinal=2, version=7), reference="SEPA-2")
    given(*later).when(second).records(again, next_one)


@pytest.mark.requirement("OGU-27", "G-68")
def test_nothing_is_invoiced_without_companies_or_commission() -> None:
    given(credited()).when(pay()).records(paid("J1"))
    free = replace(credited(), commission=eur(0), commission_vat=eur(0), payout=eur(14_400))
    command = replace(pay(14_400), parties=PARTIES)
    given(free).when(command).records(paid("J1", net=14_400))


@pytest.mark.requirement("G-68")
def test_a_line_has_the_vat_of_the_day_at_the_marketplace_on_which_its_job_was_done() -> None:
    new_year = datetime(2031, 1, 1, tzinfo=UTC)
    rates = (Rate(date(2030, 1, 1), 2_000), Rate(date(2031, 1, 1), 2_100))
    parties = replace(PARTIES, vat=rates)
    for before, points in ((timedelta(hours=1, seconds=1), 2_000), (timedelta(hours=1), 2_100)):
        old = replace(credited(), commission_vat_basis_points=None)
        one = invoicing.line(replace(old, credited_at=new_year - before), parties)
        assert one.vat_basis_points == points
        assert one.done_on == (date(2030, 12, 31) if points == 2_000 else date(2031, 1, 1))


@pytest.mark.requirement("OGU-27", "G-68")
@pytest.mark.parametrize("zone", ["Europe/Paris", "Pacific/Auckland"])
def test_a_line_has_the_rate_that_the_provider_was_paid_by_whatever_is_set_since(zone: str) -> None:
    rates = (Rate(date(2020, 1, 1), 1_000), Rate(NOON.date(), 2_100))
    parties = replace(PARTIES, vat=rates, time_zone=zone)
    line = invoicing.line(credited(), parties)
    assert (line.vat_basis_points, line.vat) == (2_000, eur(300))
    free = replace(credited(), commission_vat=eur(0), commission_vat_basis_points=0)
    assert invoicing.line(free, parties).vat_basis_points == 0


def test_no_two_providers_of_an_operator_have_one_number() -> None:
    names = [f"net-services-of-the-north-{n}" for n in range(200)]
    numbers = {invoicing.number("agora-marketplace", one, 1) for one in names}
    assert len(numbers) == len(names)
    assert {len(one) for one in numbers} == {28}


async def owed(api: Caller) -> None:
    """A job of a provider was done, and the worker has seen it."""
    command = CommandContext(uuid4(), "c", "c", "test", "agora", NOON, "")
    result = await api.running.commands.handle(SETTLEMENT, ID, credit(), command)
    assert isinstance(result, Done)
    await follow(api.running, credited(), stated(OLD))


def stated(iban: str) -> IdentityStated:
    return IdentityStated(
        provider_id="eclat",
        is_person=False,
        legal_name="Eclat SARL",
        born_on=None,
        street="12 rue des Tanneurs",
        postal_code="59000",
        city="Lille",
        country="FR",
        tax_number="FR40303265045",
        company_number="30326504500016",
        vat_number=None,
        iban=iban,
        stated_by="eclat-manager",
        stated_at=NOON,
    )


@pytest.mark.requirement("G-68", "G-69")
async def test_both_sides_see_what_is_owed_and_the_operator_pays_it(database: str) -> None:
    async with served(database) as api:
        await owed(api)
        path, euros = f"/settlements/{ID}", {"amount_minor": 12_600, "currency": "EUR"}
        shown = (await api.ask("GET", path, None, "sophie", MANAGES, "agora")).json()
        assert (shown["iban"], shown["due"], len(shown["jobs"])) == (OLD, [euros], 1)
        body = {"due": euros, "iban": OLD, "reference": "SEPA-1"}
        made = await api.ask("POST", f"{path}/payouts", body, "sophie", MANAGES, "agora")
        assert made.status_code == 201, made.text
        again = await api.ask("POST", f"{path}/payouts", body, "sophie", MANAGES, "agora")
        assert again.json()["type"] == "urn:relais:problem:nothing-owed"
        own = (await api.ask("GET", path, None, "marc", ("provider_manager",), "eclat")).json()
        assert (own["iban"], own["due"], own["jobs"]) == (None, [], [])
        [payout] = own["payouts"]
        assert (payout["job_ids"], payout["net"], payout["reference"]) == (["J1"], euros, "SEPA-1")


@pytest.mark.requirement("OGU-27", "G-69")
async def test_both_sides_read_the_invoice_of_commissions_and_nobody_else(database: str) -> None:
    async with served(database) as api:
        await owed(api)
        await follow(api.running, activated(), vat_set(), declared())
        path, euros = f"/settlements/{ID}", {"amount_minor": 12_600, "currency": "EUR"}
        body = {"due": euros, "iban": OLD, "reference": "SEPA-1"}
        made = await api.ask("POST", f"{path}/payouts", body, "sophie", MANAGES, "agora")
        assert made.status_code == 201, made.text
        shown = (await api.ask("GET", path, None, "sophie", MANAGES, "agora")).json()
        [payout] = shown["payouts"]
        assert payout["invoice_number"] == f"AGORA-{OF_ECLAT}-000001"
        invoice = f"{path}/payouts/{payout['payout_id']}/invoice"
        sides = ((MANAGES, "agora"), (PROVIDES, "eclat"))
        papers = [await api.ask("GET", invoice, None, "x", roles, org) for roles, org in sides]
        assert papers[0].content[:5] == b"%PDF-"
        assert papers[0].content == papers[1].content
        for roles, org in ((MANAGES, "forum"), (PROVIDES, "vitrex")):
            hidden = await api.ask("GET", invoice, None, "eve", roles, org)
            assert hidden.json()["type"] == "urn:relais:problem:no-such-settlement"
        none = await api.ask("GET", f"{path}/payouts/p-9/invoice", None, "x", MANAGES, "agora")
        assert none.json()["type"] == "urn:relais:problem:no-such-commission-invoice"


@pytest.mark.requirement("OGU-27")
@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_the_invoice_of_commissions_says_all_that_stands_in_it(language: str) -> None:
    words = Site("payments", "services.payments.http.payment_page").words(language, UTC)
    paper = CommissionPaper(invoiced("J1", "J2"), words)
    said = PdfReader(BytesIO(paper.pdf())).pages[0].extract_text()
    for fact in ("Agora Services SAS", "73282932000074", "FR44732829320", "Eclat SARL"):
        assert fact in said
    for fact in ("12 rue des Tanneurs", "30326504500016", OF_ECLAT, "SEPA-1", "J1", "J2"):
        assert fact in said
    assert said.count("15") >= 2


def activated() -> MarketplaceActivated:
    return MarketplaceActivated(
        marketplace_id="agora",
        marketplace_name="Agora",
        time_zone="Europe/Paris",
        currency="EUR",
        language="fr",
        activated_by="sophie",
        activated_at=NOON,
    )


def vat_set() -> CommissionVatSet:
    return CommissionVatSet(
        marketplace_id="agora",
        basis_points=2_000,
        valid_from=date(2030, 1, 1),
        set_by="sophie",
        set_at=NOON,
    )


def declared() -> CompanyDeclared:
    return CompanyDeclared(
        marketplace_id="agora",
        legal_name=SELLER.legal_name,
        company_number=SELLER.company_number,
        vat_number=SELLER.vat_number,
        registered_office=SELLER.registered_office,
        postal_code=SELLER.postal_code,
        city=SELLER.city,
        country=SELLER.country,
        declared_by="sophie",
        declared_at=NOON,
    )


@pytest.mark.requirement("G-69")
async def test_nobody_sees_the_settlement_or_the_books_of_others(database: str) -> None:
    async with served(database) as api:
        await owed(api)
        path = f"/settlements/{ID}"
        for roles, org in ((MANAGES, "forum"), (("provider_manager",), "vitrex")):
            for one in (path, f"{path}/history"):
                answer = await api.ask("GET", one, None, "eve", roles, org)
                assert answer.json()["type"] == "urn:relais:problem:no-such-settlement"
        body = {"due": {"amount_minor": 12_600, "currency": "EUR"}, "iban": OLD, "reference": "S"}
        for roles, org, status in ((MANAGES, "forum", 404), (("provider_manager",), "eclat", 403)):
            answer = await api.ask("POST", f"{path}/payouts", body, "eve", roles, org)
            assert answer.status_code == status
        for org, accounts in (("agora", 4), ("forum", 0)):
            books = await api.ask("GET", "/market-books/accounts", None, "eve", MANAGES, org)
            assert len(books.json()["items"]) == accounts
        entries = await api.ask("GET", "/market-books/entries", None, "eve", MANAGES, "agora")
        assert [one["entry_id"] for one in entries.json()["items"]] == ["job:J1"]

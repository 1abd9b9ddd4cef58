from dataclasses import replace
from datetime import date

import pytest

from contracts.common_v1 import Point
from contracts.marketplace.marketplace_v1 import (
    AssignmentChanged,
    CommissionSet,
    CommissionVatSet,
    CompanyDeclared,
    DocumentsRequested,
    InternalDocumentPublished,
    InternalDocumentWithdrawn,
    LocalitiesListed,
    Locality,
    MarketplaceDeactivated,
    NoticePeriodChanged,
    ServiceName,
    ServiceUnit,
    TermsPublished,
)
from contracts.providers import Marketplace, Rate, commission_vat_on, marketplace_after
from infra.testing.spec import Spec
from services.marketplace import marketplace, terms
from services.marketplace.marketplace import (
    MOST_LOCALITIES,
    ChangeAssignment,
    ChangeNoticePeriod,
    CurrencyIsFixed,
    Deactivate,
    ListLocalities,
    ListService,
    NamedTwice,
    NoSuchMarketplace,
    NumberNotPossible,
    PublishInternalDocument,
    PublishTerms,
    RequestDocuments,
    SetCommission,
    TermsWerePublished,
    TooMany,
    UnlistService,
    WithdrawInternalDocument,
)
from services.marketplace.tests.make import (
    DAY,
    LATER,
    NOON,
    TODAY,
    VIGILANCE,
    activate,
    activated,
    listed,
)

given = Spec(marketplace.decide, marketplace.evolve, marketplace.initial).given


def assign(proposals: int = 3, sending: int = 3, reminder: int = 2) -> ChangeAssignment:
    return ChangeAssignment(
        broadcast=True,
        required_proposals=proposals,
        sending_after_days=sending,
        reminder_after_days=reminder,
        by="olga",
        at=NOON,
    )


def publish_terms(file: str = "f-1", instead_of: int = 0) -> PublishTerms:
    return PublishTerms(title="Terms", file_id=file, instead_of=instead_of, by="olga", at=NOON)


def terms_published(version: int = 1, file: str = "f-1") -> TermsPublished:
    return TermsPublished(
        marketplace_id="quartier",
        version=version,
        title="Terms",
        file_id=file,
        published_by="olga",
        published_at=NOON,
    )


def set_commission(points: int = 1_250, day: date = TODAY) -> SetCommission:
    return SetCommission(basis_points=points, valid_from=day, today=TODAY, by="olga", at=NOON)


def commission_set(points: int = 1_250, day: date = TODAY) -> CommissionSet:
    return CommissionSet(
        marketplace_id="quartier", basis_points=points, valid_from=day, set_by="olga", set_at=NOON
    )


@pytest.mark.requirement("OGU-01")
def test_a_marketplace_is_activated_off_and_on_again() -> None:
    given().when(activate()).records(activated())
    off = MarketplaceDeactivated(
        marketplace_id="quartier", deactivated_by="olga", deactivated_at=NOON
    )
    given(activated()).when(Deactivate(by="olga", at=NOON)).records(off)
    given(activated(), off).when(activate()).records(activated())
    given().when(Deactivate(by="olga", at=NOON)).is_rejected(NoSuchMarketplace())


def test_the_currency_of_a_marketplace_stays() -> None:
    given(activated()).when(activate(currency="MAD")).is_rejected(CurrencyIsFixed("EUR"))


@pytest.mark.requirement("OGU-04", "OGU-05", "OGU-06", "G-63")
def test_three_proposals_in_three_days_and_a_reminder_after_two_are_usual() -> None:
    known = marketplace_after(None, activated())
    assert isinstance(known, Marketplace)
    usual = (known.required_proposals, known.sending_after_days, known.reminder_after_days)
    assert usual == (3, 3, 2)
    assert not known.broadcast


@pytest.mark.requirement("OGU-02", "G-63")
def test_assignment_is_changed_to_one_at_least() -> None:
    changed = AssignmentChanged(
        marketplace_id="quartier",
        broadcast=True,
        required_proposals=1,
        sending_after_days=1,
        reminder_after_days=1,
        changed_by="olga",
        changed_at=NOON,
    )
    given(activated()).when(assign(1, 1, 1)).records(changed)
    for field, command in (
        ("required_proposals", assign(proposals=0)),
        ("sending_after_days", assign(sending=0)),
        ("reminder_after_days", assign(reminder=0)),
    ):
        most = 100 if field == "required_proposals" else 365
        given(activated()).when(command).is_rejected(NumberNotPossible(field, 0, 1, most))


def test_the_notice_period_is_thirty_days_until_it_is_changed() -> None:
    given(activated()).when(ChangeNoticePeriod(days=30, by="olga", at=NOON)).records_nothing()
    changed = NoticePeriodChanged(
        marketplace_id="quartier", days=0, changed_by="olga", changed_at=NOON
    )
    given(activated()).when(ChangeNoticePeriod(days=0, by="olga", at=NOON)).records(changed)
    for days in (-1, 366):
        command = ChangeNoticePeriod(days=days, by="olga", at=NOON)
        given(activated()).when(command).is_rejected(NumberNotPossible("days", days, 0, 365))


@pytest.mark.requirement("OGU-07")
def test_documents_are_requested_once_each() -> None:
    command = RequestDocuments(documents=(VIGILANCE,), by="olga", at=NOON)
    requested = DocumentsRequested(
        marketplace_id="quartier", documents=(VIGILANCE,), requested_by="olga", requested_at=NOON
    )
    given(activated()).when(command).records(requested)
    twice = replace(command, documents=(VIGILANCE, VIGILANCE))
    given(activated()).when(twice).is_rejected(NamedTwice("documents", "vigilance"))


def test_a_service_is_listed_and_called_otherwise_and_unlisted() -> None:
    command = ListService(
        service_code="windows",
        names=(ServiceName(language="fr", text="Vitres"),),
        unit=ServiceUnit.HOUR,
        by="olga",
        at=NOON,
    )
    given(activated()).when(command).records(listed())
    twice = replace(command, names=command.names * 2)
    given(activated()).when(twice).is_rejected(NamedTwice("names", "fr"))
    given(activated()).when(UnlistService(service_code="x", by="o", at=NOON)).records_nothing()


@pytest.mark.requirement("OGU-03")
def test_the_places_of_customers_are_listed_together_and_each_once() -> None:
    lille = Locality(
        locality="Lille",
        postal_code="59000",
        commune_code="59350",
        centre=Point(latitude=50.6366, longitude=3.0635),
    )
    command = ListLocalities(
        localities=(lille, replace(lille, postal_code="59800")), by="olga", at=NOON
    )
    listed = LocalitiesListed(
        marketplace_id="quartier",
        localities=command.localities,
        listed_by="olga",
        listed_at=NOON,
    )
    given(activated()).when(command).records(listed)
    twice = replace(command, localities=(lille, replace(lille, locality="Lille-Centre")))
    given(activated()).when(twice).is_rejected(NamedTwice("localities", "59000 59350"))
    most = tuple(replace(lille, postal_code=str(n)) for n in range(MOST_LOCALITIES))
    assert given(activated()).answer(replace(command, localities=most)) != []
    more = replace(command, localities=(*most, lille))
    given(activated()).when(more).is_rejected(TooMany(MOST_LOCALITIES))


@pytest.mark.requirement("OGU-13", "OGU-15")
def test_terms_come_in_versions_and_the_decider_saw_the_one_before() -> None:
    given(activated()).when(publish_terms()).records(terms_published())
    second = terms_published(2, "f-2")
    given(activated(), terms_published()).when(publish_terms("f-2", 1)).records(second)
    given(activated(), terms_published()).when(publish_terms("f-2")).is_rejected(
        TermsWerePublished(1)
    )


@pytest.mark.requirement("OGU-13")
def test_a_document_that_was_withdrawn_comes_back_as_its_next_version() -> None:
    publish = PublishInternalDocument(
        document_id="guide", title="Guide", file_id="f-1", by="olga", at=NOON
    )
    withdraw = WithdrawInternalDocument(document_id="guide", by="olga", at=LATER)
    published = InternalDocumentPublished(
        marketplace_id="quartier",
        document_id="guide",
        version=1,
        title="Guide",
        file_id="f-1",
        published_by="olga",
        published_at=NOON,
    )
    withdrawn = InternalDocumentWithdrawn(
        marketplace_id="quartier", document_id="guide", withdrawn_by="olga", withdrawn_at=LATER
    )
    given(activated()).when(publish).records(published)
    given(activated(), published).when(withdraw).records(withdrawn)
    again = given(activated(), published, withdrawn)
    again.when(publish).records(replace(published, version=2))
    again.when(withdraw).records_nothing()


@pytest.mark.requirement("OGU-21", "G-68")
def test_a_commission_is_nothing_to_all_of_the_amount() -> None:
    for points in (0, 10_000):
        given(activated()).when(set_commission(points)).records(commission_set(points))
    for points in (-1, 10_001, 10_100):
        given(activated()).when(set_commission(points)).is_rejected(
            terms.RateNotPossible(points, 10_000)
        )


@pytest.mark.requirement("G-68", "M-15")
def test_a_commission_holds_from_today_on_and_never_for_the_past() -> None:
    yesterday = TODAY - DAY
    given(activated()).when(set_commission(day=yesterday)).is_rejected(
        terms.DayIsPast(yesterday, TODAY)
    )
    known = marketplace_after(marketplace_after(None, activated()), commission_set(1_000))
    later = marketplace_after(known, commission_set(500, TODAY + DAY))
    assert later is not None
    assert later.rates == (Rate(TODAY, 1_000), Rate(TODAY + DAY, 500))


def set_vat(points: int = 2_000, day: date = TODAY) -> marketplace.SetCommissionVat:
    return marketplace.SetCommissionVat(
        basis_points=points, valid_from=day, today=TODAY, by="olga", at=NOON
    )


def vat_set(points: int = 2_000, day: date = TODAY) -> CommissionVatSet:
    return CommissionVatSet(
        marketplace_id="quartier", basis_points=points, valid_from=day, set_by="olga", set_at=NOON
    )


@pytest.mark.requirement("G-68")
def test_the_vat_on_commissions_is_nothing_to_all_of_them_and_never_for_the_past() -> None:
    for points in (0, 10_000):
        given(activated()).when(set_vat(points)).records(vat_set(points))
    for points in (-1, 10_001, 10_100):
        bad = terms.RateNotPossible(points, 10_000)
        given(activated()).when(set_vat(points)).is_rejected(bad)
    yesterday = TODAY - DAY
    past = terms.DayIsPast(yesterday, TODAY)
    given(activated()).when(set_vat(day=yesterday)).is_rejected(past)


@pytest.mark.requirement("G-68")
def test_a_day_has_the_vat_that_began_last() -> None:
    rates = (Rate(TODAY, 2_000), Rate(TODAY + DAY, 2_100))
    days = (TODAY - DAY, TODAY, TODAY + DAY, TODAY + 2 * DAY)
    assert [commission_vat_on(rates, day) for day in days] == [0, 2_000, 2_100, 2_100]
    known = marketplace_after(marketplace_after(None, activated()), vat_set())
    assert known is not None
    assert (known.commission_vat, known.rates) == ((Rate(TODAY, 2_000),), ())


@pytest.mark.requirement("OGU-27")
def test_the_company_of_an_operator_is_declared_once_until_it_changes() -> None:
    given(activated()).when(declare()).records(declared())
    given(activated(), declared()).when(declare()).records_nothing()
    moved = declare("1 rue Neuve")
    given(activated(), declared()).when(moved).records(declared("1 rue Neuve"))
    given().when(declare()).is_rejected(marketplace.NoSuchMarketplace())


def declare(office: str = "8 place du Marché") -> marketplace.DeclareCompany:
    return marketplace.DeclareCompany(
        legal_name="Quartier Net SAS",
        company_number="73282932000074",
        vat_number="FR44732829320",
        registered_office=office,
        postal_code="59000",
        city="Lille",
        country="FR",
        by="olga",
        at=NOON,
    )


def declared(office: str = "8 place du Marché") -> CompanyDeclared:
    return CompanyDeclared(
        marketplace_id="quartier",
        legal_name="Quartier Net SAS",
        company_number="73282932000074",
        vat_number="FR44732829320",
        registered_office=office,
        postal_code="59000",
        city="Lille",
        country="FR",
        declared_by="olga",
        declared_at=NOON,
    )

"""Valid facts and commands of settlements of marketplaces with providers."""

from dataclasses import replace
from datetime import date

from contracts.common_v1 import Money
from contracts.dispatch.job_v1 import JobDone
from contracts.payments.settlement_v1 import (
    CommissionInvoiced,
    CommissionLine,
    JobCredited,
    Seller,
)
from contracts.providers import Rate, relation_id
from services.payments.reactions.from_dispatch_job import react
from services.payments.settlement import CreditJob, PayProvider
from services.payments.settlement.invoicing import Buyer, Parties
from services.payments.tests.make import NOON, OLD

ID = relation_id("agora", "eclat")
OF_ECLAT = "VUBNCSPLG3"
SELLER = Seller(
    legal_name="Agora Services SAS",
    company_number="73282932000074",
    vat_number="FR44732829320",
    registered_office="8 place du Marché",
    postal_code="59000",
    city="Lille",
    country="FR",
)
PARTIES = Parties(
    seller=SELLER,
    buyer=Buyer(
        name="Eclat SARL",
        street="12 rue des Tanneurs",
        postal_code="59000",
        city="Lille",
        country="FR",
        number="30326504500016",
        vat_number=None,
    ),
    vat=(Rate(date(2030, 1, 1), 2_000),),
    language="fr",
    time_zone="Europe/Paris",
)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def done(job_id: str = "J1", vat: Money | None = None) -> JobDone:
    return JobDone(
        job_id=job_id,
        organisation_id="agora",
        request_id="R1",
        provider_id="eclat",
        report="All clean",
        file_ids=(),
        amount=eur(12_000),
        units_hundredths=None,
        commission=eur(1_500),
        reviews_at=NOON,
        customer_email="awa@example.org",
        customer_link="https://portal.example.org/dispatch/page/R1",
        language="fr",
        done_at=NOON,
        commission_vat=eur(300),
        vat=vat or eur(2_400),
        commission_vat_basis_points=2_000,
    )


def credit(job_id: str = "J1", amount: int = 12_000, commission: int = 1_500) -> CreditJob:
    [command] = react(done(job_id))
    return replace(command, amount=eur(amount), commission=eur(commission))


def pay(due: int = 12_600, id: str = "p-1", account: str | None = OLD) -> PayProvider:
    return PayProvider(
        payout_id=id,
        due=eur(due),
        iban=OLD,
        account=account,
        reference="SEPA-1",
        by="sophie",
        at=NOON,
    )


def credited(job_id: str = "J1", version: int = 1) -> JobCredited:
    return JobCredited(
        settlement_id=ID,
        organisation_id="agora",
        provider_id="eclat",
        job_id=job_id,
        amount=eur(12_000),
        vat=eur(2_400),
        commission=eur(1_500),
        commission_vat=eur(300),
        payout=eur(12_600),
        credited_at=NOON,
        version=version,
        commission_vat_basis_points=2_000,
    )


def line(job_id: str = "J1") -> CommissionLine:
    return CommissionLine(
        job_id=job_id,
        done_on=NOON.date(),
        commission=eur(1_500),
        vat_basis_points=2_000,
        vat=eur(300),
    )


def invoiced(*job_ids: str, ordinal: int = 1, version: int = 3) -> CommissionInvoiced:
    jobs = len(job_ids)
    return CommissionInvoiced(
        settlement_id=ID,
        organisation_id="agora",
        provider_id="eclat",
        payout_id=f"p-{ordinal}",
        number=f"AGORA-{OF_ECLAT}-00000{ordinal}",
        lines=tuple(map(line, job_ids)),
        commission=eur(1_500 * jobs),
        vat=eur(300 * jobs),
        including_vat=eur(1_800 * jobs),
        seller=SELLER,
        buyer_name="Eclat SARL",
        buyer_street="12 rue des Tanneurs",
        buyer_postal_code="59000",
        buyer_city="Lille",
        buyer_country="FR",
        buyer_number="30326504500016",
        buyer_vat_number=None,
        reference="SEPA-1",
        language="fr",
        time_zone="Europe/Paris",
        issued_at=NOON,
        version=version,
    )

"""The invoice of the commissions that an operator keeps of a payment (OGU-27, G-68).

Each provider has a series of its own, in the stream of its settlement: so numbers have no gaps, and
payments of two providers never wait for each other.
"""

from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from zoneinfo import ZoneInfo

from contracts.payments.settlement_v1 import (
    CommissionInvoiced,
    CommissionLine,
    JobCredited,
    ProviderPaid,
    Seller,
)
from contracts.providers import Rate, commission_vat_on
from services.payments.payout import total

MOST_OF_A_NAME, DIGITS = 10, 10
"""With the ordinal a number has 28 characters; EN 16931 is used with at most 35 in France."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """A provider as it stated who it is."""

    name: str
    street: str
    postal_code: str
    city: str
    country: str
    number: str | None
    vat_number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """The parties of an invoice of commissions, its language, and the VAT by its days."""

    seller: Seller
    buyer: Buyer
    vat: tuple[Rate, ...]
    language: str
    time_zone: str


def number(organisation_id: str, provider_id: str, ordinal: int) -> str:
    """A number of letters that every platform takes; no other provider of the operator has it."""
    name = "".join(one if one.isalnum() else "-" for one in organisation_id.upper())
    whose = b32encode(sha256(provider_id.encode()).digest()).decode()[:DIGITS]
    return f"{name[:MOST_OF_A_NAME]}-{whose}-{ordinal:06}"


def invoice(
    parties: Parties | None, paid: ProviderPaid, jobs: Sequence[JobCredited], ordinal: int
) -> list[CommissionInvoiced]:
    """The invoice of what was kept of a payment; none where it is not known which companies both
    are, and where nothing was kept."""
    currency = paid.net.currency
    kept = [one for one in jobs if one.commission.amount_minor]
    if parties is None or not kept:
        return []
    commission = total((one.commission for one in kept), currency)
    vat = total((one.commission_vat for one in kept), currency)
    buyer = parties.buyer
    return [
        CommissionInvoiced(
            settlement_id=paid.settlement_id,
            organisation_id=paid.organisation_id,
            provider_id=paid.provider_id,
            payout_id=paid.payout_id,
            number=number(paid.organisation_id, paid.provider_id, ordinal),
            lines=tuple(line(one, parties) for one in kept),
            commission=commission,
            vat=vat,
            including_vat=total((commission, vat), currency),
            seller=parties.seller,
            buyer_name=buyer.name,
            buyer_street=buyer.street,
            buyer_postal_code=buyer.postal_code,
            buyer_city=buyer.city,
            buyer_country=buyer.country,
            buyer_number=buyer.number,
            buyer_vat_number=buyer.vat_number,
            reference=paid.reference,
            language=parties.language,
            time_zone=parties.time_zone,
            issued_at=paid.paid_at,
            version=paid.version + 1,
        )
    ]


def line(job: JobCredited, parties: Parties) -> CommissionLine:
    """The commission of a job, at the rate by which the provider is paid: that of the day on which
    it was done, as it was then. One that is set later on that day changes neither."""
    done_on = job.credited_at.astimezone(ZoneInfo(parties.time_zone)).date()
    known = job.commission_vat_basis_points
    return CommissionLine(
        job_id=job.job_id,
        done_on=done_on,
        commission=job.commission,
        vat_basis_points=commission_vat_on(parties.vat, done_on) if known is None else known,
        vat=job.commission_vat,
    )

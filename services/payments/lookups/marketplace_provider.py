"""Providers of marketplaces as they stated who they are: their bank accounts (M14), and the buyers
of commissions."""

from dataclasses import dataclass

from contracts.marketplace.provider_v1 import IdentityStated, contract
from contracts.runtime import REDACTED
from infra.consumers.views import View

Reads = IdentityStated


@dataclass(frozen=True, slots=True)
class ProviderAccount:
    """All but the country is None once the provider was forgotten."""

    provider_id: str
    country: str
    iban: str | None
    legal_name: str | None = None
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    company_number: str | None = None
    vat_number: str | None = None


def key(event: Reads) -> tuple[str]:
    return (event.provider_id,)


def project(_: ProviderAccount | None, event: Reads) -> ProviderAccount:
    return ProviderAccount(
        provider_id=event.provider_id,
        country=event.country,
        iban=readable(event.iban),
        legal_name=readable(event.legal_name),
        street=readable(event.street),
        postal_code=readable(event.postal_code),
        city=readable(event.city),
        company_number=readable(event.company_number),
        vat_number=readable(event.vat_number),
    )


def readable(text: str | None) -> str | None:
    """A text that is read again after it was forgotten is nobody's."""
    return None if text == REDACTED else text


lookup = View(
    name="provider_accounts",
    contract=contract,
    reads=Reads,
    row=ProviderAccount,
    primary_key=("provider_id",),
    key=key,
    project=project,
    subject="provider_id",
    personal=(
        *("iban", "legal_name", "street", "postal_code", "city"),
        *("company_number", "vat_number"),
    ),
)

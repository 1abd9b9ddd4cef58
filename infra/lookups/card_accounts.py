"""The dealerships that take cards online now (FLB-169, FLB-170)."""

from dataclasses import dataclass, replace
from typing import assert_never

from contracts.payments import account_v1
from contracts.payments.account_v1 import AccountConnected, AccountDisconnected, CompanyDeclared
from infra.consumers.views import View

Reads = AccountConnected | AccountDisconnected | CompanyDeclared


@dataclass(frozen=True, slots=True)
class CardAccount:
    dealership_id: str
    has_company: bool = False
    has_keys: bool = False

    @property
    def takes_cards(self) -> bool:
        """There are keys, and a company that invoices."""
        return self.has_company and self.has_keys


def key(event: Reads) -> tuple[str]:
    return (event.dealership_id,)


def project(row: CardAccount | None, event: Reads) -> CardAccount:
    account = row or CardAccount(event.dealership_id)
    match event:
        case CompanyDeclared():
            return replace(account, has_company=True)
        case AccountConnected():
            return replace(account, has_keys=True)
        case AccountDisconnected():
            return replace(account, has_keys=False)
        case unhandled:
            assert_never(unhandled)


lookup = View(
    name="card_accounts",
    contract=account_v1.contract,
    reads=Reads,
    row=CardAccount,
    primary_key=("dealership_id",),
    key=key,
    project=project,
)

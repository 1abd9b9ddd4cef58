"""A dealership's account at the provider of card payments: its mode, its company, its keys, and the
books that are compared with it.

The keys themselves are no facts: they are kept sealed, beside the stream.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, assert_never

from contracts.payments.account_v1 import (
    AccountConnected,
    AccountDisconnected,
    AccountEvent,
    CompanyDeclared,
    ModeSet,
)
from services.payments.account import periods, reconciling
from services.payments.account.standing import Account, evolve, initial

__all__ = ["Account", "Command", "Rejection", "decide", "evolve", "initial"]

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMode:
    """Comes from the operator of the platform; `organisation_id` is the dealership's."""

    dealership_id: str
    organisation_id: str
    live: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareCompany:
    dealership_id: str
    organisation_id: str
    legal_name: str
    company_number: str
    vat_number: str | None
    registered_office: str
    postal_code: str
    city: str
    country: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """Keys that the provider took: it says whose they are, for real money or not, and which
    currencies the account takes. `currency` is that of the dealership's prices."""

    dealership_id: str
    organisation_id: str
    provider_account_id: str
    live: bool
    publishable_key: str
    key_ends_with: str
    currencies: tuple[str, ...]
    currency: str
    missing: tuple[str, ...]
    needless: tuple[str, ...]
    """The scopes that the key lacks, and those that it has and must not have."""
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect:
    dealership_id: str
    organisation_id: str
    by: str
    at: datetime


Connecting = SetMode | DeclareCompany | Connect | Disconnect
Command = Connecting | reconciling.Command | periods.Command

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchCardAccount:
    pass


@dataclass(frozen=True, slots=True)
class AccountIsConnected:
    """The mode changes once the keys of the other mode are gone."""


@dataclass(frozen=True, slots=True)
class KeyIsLive:
    """Real money is for dealerships of which the operator says so."""

    field: ClassVar[str] = "restricted_key"


@dataclass(frozen=True, slots=True)
class KeyIsForTests:
    """With a test key, works would count as paid that nobody paid."""

    field: ClassVar[str] = "restricted_key"


@dataclass(frozen=True, slots=True)
class CurrencyNotTaken:
    currency: str


@dataclass(frozen=True, slots=True)
class ScopesMissing:
    field: ClassVar[str] = "restricted_key"
    scopes: str


@dataclass(frozen=True, slots=True)
class ScopesTooWide:
    """With the key somebody could do things that we never do."""

    field: ClassVar[str] = "restricted_key"
    scopes: str


@dataclass(frozen=True, slots=True)
class KeyRefused:
    """The provider does not know the key, or knows it no more."""

    field: ClassVar[str] = "restricted_key"


@dataclass(frozen=True, slots=True)
class KeysOfTwoModes:
    field: ClassVar[str] = "publishable_key"


Rejection = (
    NoSuchCardAccount
    | AccountIsConnected
    | KeyIsLive
    | KeyIsForTests
    | KeysOfTwoModes
    | KeyRefused
    | ScopesMissing
    | ScopesTooWide
    | CurrencyNotTaken
    | reconciling.Rejection
    | periods.Rejection
)

# --- Decisions --------------------------------------------------------------

Decision = list[AccountEvent] | Rejection


def decide(command: Command, account: Account) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    if account.organisation_id not in ("", command.organisation_id):
        return NoSuchCardAccount()
    match command:
        case SetMode():
            return set_mode(command, account)
        case DeclareCompany():
            return declare_company(command, account)
        case Connect():
            return connect(command, account)
        case Disconnect():
            return disconnect(command, account)
        case reconciling.ReconcileDay() | reconciling.ResolveDifference():
            return reconciling.decide(command, account)
        case periods.ClosePeriod():
            return periods.close(command, account)
        case unhandled:
            assert_never(unhandled)


def set_mode(command: SetMode, account: Account) -> Decision:
    if account.live == command.live:
        return []
    if account.connected is not None:
        return AccountIsConnected()
    return [
        ModeSet(
            dealership_id=command.dealership_id,
            organisation_id=command.organisation_id,
            live=command.live,
            set_by=command.by,
            set_at=command.at,
        )
    ]


def declare_company(command: DeclareCompany, account: Account) -> Decision:
    declared = CompanyDeclared(
        dealership_id=command.dealership_id,
        organisation_id=command.organisation_id,
        legal_name=command.legal_name,
        company_number=command.company_number,
        vat_number=command.vat_number,
        registered_office=command.registered_office,
        postal_code=command.postal_code,
        city=command.city,
        country=command.country,
        declared_by=command.by,
        declared_at=command.at,
    )
    known = account.company
    if known and known == replace(
        declared, declared_by=known.declared_by, declared_at=known.declared_at
    ):
        return []
    return [declared]


def connect(command: Connect, account: Account) -> Decision:
    if command.live != account.live:
        return KeyIsLive() if command.live else KeyIsForTests()
    if command.missing:
        return ScopesMissing(", ".join(command.missing))
    if command.needless:
        return ScopesTooWide(", ".join(command.needless))
    if command.currency not in command.currencies:
        return CurrencyNotTaken(command.currency)
    connected = AccountConnected(
        dealership_id=command.dealership_id,
        organisation_id=command.organisation_id,
        provider_account_id=command.provider_account_id,
        live=command.live,
        publishable_key=command.publishable_key,
        key_ends_with=command.key_ends_with,
        currencies=command.currencies,
        connected_by=command.by,
        connected_at=command.at,
    )
    known = account.connected
    if known and known == replace(
        connected, connected_by=known.connected_by, connected_at=known.connected_at
    ):
        return []
    return [connected]


def disconnect(command: Disconnect, account: Account) -> Decision:
    if account.connected is None:
        return []
    return [
        AccountDisconnected(
            dealership_id=command.dealership_id,
            organisation_id=command.organisation_id,
            disconnected_by=command.by,
            disconnected_at=command.at,
        )
    ]

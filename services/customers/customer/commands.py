"""The commands about a customer, and the rules that say no."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from contracts.customers.customer_v1 import (
    ConsentPurpose,
    ConsentSource,
    CustomerChannel,
    LinkReason,
)
from contracts.decisions import Changed
from services.customers.customer.record import Company, Details

MOST_VEHICLES = 100
"""A fleet is no customer of a workshop's counter."""

# --- Commands ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCustomer:
    """A command about the customer of an organisation."""

    customer_id: str
    organisation_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCustomer(OfCustomer):
    dealership_id: str
    details: Details
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFromCase(OfCustomer):
    """Nobody of the dealership has the phone or e-mail of a case. The customer's id is that of the
    case's contact, whose key seals what the case says of them."""

    dealership_id: str
    details: Details
    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCase(OfCustomer):
    """A case names the customer, or has their phone or e-mail."""

    dealership_id: str
    case_id: str
    contact_id: str
    reason: LinkReason


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlinkCase(OfCustomer):
    """The case names somebody else now."""

    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectFromCase(OfCustomer):
    """The case that told of the customer says otherwise now: a phone was mistyped."""

    details: Details
    case_id: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCustomer(OfCustomer):
    details: Details
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockChannels(OfCustomer):
    """A channel that is not blocked is open again."""

    sms: bool
    email: bool
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordConsent(OfCustomer):
    """`given` is False where the customer refused, or took back what they had agreed to."""

    consent_id: str
    given: bool
    purpose: ConsentPurpose
    channel: CustomerChannel
    source: ConsentSource
    wording: str
    wording_version: str
    said_at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeVehicle(OfCustomer):
    """The last word about a vehicle counts. `new` is one that was not there."""

    vehicle_id: str
    new: bool
    plate: str | None
    plate_country: str | None
    vin: str | None
    brand: str | None
    model: str | None
    mileage_km: int | None
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveVehicle(OfCustomer):
    vehicle_id: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StateCompany(OfCustomer):
    """Invoices name the company; whoever comes with the vehicle is another matter."""

    company: Company
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveCompany(OfCustomer):
    by: str


class CustomerStatus(StrEnum):
    """How far a record is."""

    ACTIVE = "active"
    MERGED = "merged"
    ANONYMISED = "anonymised"


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivor:
    """The record that goes on, as it stands."""

    customer_id: str
    dealership_id: str
    standing: CustomerStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeCustomer(OfCustomer):
    survivor: Survivor
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoMerge(OfCustomer):
    """`survivor_id` is the record at which it was seen."""

    survivor_id: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportCustomer(OfCustomer):
    export_id: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseCustomer(OfCustomer):
    """`cases` and `vehicles` are how many were seen when it was confirmed, `seen_merged_ids` the
    records that were seen to go with it; `merged_ids` are those that do."""

    cases: int
    vehicles: int
    seen_merged_ids: tuple[str, ...]
    merged_ids: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseWith(OfCustomer):
    """The record into which this one was merged is erased."""

    erased_id: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetCustomer(OfCustomer):
    """The key is destroyed: of a customer, or of a contact of a case of an erased one."""


OfStaff = (
    ChangeCustomer
    | BlockChannels
    | RecordConsent
    | DescribeVehicle
    | RemoveVehicle
    | StateCompany
    | RemoveCompany
    | ExportCustomer
)
OfCases = LinkCase | UnlinkCase | CorrectFromCase
OfEnd = EraseCustomer | EraseWith | ForgetCustomer
Command = RecordCustomer | RecordFromCase | OfCases | OfStaff | MergeCustomer | UndoMerge | OfEnd

# --- Rejections -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoSuchCustomer:
    pass


@dataclass(frozen=True, slots=True)
class CustomerIdTaken:
    customer_id: str


@dataclass(frozen=True, slots=True)
class CustomerIsErased:
    """Erased is final (FLB-123)."""


@dataclass(frozen=True, slots=True)
class CustomerIsMerged:
    """The record that goes on takes what is new, so that the merge can be undone exactly."""

    survivor_id: str


@dataclass(frozen=True, slots=True)
class SurvivorIsTheSame:
    pass


@dataclass(frozen=True, slots=True)
class OtherDealership:
    """A customer is of one dealership; a group shares none."""

    dealership_id: str


@dataclass(frozen=True, slots=True)
class SurvivorIsMerged:
    """It shows at another record already: that one may go on, and no cycle comes about."""


@dataclass(frozen=True, slots=True)
class SurvivorIsErased:
    pass


@dataclass(frozen=True, slots=True)
class NoSuchVehicle:
    pass


@dataclass(frozen=True, slots=True)
class VehicleIsNameless:
    """A vehicle has a plate, a VIN or a brand."""

    field: ClassVar[str] = "plate"


@dataclass(frozen=True, slots=True)
class VinRepeated:
    """Another vehicle of the customer has it."""

    field: ClassVar[str] = "vin"
    vehicle_id: str


@dataclass(frozen=True, slots=True)
class TooManyVehicles:
    most: int


@dataclass(frozen=True, slots=True)
class SaidInFuture:
    """Nobody has said yet what they will say."""

    field: ClassVar[str] = "said_at"


@dataclass(frozen=True, slots=True)
class ConsentIdTaken:
    consent_id: str


Rejection = (
    NoSuchCustomer
    | CustomerIdTaken
    | CustomerIsErased
    | CustomerIsMerged
    | SurvivorIsTheSame
    | OtherDealership
    | SurvivorIsMerged
    | SurvivorIsErased
    | NoSuchVehicle
    | VehicleIsNameless
    | VinRepeated
    | TooManyVehicles
    | SaidInFuture
    | ConsentIdTaken
    | Changed
)

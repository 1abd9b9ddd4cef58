"""A customer of a dealership: recorded, linked to cases, merged with another record, erased."""

from dataclasses import dataclass, replace
from typing import assert_never

from contracts.customers.customer_v1 import (
    CaseLinked,
    CaseUnlinked,
    ChannelsBlocked,
    CompanyRemoved,
    CompanyStated,
    ConsentGiven,
    ConsentWithdrawn,
    CustomerChanged,
    CustomerErased,
    CustomerEvent,
    CustomerExported,
    CustomerRecorded,
    CustomersMerged,
    MergeUndone,
    SubjectForgotten,
    VehicleDescribed,
    VehicleRemoved,
)
from services.customers.customer import cases, editing, ending
from services.customers.customer.commands import (
    BlockChannels,
    ChangeCustomer,
    Command,
    CorrectFromCase,
    CustomerIdTaken,
    CustomerIsErased,
    CustomerIsMerged,
    CustomerStatus,
    DescribeVehicle,
    EraseCustomer,
    EraseWith,
    ExportCustomer,
    ForgetCustomer,
    LinkCase,
    MergeCustomer,
    NoSuchCustomer,
    OfCases,
    OtherDealership,
    RecordConsent,
    RecordCustomer,
    RecordFromCase,
    Rejection,
    RemoveCompany,
    RemoveVehicle,
    StateCompany,
    SurvivorIsErased,
    SurvivorIsMerged,
    SurvivorIsTheSame,
    UndoMerge,
    UnlinkCase,
)
from services.customers.customer.record import Record, company_of, details_of

# --- State ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody was recorded; `forgotten` where it is a contact of a case whose key is destroyed."""

    forgotten: bool = False


@dataclass(frozen=True, slots=True)
class Active:
    record: Record


@dataclass(frozen=True, slots=True)
class Merged:
    """It shows at the survivor, and stays as it is."""

    record: Record
    survivor_id: str


@dataclass(frozen=True, slots=True)
class Erased:
    """Only that it was, and what was erased."""

    recorded: CustomerRecorded
    erased: CustomerErased
    forgotten: SubjectForgotten | None = None


Recorded = Active | Merged | Erased
Customer = Unknown | Recorded

initial: Customer = Unknown()


def evolve(customer: Customer, event: CustomerEvent) -> Customer:
    """Take history as recorded: a rule added today must not break yesterday's events."""
    if isinstance(event, CustomerRecorded):
        return Active(Record(recorded=event, details=details_of(event)))
    match customer:
        case Unknown():
            return Unknown(customer.forgotten or isinstance(event, SubjectForgotten))
        case Erased():
            forgotten = event if isinstance(event, SubjectForgotten) else customer.forgotten
            return replace(customer, forgotten=forgotten)
        case Active() | Merged():
            return evolve_record(customer, event)
        case unhandled:
            assert_never(unhandled)


def evolve_record(customer: Active | Merged, event: CustomerEvent) -> Recorded:
    record = customer.record
    match event:
        case CustomersMerged():
            return Merged(record, event.survivor_id)
        case MergeUndone():
            return Active(record)
        case CustomerErased():
            return Erased(record.recorded, event)
        case CustomerChanged():
            edited = record.edited or event.case_id is None
            changed = replace(record, details=details_of(event), edited=edited)
        case ChannelsBlocked():
            changed = replace(record, blocked=event)
        case ConsentGiven() | ConsentWithdrawn():
            changed = replace(record, consents=(*record.consents, event))
        case CompanyStated():
            changed = replace(record, company=company_of(event))
        case CompanyRemoved():
            changed = replace(record, company=None)
        case VehicleDescribed():
            changed = replace(record, vehicles={**record.vehicles, event.vehicle_id: event})
        case VehicleRemoved():
            left = {id: one for id, one in record.vehicles.items() if id != event.vehicle_id}
            changed = replace(record, vehicles=left)
        case CaseLinked():
            changed = replace(record, cases={**record.cases, event.case_id: event})
        case CaseUnlinked():
            others = {id: one for id, one in record.cases.items() if id != event.case_id}
            changed = replace(record, cases=others)
        case CustomerExported():
            changed = replace(record, export_ids=(*record.export_ids, event.export_id))
        case CustomerRecorded() | SubjectForgotten():
            return customer
        case unhandled:
            assert_never(unhandled)
    return replace(customer, record=changed)


def recorded_as(customer: Recorded) -> CustomerRecorded:
    """The beginning of a record, whatever became of it."""
    match customer:
        case Active() | Merged():
            return customer.record.recorded
        case Erased():
            return customer.recorded
        case unhandled:
            assert_never(unhandled)


def standing_of(customer: Recorded) -> CustomerStatus:
    match customer:
        case Active():
            return CustomerStatus.ACTIVE
        case Merged():
            return CustomerStatus.MERGED
        case Erased():
            return CustomerStatus.ANONYMISED
        case unhandled:
            assert_never(unhandled)


# --- Decisions --------------------------------------------------------------

Decision = list[CustomerEvent] | Rejection


def decide(command: Command, customer: Customer) -> Decision:
    """New facts, an empty list when they are already recorded, or the rule that says no."""
    match command:
        case RecordCustomer() | RecordFromCase():
            return record(command, customer)
        case ForgetCustomer():
            return forget(command, customer)
        case _:
            pass
    if isinstance(customer, Unknown):
        return CustomerIsErased() if customer.forgotten else NoSuchCustomer()
    if recorded_as(customer).organisation_id != command.organisation_id:
        return NoSuchCustomer()
    match command:
        case EraseCustomer() | EraseWith():
            return erase(command, customer)
        case MergeCustomer():
            return merge(command, customer)
        case UndoMerge():
            return undo_merge(command, customer)
        case LinkCase() | UnlinkCase() | CorrectFromCase():
            return follow_case(command, customer)
        case (
            ChangeCustomer()
            | BlockChannels()
            | RecordConsent()
            | StateCompany()
            | RemoveCompany()
            | DescribeVehicle()
            | RemoveVehicle()
            | ExportCustomer()
        ):
            if (refusal := not_active(customer)) is not None:
                return refusal
            assert isinstance(customer, Active)
            return editing.decide(command, customer.record)
        case unhandled:
            assert_never(unhandled)


def not_active(customer: Recorded) -> CustomerIsErased | CustomerIsMerged | None:
    """The rule by which a record takes nothing new; None where it does."""
    match customer:
        case Active():
            return None
        case Merged(survivor_id=survivor_id):
            return CustomerIsMerged(survivor_id)
        case Erased():
            return CustomerIsErased()
        case unhandled:
            assert_never(unhandled)


def record(command: RecordCustomer | RecordFromCase, customer: Customer) -> Decision:
    details = command.details
    recorded = CustomerRecorded(
        customer_id=command.customer_id,
        organisation_id=command.organisation_id,
        dealership_id=command.dealership_id,
        title=details.title,
        last_name=details.last_name,
        first_name=details.first_name,
        email=details.email,
        phone=details.phone,
        language=details.language,
        case_id=command.case_id if isinstance(command, RecordFromCase) else None,
        recorded_by=command.by if isinstance(command, RecordCustomer) else None,
        recorded_at=command.at,
    )
    match customer:
        case Unknown(forgotten=True):
            return CustomerIsErased()
        case Unknown():
            return [recorded, *cases.linked_to(recorded)]
        case Active() | Merged() | Erased():
            known = recorded_as(customer)
        case unhandled:
            assert_never(unhandled)
    if isinstance(customer, Erased):
        return CustomerIsErased()
    same = replace(recorded, recorded_at=known.recorded_at) == known
    return [] if same else CustomerIdTaken(command.customer_id)


def follow_case(command: OfCases, customer: Recorded) -> Decision:
    """A merged record follows its cases, too: they show at the survivor, and go with the record
    when the merge is undone."""
    if isinstance(customer, Erased):
        return CustomerIsErased()
    match command:
        case LinkCase():
            return cases.link(command, customer.record)
        case UnlinkCase():
            return cases.unlink(command, customer.record)
        case CorrectFromCase():
            return cases.correct(command, customer.record)
        case unhandled:
            assert_never(unhandled)


def merge(command: MergeCustomer, customer: Recorded) -> Decision:
    """A survivor is a record that goes on by itself, so that no cycle comes about."""
    survivor = command.survivor
    if isinstance(customer, Erased):
        return CustomerIsErased()
    recorded = customer.record.recorded
    if isinstance(customer, Merged):
        known = customer.survivor_id
        return [] if known == survivor.customer_id else CustomerIsMerged(known)
    if survivor.customer_id == command.customer_id:
        return SurvivorIsTheSame()
    if survivor.dealership_id != recorded.dealership_id:
        return OtherDealership(survivor.dealership_id)
    match survivor.standing:
        case CustomerStatus.MERGED:
            return SurvivorIsMerged()
        case CustomerStatus.ANONYMISED:
            return SurvivorIsErased()
        case CustomerStatus.ACTIVE:
            pass
        case unhandled:
            assert_never(unhandled)
    return [
        CustomersMerged(
            customer_id=command.customer_id,
            organisation_id=recorded.organisation_id,
            dealership_id=recorded.dealership_id,
            survivor_id=survivor.customer_id,
            merged_by=command.by,
            merged_at=command.at,
        )
    ]


def undo_merge(command: UndoMerge, customer: Recorded) -> Decision:
    """Nothing of either record was touched, so nothing but the link is taken away."""
    match customer:
        case Erased():
            return CustomerIsErased()
        case Active():
            return []
        case Merged(record=record, survivor_id=survivor_id):
            if survivor_id != command.survivor_id:
                return CustomerIsMerged(survivor_id)
        case unhandled:
            assert_never(unhandled)
    return [
        MergeUndone(
            customer_id=command.customer_id,
            organisation_id=record.recorded.organisation_id,
            dealership_id=record.recorded.dealership_id,
            survivor_id=survivor_id,
            undone_by=command.by,
            undone_at=command.at,
        )
    ]


def erase(command: EraseCustomer | EraseWith, customer: Recorded) -> Decision:
    """A merged record is erased by way of the record that goes on."""
    if isinstance(customer, Erased):
        return []
    if isinstance(command, EraseWith):
        return [ending.erased_with(command, customer.record)]
    if isinstance(customer, Merged):
        return CustomerIsMerged(customer.survivor_id)
    answer = ending.erase(command, customer.record)
    return [answer] if isinstance(answer, CustomerErased) else answer


def forget(command: ForgetCustomer, customer: Customer) -> Decision:
    """Forgotten by an operator, a customer is erased as well."""
    forgotten = SubjectForgotten(customer_id=command.customer_id, forgotten_at=command.at)
    match customer:
        case Unknown(forgotten=True) | Erased(forgotten=SubjectForgotten()):
            return []
        case Unknown() | Erased():
            return [forgotten]
        case Active(record=record) | Merged(record=record):
            return [ending.erased_by_operator(command, record), forgotten]
        case unhandled:
            assert_never(unhandled)

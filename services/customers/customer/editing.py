"""A customer as people of the dealership work on them: corrected, asked, described, exported."""

from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from contracts.customers.customer_v1 import (
    ChannelsBlocked,
    CompanyRemoved,
    CompanyStated,
    ConsentGiven,
    ConsentWithdrawn,
    CustomerChanged,
    CustomerEvent,
    CustomerExported,
    VehicleDescribed,
    VehicleRemoved,
)
from services.customers.customer.commands import (
    MOST_VEHICLES,
    BlockChannels,
    ChangeCustomer,
    ConsentIdTaken,
    DescribeVehicle,
    ExportCustomer,
    NoSuchVehicle,
    OfStaff,
    RecordConsent,
    Rejection,
    RemoveCompany,
    RemoveVehicle,
    SaidInFuture,
    StateCompany,
    TooManyVehicles,
    VehicleIsNameless,
    VinRepeated,
)
from services.customers.customer.record import Consent, Record

Decision = list[CustomerEvent] | Rejection

CLOCKS = timedelta(minutes=5)
"""By how much the clock of a reception may be ahead of ours."""


def decide(command: OfStaff, record: Record) -> Decision:
    match command:
        case ChangeCustomer():
            return change(command, record)
        case BlockChannels():
            return block(command, record)
        case RecordConsent():
            return consent(command, record)
        case StateCompany():
            return state_company(command, record)
        case RemoveCompany():
            return remove_company(command, record)
        case DescribeVehicle():
            return describe_vehicle(command, record)
        case RemoveVehicle():
            return remove_vehicle(command, record)
        case ExportCustomer():
            return export(command, record)
        case unhandled:
            assert_never(unhandled)


def change(command: ChangeCustomer, record: Record) -> Decision:
    """Details that stand already are confirmed by whoever says so; no case changes them then."""
    details = command.details
    if details == record.details and (record.edited or record.recorded.case_id is None):
        return []
    return [
        CustomerChanged(
            customer_id=command.customer_id,
            organisation_id=record.recorded.organisation_id,
            dealership_id=record.recorded.dealership_id,
            title=details.title,
            last_name=details.last_name,
            first_name=details.first_name,
            email=details.email,
            phone=details.phone,
            language=details.language,
            case_id=None,
            changed_by=command.by,
            changed_at=command.at,
        )
    ]


def block(command: BlockChannels, record: Record) -> Decision:
    known = record.blocked
    if (command.sms, command.email) == ((known.sms, known.email) if known else (False, False)):
        return []
    return [
        ChannelsBlocked(
            customer_id=command.customer_id,
            organisation_id=record.recorded.organisation_id,
            dealership_id=record.recorded.dealership_id,
            sms=command.sms,
            email=command.email,
            blocked_by=command.by,
            blocked_at=command.at,
        )
    ]


def consent(command: RecordConsent, record: Record) -> Decision:
    """Each is a fact of its own, also one that says again what was said before."""
    if command.said_at > command.at + CLOCKS:
        return SaidInFuture()
    said = consent_event(command, record)
    for known in record.consents:
        if known.consent_id == command.consent_id:
            return [] if known == said else ConsentIdTaken(command.consent_id)
    return [said]


def consent_event(command: RecordConsent, record: Record) -> Consent:
    if command.given:
        return ConsentGiven(
            customer_id=command.customer_id,
            organisation_id=record.recorded.organisation_id,
            dealership_id=record.recorded.dealership_id,
            consent_id=command.consent_id,
            purpose=command.purpose,
            channel=command.channel,
            source=command.source,
            wording=command.wording,
            wording_version=command.wording_version,
            recorded_by=command.by,
            given_at=command.said_at,
        )
    return ConsentWithdrawn(
        customer_id=command.customer_id,
        organisation_id=record.recorded.organisation_id,
        dealership_id=record.recorded.dealership_id,
        consent_id=command.consent_id,
        purpose=command.purpose,
        channel=command.channel,
        source=command.source,
        wording=command.wording,
        wording_version=command.wording_version,
        recorded_by=command.by,
        withdrawn_at=command.said_at,
    )


def state_company(command: StateCompany, record: Record) -> Decision:
    company = command.company
    if company == record.company:
        return []
    return [
        CompanyStated(
            customer_id=command.customer_id,
            organisation_id=record.recorded.organisation_id,
            dealership_id=record.recorded.dealership_id,
            legal_name=company.legal_name,
            company_number=company.company_number,
            vat_number=company.vat_number,
            registered_office=company.registered_office,
            postal_code=company.postal_code,
            city=company.city,
            country=company.country,
            stated_by=command.by,
            stated_at=command.at,
        )
    ]


def remove_company(command: RemoveCompany, record: Record) -> Decision:
    if record.company is None:
        return []
    return [
        CompanyRemoved(
            customer_id=command.customer_id,
            organisation_id=record.recorded.organisation_id,
            dealership_id=record.recorded.dealership_id,
            removed_by=command.by,
            removed_at=command.at,
        )
    ]


def describe_vehicle(command: DescribeVehicle, record: Record) -> Decision:
    if command.plate is None and command.vin is None and command.brand is None:
        return VehicleIsNameless()
    for vehicle in record.vehicles.values():
        other = vehicle.vehicle_id != command.vehicle_id
        if other and command.vin is not None and vehicle.vin == command.vin:
            return VinRepeated(vehicle.vehicle_id)
    known = record.vehicles.get(command.vehicle_id)
    if known is None and not command.new:
        return NoSuchVehicle()
    if known is None and len(record.vehicles) >= MOST_VEHICLES:
        return TooManyVehicles(MOST_VEHICLES)
    described = VehicleDescribed(
        customer_id=command.customer_id,
        organisation_id=record.recorded.organisation_id,
        dealership_id=record.recorded.dealership_id,
        vehicle_id=command.vehicle_id,
        plate=command.plate,
        plate_country=command.plate_country,
        vin=command.vin,
        brand=command.brand,
        model=command.model,
        mileage_km=command.mileage_km,
        described_by=command.by,
        described_at=command.at,
    )
    if known is not None and known == replace(
        described, described_by=known.described_by, described_at=known.described_at
    ):
        return []
    return [described]


def remove_vehicle(command: RemoveVehicle, record: Record) -> Decision:
    """A vehicle that was never there is away already."""
    if command.vehicle_id not in record.vehicles:
        return []
    return [
        VehicleRemoved(
            customer_id=command.customer_id,
            organisation_id=record.recorded.organisation_id,
            dealership_id=record.recorded.dealership_id,
            vehicle_id=command.vehicle_id,
            removed_by=command.by,
            removed_at=command.at,
        )
    ]


def export(command: ExportCustomer, record: Record) -> Decision:
    if command.export_id in record.export_ids:
        return []
    return [
        CustomerExported(
            customer_id=command.customer_id,
            organisation_id=record.recorded.organisation_id,
            dealership_id=record.recorded.dealership_id,
            export_id=command.export_id,
            exported_by=command.by,
            exported_at=command.at,
        )
    ]

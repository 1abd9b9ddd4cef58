"""Valid messages with sensible defaults; a test names only what it is about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from contracts.customers.customer_v1 import (
    CaseLinked,
    ChannelsBlocked,
    ConsentGiven,
    ConsentPurpose,
    ConsentSource,
    ConsentWithdrawn,
    CustomerChanged,
    CustomerChannel,
    CustomerErased,
    CustomerExported,
    CustomerRecorded,
    CustomersMerged,
    LinkReason,
    MergeUndone,
    SubjectForgotten,
    VehicleDescribed,
    VehicleRemoved,
)
from services.customers.customer.commands import (
    BlockChannels,
    ChangeCustomer,
    CustomerStatus,
    DescribeVehicle,
    EraseCustomer,
    EraseWith,
    ExportCustomer,
    ForgetCustomer,
    LinkCase,
    MergeCustomer,
    RecordConsent,
    RecordCustomer,
    RecordFromCase,
    RemoveVehicle,
    Survivor,
    UndoMerge,
)
from services.customers.customer.record import Details

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=40)
GROUP, LYON, PARIS = "lumiere", "lyon", "paris"
CAMILLE = Details(
    title="madam",
    last_name="Lefèvre",
    first_name="Camille",
    email="camille@example.org",
    phone="+33612345678",
    language="fr",
)
WORDING = "J'accepte de recevoir des offres par e-mail."


def recorded(
    id: str = "c1", details: Details = CAMILLE, case_id: str | None = None
) -> CustomerRecorded:
    return CustomerRecorded(
        customer_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        title=details.title,
        last_name=details.last_name,
        first_name=details.first_name,
        email=details.email,
        phone=details.phone,
        language=details.language,
        case_id=case_id,
        recorded_by=None if case_id else "nadia",
        recorded_at=NOON,
    )


def record(id: str = "c1", details: Details = CAMILLE) -> RecordCustomer:
    return RecordCustomer(
        customer_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        details=details,
        by="nadia",
        at=NOON,
    )


def record_from_case(id: str = "c1", case_id: str = "d1") -> RecordFromCase:
    return RecordFromCase(
        customer_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        details=CAMILLE,
        case_id=case_id,
        at=NOON,
    )


def link(
    case_id: str = "d1", dealership_id: str = LYON, reason: LinkReason = LinkReason.PHONE
) -> LinkCase:
    return LinkCase(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=dealership_id,
        case_id=case_id,
        contact_id=f"of-{case_id}",
        reason=reason,
        at=NOON,
    )


def linked(
    case_id: str = "d1", contact_id: str | None = None, reason: LinkReason = LinkReason.PHONE
) -> CaseLinked:
    return CaseLinked(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=LYON,
        case_id=case_id,
        contact_id=contact_id or f"of-{case_id}",
        reason=reason,
        linked_at=NOON,
    )


def change(details: Details, organisation_id: str = GROUP) -> ChangeCustomer:
    return ChangeCustomer(
        customer_id="c1", organisation_id=organisation_id, details=details, by="karim", at=LATER
    )


def changed(details: Details) -> CustomerChanged:
    return CustomerChanged(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=LYON,
        title=details.title,
        last_name=details.last_name,
        first_name=details.first_name,
        email=details.email,
        phone=details.phone,
        language=details.language,
        case_id=None,
        changed_by="karim",
        changed_at=LATER,
    )


def block(*, sms: bool = False, email: bool = False) -> BlockChannels:
    return BlockChannels(
        customer_id="c1", organisation_id=GROUP, sms=sms, email=email, by="nadia", at=NOON
    )


def blocked(*, sms: bool = False, email: bool = False) -> ChannelsBlocked:
    return ChannelsBlocked(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=LYON,
        sms=sms,
        email=email,
        blocked_by="nadia",
        blocked_at=NOON,
    )


def consent(
    id: str = "k1", *, given: bool = True, said_at: datetime = NOON, wording: str = WORDING
) -> RecordConsent:
    return RecordConsent(
        customer_id="c1",
        organisation_id=GROUP,
        consent_id=id,
        given=given,
        purpose=ConsentPurpose.OFFERS,
        channel=CustomerChannel.EMAIL,
        source=ConsentSource.PAPER_FORM,
        wording=wording,
        wording_version="2030-01",
        said_at=said_at,
        by="nadia",
        at=NOON,
    )


def consented(
    id: str = "k1",
    given_at: datetime = NOON,
    channel: CustomerChannel = CustomerChannel.EMAIL,
) -> ConsentGiven:
    return ConsentGiven(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=LYON,
        consent_id=id,
        purpose=ConsentPurpose.OFFERS,
        channel=channel,
        source=ConsentSource.PAPER_FORM,
        wording=WORDING,
        wording_version="2030-01",
        recorded_by="nadia",
        given_at=given_at,
    )


def withdrawn(id: str = "k1", withdrawn_at: datetime = NOON) -> ConsentWithdrawn:
    return ConsentWithdrawn(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=LYON,
        consent_id=id,
        purpose=ConsentPurpose.OFFERS,
        channel=CustomerChannel.EMAIL,
        source=ConsentSource.PAPER_FORM,
        wording=WORDING,
        wording_version="2030-01",
        recorded_by="nadia",
        withdrawn_at=withdrawn_at,
    )


VIN = "VF1RFB00066123456"


def described(
    id: str = "v1", plate: str | None = "AB-123-CD", vin: str | None = VIN, mileage_km: int = 45_210
) -> VehicleDescribed:
    return VehicleDescribed(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=LYON,
        vehicle_id=id,
        plate=plate,
        plate_country="FR" if plate else None,
        vin=vin,
        brand="Renault",
        model="Clio",
        mileage_km=mileage_km,
        described_by="nadia",
        described_at=NOON,
    )


def describe(
    id: str = "v1",
    plate: str | None = "AB-123-CD",
    vin: str | None = VIN,
    mileage_km: int = 45_210,
    *,
    new: bool = True,
) -> DescribeVehicle:
    return DescribeVehicle(
        customer_id="c1",
        organisation_id=GROUP,
        vehicle_id=id,
        new=new,
        plate=plate,
        plate_country="FR" if plate else None,
        vin=vin,
        brand="Renault",
        model="Clio",
        mileage_km=mileage_km,
        by="nadia",
        at=NOON,
    )


def nameless() -> DescribeVehicle:
    return replace(describe(), plate=None, plate_country=None, vin=None, brand=None)


def remove_vehicle() -> RemoveVehicle:
    return RemoveVehicle(
        customer_id="c1", organisation_id=GROUP, vehicle_id="v1", by="nadia", at=NOON
    )


def vehicle_removed() -> VehicleRemoved:
    return VehicleRemoved(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=LYON,
        vehicle_id="v1",
        removed_by="nadia",
        removed_at=NOON,
    )


def merge(
    into: str = "c2", dealership_id: str = LYON, standing: CustomerStatus = CustomerStatus.ACTIVE
) -> MergeCustomer:
    survivor = Survivor(customer_id=into, dealership_id=dealership_id, standing=standing)
    return MergeCustomer(
        customer_id="c1", organisation_id=GROUP, survivor=survivor, by="karim", at=NOON
    )


def merged(into: str = "c2") -> CustomersMerged:
    return CustomersMerged(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=LYON,
        survivor_id=into,
        merged_by="karim",
        merged_at=NOON,
    )


def undo(of: str = "c2") -> UndoMerge:
    return UndoMerge(customer_id="c1", organisation_id=GROUP, survivor_id=of, by="karim", at=LATER)


def undone() -> MergeUndone:
    return MergeUndone(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=LYON,
        survivor_id="c2",
        undone_by="karim",
        undone_at=LATER,
    )


def export() -> ExportCustomer:
    return ExportCustomer(
        customer_id="c1", organisation_id=GROUP, export_id="e1", by="nadia", at=NOON
    )


def exported() -> CustomerExported:
    return CustomerExported(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=LYON,
        export_id="e1",
        exported_by="nadia",
        exported_at=NOON,
    )


def erase(cases: int = 0, vehicles: int = 0, merged_ids: tuple[str, ...] = ()) -> EraseCustomer:
    return EraseCustomer(
        customer_id="c1",
        organisation_id=GROUP,
        cases=cases,
        vehicles=vehicles,
        seen_merged_ids=merged_ids,
        merged_ids=merged_ids,
        by="karim",
        at=LATER,
    )


def erase_with() -> EraseWith:
    return EraseWith(customer_id="c1", organisation_id=GROUP, erased_id="c2", by="karim", at=LATER)


def erased(
    case_ids: tuple[str, ...] = (),
    contact_ids: tuple[str, ...] = (),
    merged_ids: tuple[str, ...] = (),
    with_id: str | None = None,
    by: str = "karim",
) -> CustomerErased:
    return CustomerErased(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=LYON,
        contact_ids=contact_ids,
        case_ids=case_ids,
        with_customer_id=with_id,
        merged_customer_ids=merged_ids,
        erased_by=by,
        erased_at=LATER,
    )


def forget(organisation_id: str = GROUP) -> ForgetCustomer:
    return ForgetCustomer(customer_id="c1", organisation_id=organisation_id, at=LATER)


def forgotten() -> SubjectForgotten:
    return SubjectForgotten(customer_id="c1", forgotten_at=LATER)

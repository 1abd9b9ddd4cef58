"""Valid events with sensible defaults; a test names only what it is about."""

from datetime import UTC, datetime, timedelta

from contracts.customers.customer_v1 import (
    CaseLinked,
    CaseUnlinked,
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

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
GROUP, LYON, PARIS = "lumiere", "lyon", "paris"
WORDING = "J'accepte de recevoir des offres par e-mail."


def later(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def recorded(
    id: str = "c1",
    last_name: str | None = "Lefèvre",
    first_name: str | None = "Camille",
    email: str | None = "camille.lefevre@example.org",
    phone: str | None = "+33612345678",
    dealership_id: str = LYON,
) -> CustomerRecorded:
    return CustomerRecorded(
        customer_id=id,
        organisation_id=GROUP,
        dealership_id=dealership_id,
        title="madam",
        last_name=last_name,
        first_name=first_name,
        email=email,
        phone=phone,
        language="fr",
        case_id=None,
        recorded_by="nadia",
        recorded_at=NOON,
    )


def changed(last_name: str, phone: str | None = None) -> CustomerChanged:
    return CustomerChanged(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=LYON,
        title=None,
        last_name=last_name,
        first_name=None,
        email=None,
        phone=phone,
        language=None,
        case_id=None,
        changed_by="karim",
        changed_at=later(1),
    )


def blocked(id: str = "c1", *, sms: bool = False, email: bool = False) -> ChannelsBlocked:
    return ChannelsBlocked(
        customer_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        sms=sms,
        email=email,
        blocked_by="nadia",
        blocked_at=later(2),
    )


def consented(id: str = "k1") -> ConsentGiven:
    return ConsentGiven(
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
        given_at=later(3),
    )


def withdrawn(id: str = "k2") -> ConsentWithdrawn:
    return ConsentWithdrawn(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=LYON,
        consent_id=id,
        purpose=ConsentPurpose.OFFERS,
        channel=CustomerChannel.EMAIL,
        source=ConsentSource.PHONE_CALL,
        wording="Non.",
        wording_version="2030-01",
        recorded_by="nadia",
        withdrawn_at=later(4),
    )


def described(id: str = "v1", plate: str = "AB-123-CD", mileage_km: int = 100) -> VehicleDescribed:
    return VehicleDescribed(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=LYON,
        vehicle_id=id,
        plate=plate,
        plate_country="FR",
        vin="VF1RFB00066123456",
        brand="Renault",
        model="Clio",
        mileage_km=mileage_km,
        described_by="nadia",
        described_at=later(5),
    )


def vehicle_removed() -> VehicleRemoved:
    return VehicleRemoved(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=LYON,
        vehicle_id="v1",
        removed_by="nadia",
        removed_at=later(6),
    )


def linked(id: str = "c1", case_id: str = "d1", minutes: int = 7) -> CaseLinked:
    return CaseLinked(
        customer_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        case_id=case_id,
        contact_id=f"of-{case_id}",
        reason=LinkReason.PHONE,
        linked_at=later(minutes),
    )


def unlinked() -> CaseUnlinked:
    return CaseUnlinked(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=LYON,
        case_id="d1",
        unlinked_at=later(8),
    )


def merged(id: str = "c2", into: str = "c1") -> CustomersMerged:
    return CustomersMerged(
        customer_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        survivor_id=into,
        merged_by="karim",
        merged_at=later(9),
    )


def undone(id: str = "c2", of: str = "c1") -> MergeUndone:
    return MergeUndone(
        customer_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        survivor_id=of,
        undone_by="karim",
        undone_at=later(10),
    )


def exported() -> CustomerExported:
    return CustomerExported(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=LYON,
        export_id="e1",
        exported_by="nadia",
        exported_at=later(11),
    )


def erased() -> CustomerErased:
    return CustomerErased(
        customer_id="c1",
        organisation_id=GROUP,
        dealership_id=LYON,
        contact_ids=("of-d1",),
        case_ids=("d1",),
        with_customer_id=None,
        merged_customer_ids=(),
        erased_by="karim",
        erased_at=later(12),
    )


def forgotten(id: str = "c1") -> SubjectForgotten:
    return SubjectForgotten(customer_id=id, forgotten_at=later(13))

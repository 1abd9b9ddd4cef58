"""Events of cases with sensible defaults; a test names only what it is about."""

from dataclasses import replace
from datetime import date, datetime

from contracts.accounts.user_v1 import DetailsChanged
from contracts.common_v1 import Money
from contracts.dealerships.device_v1 import Application, DeviceAdded, DevicePaired
from contracts.interventions.case_v1 import (
    Amounts,
    AnswerOrigin,
    Assessment,
    CaseAnswered,
    CaseAssigned,
    CaseClosed,
    CaseCreated,
    CaseDeleted,
    CaseRead,
    CaseSent,
    ContactRequested,
    CustomerInvited,
    CustomerNamed,
    InvitationFollowed,
    InvitationKind,
    InvitationOutcome,
    LineAccepted,
    LineRefused,
    Measurement,
    MeasurementUnit,
    Module,
    RevisionBegun,
    SendingChannel,
    SendingFailed,
    SubjectForgotten,
    Thresholds,
    Title,
    VehicleDescribed,
    VersionFixed,
    VisitQuestionAsked,
    VisitQuestionDropped,
    VisitQuestionReason,
    VisitRated,
    Work,
    WorkLevel,
    WorkListed,
    WorkStruck,
)
from contracts.payments import charge_v1
from contracts.payments.charge_v1 import ChargePaid
from services.views.dealer.tests.make import GROUP, LYON, NOON, later


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def amounts(including: int = 12_000) -> Amounts:
    excluding = including * 5 // 6
    return Amounts(
        excluding_vat=eur(excluding), vat=eur(including - excluding), including_vat=eur(including)
    )


def created(
    id: str = "d1",
    module: Module = Module.MECHANICAL,
    dealership_id: str = LYON,
    reference: str = "OR-48213",
    at: datetime = NOON,
    author_id: str = "karim",
    brand: str = "renault",
) -> CaseCreated:
    return CaseCreated(
        case_id=id,
        organisation_id=GROUP,
        dealership_id=dealership_id,
        brand=brand,
        module=module,
        reference=reference,
        contact_id="c1",
        author_id=author_id,
        created_by="tablet-3",
        currency="EUR",
        vat_basis_points=2_000,
        time_zone="Europe/Paris",
        language="fr",
        duplicated_from=None,
        created_at=at,
    )


def customer(
    id: str = "d1", last_name: str = "Lefèvre", phone: str | None = "+33612345678"
) -> CustomerNamed:
    return CustomerNamed(
        case_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        contact_id="c1",
        known=True,
        title=Title.MADAM,
        last_name=last_name,
        first_name="Camille",
        email="camille@example.org",
        phone=phone,
        language="fr",
        named_by="nadia",
        named_at=later(1),
    )


def vehicle(plate: str = "AB-123-CD") -> VehicleDescribed:
    return VehicleDescribed(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        plate=plate,
        vin="VF1RFB00066123456",
        make="Renault",
        model="Clio",
        mileage_km=84_210,
        mileage_read_at=later(2),
        first_registered_on=None,
        colour=None,
        described_by="nadia",
        described_at=later(2),
    )


def listed(
    id: str = "pads", level: WorkLevel = WorkLevel.URGENT, priced: bool = True, ordinal: int = 1
) -> WorkListed:
    return WorkListed(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        work_id=id,
        label=id.title(),
        level=level,
        price=None,
        amounts=amounts() if priced else None,
        carried_out=False,
        ordinal=ordinal,
        checklist_item_id=None,
        due_on=None,
        due_mileage_km=None,
        source=None,
        paid=False,
        measurement=None,
        assessment=None,
        listed_by="nadia",
        listed_at=later(3),
    )


def measured() -> WorkListed:
    """Pads that are thin, so that they are urgent and due in a week."""
    found = Assessment(
        level=WorkLevel.URGENT,
        due_on=date(2030, 5, 8),
        thresholds=Thresholds(
            advised_below_thousandths=5_000,
            urgent_below_thousandths=3_000,
            advised_due_days=None,
            urgent_due_days=7,
        ),
    )
    value = Measurement(unit=MeasurementUnit.MILLIMETRE, thousandths=2_800)
    return replace(listed(), due_on=found.due_on, measurement=value, assessment=found)


def struck(id: str = "pads") -> WorkStruck:
    return WorkStruck(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        work_id=id,
        struck_by="nadia",
        struck_at=later(4),
    )


def assigned(to: str | None = "nadia") -> CaseAssigned:
    return CaseAssigned(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        assignee_id=to,
        assigned_by="maya",
        assigned_at=later(4),
    )


def version(number: int = 1) -> VersionFixed:
    return VersionFixed(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        version=number,
        works=(),
        proposed=amounts(24_000),
        carried_out=None,
        media_ids=(),
        code_above=None,
        answer_by=None,
        fixed_at=later(5),
    )


def sent(by: str = "nadia") -> CaseSent:
    return CaseSent(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        version=1,
        channels=(SendingChannel.EMAIL,),
        sender_id=by,
        direct=False,
        sent_at=later(5),
    )


def undelivered() -> SendingFailed:
    return SendingFailed(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        version=1,
        sender_id="nadia",
        failed_at=later(6),
    )


def invited() -> CustomerInvited:
    return CustomerInvited(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        invitation_id="S1-customer-email",
        recipient_id="customer",
        version=1,
        kind=InvitationKind.PROPOSAL,
        channel=SendingChannel.EMAIL,
        recipient_name="Camille Lefèvre",
        email="camille@example.org",
        phone=None,
        language="fr",
        link="https://example.org/secret",
        dealership_called="Lumière Lyon",
        sender_id="nadia",
        invited_at=later(5),
    )


def followed(outcome: InvitationOutcome = InvitationOutcome.DELIVERED) -> InvitationFollowed:
    return InvitationFollowed(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        invitation_id="S1-customer-email",
        message_id="M1",
        outcome=outcome,
        followed_at=later(6),
    )


def read() -> CaseRead:
    return CaseRead(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        version=1,
        recipient_id="customer",
        link_id="customer.1",
        read_at=later(7),
    )


def revised() -> RevisionBegun:
    return RevisionBegun(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        version=1,
        begun_by="nadia",
        begun_at=later(8),
    )


def work(id: str) -> Work:
    return Work(
        work_id=id,
        label=id.title(),
        level=WorkLevel.URGENT,
        price=None,
        amounts=amounts(),
        media_ids=(),
        carried_out=False,
        due_on=None,
        due_mileage_km=None,
        source=None,
        paid=False,
        measurement=None,
        assessment=None,
    )


def accepted(id: str = "tyres") -> LineAccepted:
    return LineAccepted(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        version=1,
        work=work(id),
        origin=AnswerOrigin.LINK,
        recipient_id="customer",
        link_id="customer.1",
        taken_down_by=None,
        ip_address="203.0.113.9",
        device="phone",
        accepted_at=later(9),
    )


def refused(id: str = "pads") -> LineRefused:
    return LineRefused(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        version=1,
        work=work(id),
        risk_acknowledged=True,
        origin=AnswerOrigin.LINK,
        recipient_id="customer",
        link_id="customer.1",
        taken_down_by=None,
        ip_address="203.0.113.9",
        device="phone",
        refused_at=later(9),
    )


def answered(reply: str | None = None) -> CaseAnswered:
    return CaseAnswered(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        version=1,
        origin=AnswerOrigin.LINK,
        recipient_id="customer",
        taken_down_by=None,
        proposed=amounts(24_000),
        accepted=amounts(12_000),
        late=False,
        code_given=False,
        reply=reply,
        sender_id="nadia",
        answered_at=later(9),
    )


def closed(id: str = "d1") -> CaseClosed:
    return CaseClosed(
        case_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        closed_by="nadia",
        closed_at=later(10),
        asked_after=later(1450),
    )


def visit_asked() -> VisitQuestionAsked:
    return VisitQuestionAsked(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        channel=SendingChannel.EMAIL,
        email="camille@example.org",
        phone=None,
        language="fr",
        link="https://example.org/secret",
        dealership_called="Lumière Lyon",
        asked_at=later(1450),
    )


def visit_dropped() -> VisitQuestionDropped:
    return VisitQuestionDropped(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        reason=VisitQuestionReason.SWITCHED_OFF,
        dropped_at=later(1450),
    )


def visit_rated(score: int = 6) -> VisitRated:
    return VisitRated(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        link_id="customer.1",
        score=score,
        rated_at=later(1460),
    )


def contact_requested() -> ContactRequested:
    return ContactRequested(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        recipient_id="customer",
        sender_id="nadia",
        requested_at=later(1460),
    )


def deleted() -> CaseDeleted:
    return CaseDeleted(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        deleted_by="maya",
        deleted_at=later(11),
        file_ids=(),
    )


def forgotten() -> SubjectForgotten:
    return SubjectForgotten(
        case_id="d1",
        organisation_id=GROUP,
        dealership_id=LYON,
        forgotten_at=later(12),
        file_ids=(),
        audit_ids=(),
    )


def renamed(id: str, name: str) -> DetailsChanged:
    return DetailsChanged(
        user_id=id,
        organisation_id=GROUP,
        name=name,
        email=None,
        phone=None,
        language="fr",
        changed_by="maya",
        changed_at=later(1),
    )


def tablet(id: str) -> tuple[DeviceAdded, DevicePaired]:
    """A device that was called otherwise before it was paired anew."""
    added = DeviceAdded(
        device_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        device_name="pont-1",
        application=Application.FLEETBACK,
        added_by="maya",
        added_at=NOON,
    )
    return added, DevicePaired(
        device_id=id,
        organisation_id=GROUP,
        dealership_id=LYON,
        device_name="pont-2",
        application=Application.FLEETBACK,
        public_key="x",
        key_id="key-1",
        code_sha256="0" * 64,
        version="1.0",
        paired_at=later(1),
    )


def paid(case_id: str, work_id: str, including: int) -> ChargePaid:
    """The case was paid online, for one work."""
    parts = amounts(including)
    sums = charge_v1.Amounts(
        excluding_vat=parts.excluding_vat, vat=parts.vat, including_vat=parts.including_vat
    )
    line = charge_v1.Line(work_id=work_id, label="Pads", amounts=sums, vat_basis_points=2_000)
    return ChargePaid(
        charge_id=f"charge-{case_id}",
        organisation_id=GROUP,
        dealership_id=LYON,
        case_id=case_id,
        case_version=1,
        lines=(line,),
        total=sums,
        intent_id="P1-1",
        payment_id="pi_1",
        paid_at=NOON,
        version=3,
    )

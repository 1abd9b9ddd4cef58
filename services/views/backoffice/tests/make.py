"""Valid events with sensible defaults; a test names only what it is about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from contracts.accounts import user_v1 as user
from contracts.accounts.organisation_v1 import (
    OrganisationKind,
    OrganisationRegistered,
    Profile,
    RegistrationSubmitted,
)
from contracts.common_v1 import Money, Point, Rule, RuleInput
from contracts.invoices.invoice_v1 import (
    AcceptedExtra,
    Compared,
    ContestSettled,
    Difference,
    ExpenseAdded,
    ExpenseKind,
    ExpenseRemoved,
    ExpensesValidated,
    ExtraNoted,
    InvoiceApproved,
    InvoiceNumbered,
    InvoiceOpened,
    InvoicePaid,
    InvoicePrepared,
    Line,
    LineContested,
    OwnInvoiceAccepted,
    OwnInvoiceRefused,
    OwnInvoiceSent,
    Party,
    PriceAgreed,
    QuotedExpense,
    Receipt,
    Tax,
    TaxCategory,
    TripNoted,
)
from contracts.media import file_v1 as file
from contracts.missions import driver_v1 as driver
from contracts.missions import trip_v1 as trip
from contracts.papers import paper_v1 as paper
from contracts.payments import payee_v1 as payee
from contracts.payments import payout_v1 as payout
from contracts.support import reply_v1 as reply
from contracts.support import request_v1 as request

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = NOON + HOUR
TODAY = date(2030, 5, 1)
DAY = timedelta(days=1)
FROM = date(2030, 5, 6)
UNTIL = date(2030, 5, 10)
INVOICE = "inv-t-1"
TOLL = ExpenseKind.TOLL


def euros(amount_minor: int) -> Money:
    return Money(amount_minor, "EUR")


# --- Users and papers -------------------------------------------------------


def invited(id: str = "ada", organisation: str = "hiflow") -> user.UserInvited:
    roles = (user.Role.DRIVER,)
    return user.UserInvited(
        user_id=id,
        organisation_id=organisation,
        email=f"{id}@example.org",
        name="Ada Lovelace",
        language="fr",
        roles=roles,
        phone="+33612345678",
        invited_by="lea",
        invited_at=NOON,
        reference=None,
        dealerships=(),
        at_once=None,
    )


def signed(
    id: str = "ada", at: datetime = LATER, organisation: str = "hiflow"
) -> user.AgreementSigned:
    return user.AgreementSigned(
        user_id=id, organisation_id=organisation, file_id="file-1", signed_on=TODAY, recorded_at=at
    )


def activated(id: str = "ada") -> user.UserActivated:
    return user.UserActivated(
        user_id=id,
        organisation_id="hiflow",
        email=f"{id}@example.org",
        name="Ada Lovelace",
        language="fr",
        roles=(user.Role.DRIVER,),
        activated_at=LATER,
        phone=None,
        has_password=None,
    )


def deactivated(id: str = "ada") -> user.UserDeactivated:
    return user.UserDeactivated(
        user_id=id, organisation_id="hiflow", deactivated_by="lea", deactivated_at=LATER
    )


def user_forgotten(id: str = "ada") -> user.SubjectForgotten:
    return user.SubjectForgotten(user_id=id, forgotten_at=LATER)


def profile_changed() -> user.ProfileChanged:
    return user.ProfileChanged(
        user_id="ada",
        organisation_id="hiflow",
        language="en",
        phone="+33700000000",
        photo_file_id=None,
        street=None,
        postal_code=None,
        city=None,
        country=None,
        location=None,
        changed_at=LATER,
    )


def roles_changed(*roles: user.Role) -> user.RolesChanged:
    return user.RolesChanged(
        user_id="ada",
        organisation_id="hiflow",
        roles=roles,
        changed_by="lea",
        changed_at=LATER,
        dealerships=(),
    )


def paper_added(
    file: str = "file-1", expires_on: date | None = UNTIL, organisation: str = "hiflow"
) -> paper.PaperAdded:
    kind = paper.PaperKind.LIABILITY_INSURANCE
    return paper.PaperAdded(
        paper_id="ada:liability_insurance",
        user_id="ada",
        organisation_id=organisation,
        kind=kind,
        file_id=file,
        issued_on=TODAY,
        expires_on=expires_on,
        added_by="ada",
        added_at=NOON,
        of_organisation=None,
    )


def paper_accepted(file: str = "file-1", expires_on: date | None = UNTIL) -> paper.PaperAccepted:
    kind = paper.PaperKind.LIABILITY_INSURANCE
    return paper.PaperAccepted(
        paper_id="ada:liability_insurance",
        user_id="ada",
        organisation_id="hiflow",
        kind=kind,
        file_id=file,
        expires_on=expires_on,
        time_zone="Europe/Paris",
        accepted_by="lea",
        accepted_at=LATER,
    )


def paper_refused(file: str = "file-1") -> paper.PaperRefused:
    kind = paper.PaperKind.LIABILITY_INSURANCE
    return paper.PaperRefused(
        paper_id="ada:liability_insurance",
        user_id="ada",
        organisation_id="hiflow",
        kind=kind,
        file_id=file,
        reason="not readable",
        refused_by="lea",
        refused_at=LATER,
    )


def paper_expired() -> paper.PaperExpired:
    kind = paper.PaperKind.LIABILITY_INSURANCE
    return paper.PaperExpired(
        paper_id="ada:liability_insurance",
        user_id="ada",
        organisation_id="hiflow",
        kind=kind,
        expires_on=UNTIL,
        expired_at=LATER,
    )


def notice() -> paper.ExpiryNoticeGiven:
    kind = paper.PaperKind.LIABILITY_INSURANCE
    return paper.ExpiryNoticeGiven(
        paper_id="ada:liability_insurance",
        user_id="ada",
        organisation_id="hiflow",
        kind=kind,
        expires_on=UNTIL,
        days=7,
        noticed_at=LATER,
    )


# --- Trips and drivers ------------------------------------------------------


def published(
    id: str = "t-1", from_day: date = FROM, organisation: str = "hiflow"
) -> trip.TripPublished:
    return trip.TripPublished(
        trip_id=id,
        organisation_id=organisation,
        client_brand="Atlas",
        tags=(),
        departure=trip.Stop(
            city="Paris", postal_code="75012", point=Point(latitude=48.84, longitude=2.38)
        ),
        arrival=trip.Stop(
            city="Lyon", postal_code="69003", point=Point(latitude=45.76, longitude=4.86)
        ),
        from_slot=trip.Slot(from_day, fixed=True),
        until_slot=trip.Slot(UNTIL, fixed=False),
        vehicle=trip.Vehicle(make="Renault", model="Clio"),
        delivery_type="depot",
        distance_km=465,
        duration_minutes=290,
        client_process=None,
        additional_services=(),
        published_at=NOON,
        time_zone="Europe/Paris",
        reference=None,
    )


QUOTED = (trip.QuotedExpense(trip.ExpenseKind.TOLL, euros(300)),)


def submitted(who: str = "ada", amount: int = 12_500, id: str = "t-1") -> trip.QuoteSubmitted:
    return trip.QuoteSubmitted(
        trip_id=id,
        driver_id=who,
        price=euros(amount),
        comment="soon",
        pickup_on=FROM,
        delivery_on=None,
        submitted_at=NOON,
        expenses=QUOTED,
        valid_until=None,
    )


def modified(who: str = "ada", amount: int = 11_000) -> trip.QuoteModified:
    return trip.QuoteModified(
        trip_id="t-1",
        driver_id=who,
        price=euros(amount),
        comment=None,
        pickup_on=None,
        delivery_on=UNTIL,
        modified_at=LATER,
        expenses=(),
        valid_until=None,
    )


def withdrawn(who: str = "ada") -> trip.QuoteWithdrawn:
    return trip.QuoteWithdrawn(trip_id="t-1", driver_id=who, withdrawn_at=LATER)


RULE = Rule("trip-assigned", 2, (RuleInput(name="driver_id", value="bob"),))


def refused(who: str = "ada", rule: Rule | None = None) -> trip.QuoteRefused:
    return trip.QuoteRefused(
        trip_id="t-1", driver_id=who, reason="too dear", rule=rule, refused_at=LATER
    )


def accepted(who: str = "ada") -> trip.QuoteAccepted:
    return trip.QuoteAccepted(trip_id="t-1", driver_id=who, accepted_at=LATER)


def assigned(who: str = "ada") -> trip.MissionAssigned:
    return trip.MissionAssigned(
        trip_id="t-1",
        driver_id=who,
        price=euros(12_500),
        direct=False,
        from_day=FROM,
        until_day=UNTIL,
        assigned_at=LATER,
        expenses=(),
    )


def extra_requested(id: str = "x-1", amount: int = 2_000) -> trip.ExtraCostRequested:
    return trip.ExtraCostRequested(
        trip_id="t-1",
        driver_id="ada",
        request_id=id,
        kind=trip.ExpenseKind.TAXI,
        amount=euros(amount),
        reason="no train",
        photo_file_id="file-7",
        requested_at=NOON,
    )


def extra_accepted(id: str = "x-1", amount: int = 1_500) -> trip.ExtraCostAccepted:
    kind = trip.ExpenseKind.TAXI
    return trip.ExtraCostAccepted(
        trip_id="t-1",
        driver_id="ada",
        request_id=id,
        kind=kind,
        amount=euros(amount),
        accepted_at=LATER,
    )


def extra_refused(id: str = "x-1") -> trip.ExtraCostRefused:
    return trip.ExtraCostRefused(
        trip_id="t-1", driver_id="ada", request_id=id, reason="there was a train", refused_at=LATER
    )


def attached() -> trip.AttachmentAdded:
    return trip.AttachmentAdded(
        trip_id="t-1", driver_id="ada", file_id="file-8", label="handover", added_at=LATER
    )


def detached() -> trip.AttachmentRemoved:
    return trip.AttachmentRemoved(
        trip_id="t-1", driver_id="ada", file_id="file-8", removed_at=LATER
    )


def delivered(who: str = "ada") -> trip.DeliveryConfirmed:
    return trip.DeliveryConfirmed(
        trip_id="t-1",
        driver_id=who,
        channel=trip.Channel.APP,
        confirmed_at=LATER,
        client_told=False,
    )


def expired(id: str = "t-1") -> trip.TripExpired:
    return trip.TripExpired(trip_id=id, expired_at=LATER)


def registered(id: str = "ada", organisation: str = "hiflow") -> driver.DriverRegistered:
    return driver.DriverRegistered(
        driver_id=id,
        organisation_id=organisation,
        name="Ada Lovelace",
        phone="+33612345678",
        registered_at=NOON,
    )


def home_changed() -> driver.HomeChanged:
    return driver.HomeChanged(
        driver_id="ada",
        street="1 rue de Rivoli",
        postal_code="75001",
        city="Paris",
        location=Point(latitude=48.85, longitude=2.35),
        changed_at=LATER,
    )


def phone_changed() -> driver.PhoneChanged:
    return driver.PhoneChanged(driver_id="ada", phone="+33700000000", changed_at=LATER)


def training() -> driver.TrainingStarted:
    return driver.TrainingStarted(
        driver_id="ada", kind=driver.QualificationKind.CLIENT_PROCESS, code="atlas", started_at=NOON
    )


def qualified(valid_until: date | None = None) -> driver.QualificationObtained:
    kind = driver.QualificationKind.CLIENT_PROCESS
    return driver.QualificationObtained(
        driver_id="ada", kind=kind, code="atlas", valid_until=valid_until, obtained_at=LATER
    )


def declared(
    id: str = "a-1", from_day: date = FROM, until_day: date = UNTIL, who: str = "ada"
) -> driver.AvailabilityDeclared:
    return driver.AvailabilityDeclared(
        driver_id=who,
        availability_id=id,
        period=driver.Period.WEEK,
        from_day=from_day,
        until_day=until_day,
        reason="rest",
        declared_at=NOON,
    )


def undeclared(id: str = "a-1") -> driver.AvailabilityWithdrawn:
    return driver.AvailabilityWithdrawn(driver_id="ada", availability_id=id, withdrawn_at=LATER)


def engaged(who: str = "ada") -> driver.DriverEngaged:
    return driver.DriverEngaged(
        driver_id=who, trip_id="t-1", from_day=FROM, until_day=FROM + DAY, engaged_at=LATER
    )


def released(who: str = "ada") -> driver.DriverReleased:
    return driver.DriverReleased(driver_id=who, trip_id="t-1", released_at=LATER)


def driver_forgotten(id: str = "ada") -> driver.SubjectForgotten:
    return driver.SubjectForgotten(driver_id=id, forgotten_at=LATER)


# --- Invoices ---------------------------------------------------------------


def noted() -> TripNoted:
    return TripNoted(
        invoice_id=INVOICE,
        trip_id="t-1",
        organisation_id="hiflow",
        description="Renault Clio, Paris to Lyon",
        noted_at=NOON,
    )


def prepared() -> InvoicePrepared:
    return InvoicePrepared(
        invoice_id=INVOICE,
        trip_id="t-1",
        organisation_id="hiflow",
        driver_id="ada",
        service_price=euros(29_900),
        quoted=(),
        prepared_at=NOON,
    )


def opened(
    id: str = INVOICE, price: int | None = 29_900, organisation: str = "hiflow"
) -> InvoiceOpened:
    return InvoiceOpened(
        invoice_id=id,
        trip_id="t-1",
        organisation_id=organisation,
        driver_id="ada",
        description="Renault Clio, Paris to Lyon",
        service_price=euros(price) if price else None,
        quoted=(QuotedExpense(TOLL, euros(3_000)),),
        extras=(AcceptedExtra("x-1", TOLL, euros(500)),),
        delivered_at=NOON,
    )


def extra_noted(id: str = "x-2") -> ExtraNoted:
    extra = AcceptedExtra(id, ExpenseKind.TAXI, euros(2_000))
    return ExtraNoted(
        invoice_id=INVOICE, organisation_id="hiflow", driver_id="ada", extra=extra, noted_at=NOON
    )


def price_agreed(amount: int = 25_000) -> PriceAgreed:
    return PriceAgreed(
        invoice_id=INVOICE,
        organisation_id="hiflow",
        driver_id="ada",
        service_price=euros(amount),
        agreed_at=LATER,
    )


def added(
    id: str = "e-1",
    amount: int = 3_480,
    invoice: str = INVOICE,
    organisation: str = "hiflow",
    receipt: Receipt | None = None,
) -> ExpenseAdded:
    return ExpenseAdded(
        invoice_id=invoice,
        organisation_id=organisation,
        driver_id="ada",
        expense_id=id,
        kind=TOLL,
        amount=euros(amount),
        receipt_file_id="file-9",
        note="A6, northbound",
        added_at=NOON,
        receipt=receipt,
    )


def removed(id: str = "e-1") -> ExpenseRemoved:
    return ExpenseRemoved(
        invoice_id=INVOICE,
        organisation_id="hiflow",
        driver_id="ada",
        expense_id=id,
        removed_at=LATER,
    )


def validated(
    id: str = INVOICE, at: datetime = LATER, organisation: str = "hiflow"
) -> ExpensesValidated:
    return ExpensesValidated(
        invoice_id=id,
        organisation_id=organisation,
        driver_id="ada",
        service_price=euros(29_900),
        expenses=euros(3_480),
        validated_at=at,
    )


def contested(
    line: str = "e-1", by: Party = Party.BILLING, invoice: str = INVOICE, at: datetime = LATER
) -> LineContested:
    return LineContested(
        invoice_id=invoice,
        organisation_id="hiflow",
        driver_id="ada",
        line_id=line,
        by=by,
        reason="twice on the receipt",
        contested_at=at,
    )


def settled(
    line: str = "e-1", amount: int = 3_000, adjustment: int | None = None
) -> ContestSettled:
    return ContestSettled(
        invoice_id=INVOICE,
        organisation_id="hiflow",
        driver_id="ada",
        line_id=line,
        amount=euros(amount),
        explanation="the receipt says so",
        adjustment=euros(adjustment) if adjustment else None,
        adjustment_vat=euros(adjustment // 5) if adjustment else None,
        version=9,
        trip_id="t-1",
        settled_at=LATER,
        waits_for_own_invoice=False,
    )


def approved(id: str = INVOICE, waits: bool = False) -> InvoiceApproved:
    return InvoiceApproved(
        invoice_id=id,
        trip_id="t-1",
        organisation_id="hiflow",
        driver_id="ada",
        description="Renault Clio, Paris to Lyon",
        lines=(Line("service", None, euros(29_900), 2), Line("e-1", TOLL, euros(3_480), 4)),
        net=euros(33_380),
        tax=Tax(TaxCategory.STANDARD, 2_000, euros(6_676)),
        total=euros(40_056),
        self_billed=not waits,
        seller_version=3,
        buyer_version=1,
        version=6,
        approved_at=LATER,
        due_on=date(2030, 6, 7),
        time_zone="Europe/Paris",
        waits_for_own_invoice=waits,
    )


def own_sent(
    at: datetime = LATER, settlement: int | None = None, id: str = INVOICE
) -> OwnInvoiceSent:
    return OwnInvoiceSent(
        invoice_id=id,
        organisation_id="hiflow",
        driver_id="ada",
        settlement_version=settlement,
        file_id="f-9",
        number="2030-14",
        issued_on=date(2030, 5, 2),
        net=euros(33_380),
        vat=euros(6_676),
        total=euros(40_056),
        differences=(Difference(field=Compared.VAT, expected="66.76", found=None),),
        sent_at=at,
    )


def own_refused() -> OwnInvoiceRefused:
    return OwnInvoiceRefused(
        invoice_id=INVOICE,
        organisation_id="hiflow",
        driver_id="ada",
        settlement_version=None,
        file_id="f-9",
        number="2030-14",
        reason="unreadable",
        refused_at=LATER,
    )


def own_accepted(settlement: int | None = None) -> OwnInvoiceAccepted:
    """One of 300.00 in all, as a contest had left it."""
    return OwnInvoiceAccepted(
        invoice_id=INVOICE,
        trip_id="t-1",
        organisation_id="hiflow",
        driver_id="ada",
        settlement_version=settlement,
        file_id="f-9",
        number="2030-14",
        issued_on=date(2030, 5, 2),
        lines=(Line("service", None, euros(25_000), 7),),
        net=euros(25_000),
        tax=Tax(TaxCategory.STANDARD, 2_000, euros(5_000)),
        total=euros(30_000),
        accepted_by="lea",
        version=8,
        accepted_at=LATER,
    )


def numbered() -> InvoiceNumbered:
    return InvoiceNumbered(
        invoice_id=INVOICE,
        organisation_id="hiflow",
        driver_id="ada",
        number="ADA-2030-0001",
        numbered_at=LATER,
    )


def paid() -> InvoicePaid:
    return InvoicePaid(
        invoice_id=INVOICE,
        organisation_id="hiflow",
        driver_id="ada",
        payout_id="ada-1",
        reference="SEPA 42",
        paid_at=LATER,
    )


# --- Questions --------------------------------------------------------------


def asked(
    id: str = "q-1", at: datetime = NOON, organisation: str = "hiflow"
) -> payee.QuestionAsked:
    return payee.QuestionAsked(
        driver_id="ada",
        organisation_id=organisation,
        question_id=id,
        invoice_id=INVOICE,
        question="When?",
        asked_at=at,
    )


def replied(id: str = "q-1") -> payee.QuestionAnswered:
    return payee.QuestionAnswered(
        driver_id="ada",
        organisation_id="hiflow",
        question_id=id,
        answer="Tomorrow",
        answered_by="lea",
        answered_at=LATER,
    )


# --- Payees, statements, files ----------------------------------------------

IBAN = "FR7630006000011234567890189"
NEW_IBAN = "DE89370400440532013000"


def bank_given(who: str = "ada", at: datetime = NOON) -> payee.BankDetailsGiven:
    return payee.BankDetailsGiven(
        driver_id=who,
        organisation_id="hiflow",
        iban=IBAN,
        bic=None,
        holder="Ada Lovelace",
        proof_file_id="file-2",
        given_at=at,
    )


def bank_change(who: str = "ada") -> payee.BankChangeRequested:
    return payee.BankChangeRequested(
        driver_id=who,
        organisation_id="hiflow",
        change_id="c-1",
        iban=NEW_IBAN,
        bic=None,
        holder="Ada King",
        proof_file_id="file-3",
        authenticated_at=LATER,
        effective_at=LATER + 72 * HOUR,
        requested_at=LATER,
    )


def bank_change_cancelled(id: str = "c-1") -> payee.BankChangeCancelled:
    return payee.BankChangeCancelled(
        driver_id="ada", organisation_id="hiflow", change_id=id, cancelled_at=LATER
    )


def bank_changed(id: str = "c-1") -> payee.BankChangeTookEffect:
    return payee.BankChangeTookEffect(
        driver_id="ada", organisation_id="hiflow", change_id=id, took_effect_at=LATER + 72 * HOUR
    )


def closed(
    who: str = "ada", id: str = "p-1", net: int = 40_056, at: datetime = NOON
) -> payout.StatementClosed:
    none = euros(0)
    return payout.StatementClosed(
        driver_id=who,
        organisation_id="hiflow",
        payout_id=id,
        lines=(),
        gross=euros(net),
        expenses=none,
        adjustments=none,
        vat=none,
        carried_in=none,
        carried_out=none,
        net=euros(net),
        carried_from=None,
        payable=net > 0,
        closed_at=at,
        version=4,
    )


def paid_out(who: str = "ada", id: str = "p-1") -> payout.PayoutPaid:
    return payout.PayoutPaid(
        driver_id=who,
        organisation_id="hiflow",
        payout_id=id,
        net=euros(40_056),
        reference="SEPA 42",
        invoice_ids=(INVOICE,),
        payee_version=1,
        paid_at=LATER,
        version=5,
    )


def file_started(
    id: str = "f-1",
    name: str = "Reçu péage.pdf",
    purpose: file.Purpose = file.Purpose.RECEIPT,
    size: int = 700,
) -> file.UploadStarted:
    return file.UploadStarted(
        file_id=id,
        organisation_id="hiflow",
        user_id="ada",
        name=name,
        declared_type="application/pdf",
        size_bytes=size,
        declared_sha256="ab" * 32,
        visibility=file.Visibility.PRIVATE,
        purpose=purpose,
        started_at=NOON,
        expires_at=NOON + DAY,
    )


def file_stored(id: str = "f-1") -> file.FileStored:
    return file.FileStored(
        file_id=id,
        organisation_id="hiflow",
        user_id="ada",
        sha256="ab" * 32,
        media_type="application/pdf",
        size_bytes=700,
        visibility=file.Visibility.PRIVATE,
        purpose=file.Purpose.RECEIPT,
        stored_at=LATER,
        length_milliseconds=None,
    )


def file_held(id: str = "f-1") -> file.FileHeld:
    return file.FileHeld(
        file_id=id,
        organisation_id="hiflow",
        user_id="ada",
        held_by=f"invoice-{INVOICE}",
        reader_id=None,
        held_at=LATER,
    )


def founded(
    id: str, name: str = "", kind: OrganisationKind = OrganisationKind.DEPOT
) -> OrganisationRegistered:
    profile = Profile(
        name=name or id, time_zone="Africa/Casablanca", currency="MAD", country="MA", contacts=()
    )
    return OrganisationRegistered(
        organisation_id=id, kind=kind, profile=profile, registered_at=NOON
    )


def applied(id: str, **changed: Any) -> RegistrationSubmitted:
    """One that has nothing in common with that of another id."""
    submission = RegistrationSubmitted(
        organisation_id=id,
        user_id=f"manager-of-{id}",
        manager_name="Nadia Alaoui",
        phone=f"phone-of-{id}",
        identity_card="BK123456",
        identity_card_mark=f"mark-of-{id}",
        company_number="001561191000066",
        address=f"12 rue {id}",
        city="Casablanca",
        conditions_version="2026-11",
        language="fr",
        submitted_at=NOON,
    )
    return replace(submission, **changed)


OPERATOR = founded("hiflow", kind=OrganisationKind.MARKETPLACE_OPERATOR)


# --- Support ----------------------------------------------------------------

OF_REQUEST: dict[str, Any] = {"request_id": "Q1", "organisation_id": "anfa", "user_id": "omar"}
OPENED = request.RequestOpened(
    **OF_REQUEST,
    type=request.RequestType.PROBLEM,
    channel=request.RequestChannel.FORM,
    subject="A tour",
    message="Where is it?",
    file_ids=(),
    about=request.AttachedObject(
        kind=request.ObjectKind.TOUR,
        object_id="R1",
        called="R-one",
        status=request.ObjectStatus.OUT,
        version=3,
        carrier_id="karim",
    ),
    claim_id="c-1",
    follows="Q0",
    escalated=True,
    language="fr",
    split_from=None,
    opened_at=NOON,
)
KEPT = reply.ReplyKept(
    reply_id="A1",
    organisation_id="hiflow",
    title="Refresh",
    texts=(reply.ReplyText(language="fr", text="Rafraîchissez."),),
    kept_by="lea",
    kept_at=NOON,
)

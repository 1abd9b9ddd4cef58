"""Valid messages about card accounts and charges; a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta

from contracts.common_v1 import Money
from contracts.payments.account_v1 import (
    AccountConnected,
    AccountDisconnected,
    CompanyDeclared,
    ModeSet,
)
from contracts.payments.charge_v1 import (
    Amounts,
    AttemptBegun,
    AttemptEnd,
    AttemptEnded,
    ChargeOffered,
    ChargePaid,
    DealershipChosen,
    DocumentNumbered,
    FeeRead,
    FormOpened,
    FormRevoked,
    Line,
    PaidElsewhere,
    PaymentDiffered,
    PaymentMeans,
    RefundBegun,
    RefundBounced,
    RefundFailed,
    RefundMade,
    RefundPart,
    RefundReason,
)
from services.payments.account import Connect, DeclareCompany, Disconnect, SetMode
from services.payments.charge.elsewhere import SettleElsewhere
from services.payments.charge.papers import NoteNumber
from services.payments.charge.paying import (
    ConfirmPayment,
    EndAttempt,
    NoteForm,
    Offer,
    PayAtDealership,
    PayOnline,
    RevokeForm,
)
from services.payments.charge.refunding import FailRefund, NoteFee, NoteRefund, Refund
from services.payments.terms import Buyer

AT = datetime(2030, 5, 6, 8, 34, tzinfo=UTC)
TODAY = date(2030, 5, 6)
UNTIL = AT + timedelta(hours=1)
GROUP, HOUSE = "petit", "lyon"


def money(amount_minor: int, currency: str = "EUR") -> Money:
    return Money(amount_minor, currency)


def amounts(excluding: int, vat: int, currency: str = "EUR") -> Amounts:
    return Amounts(
        excluding_vat=money(excluding, currency),
        vat=money(vat, currency),
        including_vat=money(excluding + vat, currency),
    )


# --- Account ----------------------------------------------------------------


def set_mode(live: bool = True, organisation: str = GROUP) -> SetMode:
    return SetMode(dealership_id=HOUSE, organisation_id=organisation, live=live, by="otto", at=AT)


def mode_set(live: bool = True) -> ModeSet:
    return ModeSet(dealership_id=HOUSE, organisation_id=GROUP, live=live, set_by="otto", set_at=AT)


def declare(city: str = "Lyon") -> DeclareCompany:
    return DeclareCompany(
        dealership_id=HOUSE,
        organisation_id=GROUP,
        legal_name="Petit Lyon SAS",
        company_number="73282932000074",
        vat_number="FR44732829320",
        registered_office="1 quai Perrache",
        postal_code="69002",
        city=city,
        country="FR",
        by="gina",
        at=AT,
    )


def declared(city: str = "Lyon") -> CompanyDeclared:
    return CompanyDeclared(
        dealership_id=HOUSE,
        organisation_id=GROUP,
        legal_name="Petit Lyon SAS",
        company_number="73282932000074",
        vat_number="FR44732829320",
        registered_office="1 quai Perrache",
        postal_code="69002",
        city=city,
        country="FR",
        declared_by="gina",
        declared_at=AT,
    )


def connect(
    live: bool = False,
    currency: str = "EUR",
    ends_with: str = "7f2q",
    organisation: str = GROUP,
    missing: tuple[str, ...] = (),
    needless: tuple[str, ...] = (),
) -> Connect:
    return Connect(
        dealership_id=HOUSE,
        organisation_id=organisation,
        provider_account_id="acct_1",
        live=live,
        publishable_key="pk_test_1",
        key_ends_with=ends_with,
        currencies=("EUR", "GBP"),
        currency=currency,
        missing=missing,
        needless=needless,
        by="gina",
        at=AT,
    )


def connected(
    live: bool = False, ends_with: str = "7f2q", currencies: tuple[str, ...] = ("EUR", "GBP")
) -> AccountConnected:
    return AccountConnected(
        dealership_id=HOUSE,
        organisation_id=GROUP,
        provider_account_id="acct_1",
        live=live,
        publishable_key="pk_test_1",
        key_ends_with=ends_with,
        currencies=currencies,
        connected_by="gina",
        connected_at=AT,
    )


def disconnect() -> Disconnect:
    return Disconnect(dealership_id=HOUSE, organisation_id=GROUP, by="gina", at=AT)


def disconnected() -> AccountDisconnected:
    return AccountDisconnected(
        dealership_id=HOUSE, organisation_id=GROUP, disconnected_by="gina", disconnected_at=AT
    )


# --- Charge -----------------------------------------------------------------


def line(work_id: str, label: str, excluding: int, vat: int) -> Line:
    return Line(
        work_id=work_id, label=label, amounts=amounts(excluding, vat), vat_basis_points=2_000
    )


PADS = line("pads", "Plaquettes", 9_167, 1_833)
TYRES = line("tyres", "Pneus", 20_000, 4_000)
LINES = (PADS, TYRES)
TOTAL = amounts(29_167, 5_833)
MINE = "CH1"


def offer(lines: tuple[Line, ...] = LINES, currency: str = "EUR", version: int = 2) -> Offer:
    return Offer(
        case_id="J1",
        case_version=version,
        dealership_id=HOUSE,
        lines=lines,
        customer_name="Claire Dupont",
        language="fr",
        time_zone="Europe/Paris",
        currency=currency,
    )


def pay(
    intent: str = "I1",
    lines: tuple[Line, ...] = LINES,
    currencies: tuple[str, ...] | None = ("EUR",),
    organisation: str = GROUP,
    version: int = 2,
) -> PayOnline:
    return PayOnline(
        charge_id=MINE,
        organisation_id=organisation,
        offer=offer(lines, version=version),
        intent_id=intent,
        currencies=currencies,
        at=AT,
    )


def pay_there(lines: tuple[Line, ...] = LINES) -> PayAtDealership:
    return PayAtDealership(charge_id=MINE, organisation_id=GROUP, offer=offer(lines), at=AT)


def offered(
    lines: tuple[Line, ...] = LINES, total: Amounts = TOTAL, version: int = 2
) -> ChargeOffered:
    return ChargeOffered(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        case_id="J1",
        case_version=version,
        lines=lines,
        total=total,
        customer_name="Claire Dupont",
        language="fr",
        time_zone="Europe/Paris",
        offered_at=AT,
    )


def chosen() -> DealershipChosen:
    return DealershipChosen(
        charge_id=MINE, organisation_id=GROUP, dealership_id=HOUSE, case_id="J1", chosen_at=AT
    )


def begun(intent: str = "I1", amount: Money = TOTAL.including_vat) -> AttemptBegun:
    return AttemptBegun(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        intent_id=intent,
        amount=amount,
        begun_at=AT,
    )


def note_form(intent: str = "I1") -> NoteForm:
    return NoteForm(
        charge_id=MINE, intent_id=intent, session_id=f"cs_{intent}", expires_at=UNTIL, at=AT
    )


def form(intent: str = "I1") -> FormOpened:
    return FormOpened(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        intent_id=intent,
        session_id=f"cs_{intent}",
        expires_at=UNTIL,
        opened_at=AT,
    )


def end(intent: str = "I1") -> EndAttempt:
    return EndAttempt(charge_id=MINE, intent_id=intent, end=AttemptEnd.EXPIRED, at=AT)


def ended(intent: str = "I1", next_step_at: datetime | None = None) -> AttemptEnded:
    return AttemptEnded(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        case_id="J1",
        intent_id=intent,
        end=AttemptEnd.EXPIRED,
        ended_at=AT,
        next_step_at=next_step_at,
    )


def revoke() -> RevokeForm:
    return RevokeForm(organisation_id=GROUP, case_id="J1", at=AT)


def revoked(intent: str = "I1") -> FormRevoked:
    return FormRevoked(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        intent_id=intent,
        revoked_at=AT,
    )


def settle(
    amount: int = 35_000,
    means: PaymentMeans = PaymentMeans.TRANSFER,
    reference: str = "VIR 118",
    paid_on: date = TODAY,
    organisation: str = GROUP,
    lines: tuple[Line, ...] = LINES,
) -> SettleElsewhere:
    return SettleElsewhere(
        charge_id=MINE,
        organisation_id=organisation,
        offer=offer(lines),
        amount=money(amount),
        means=means,
        reference=reference,
        paid_on=paid_on,
        today=TODAY,
        by="gina",
        at=AT,
    )


def settled(amount: int = 35_000) -> PaidElsewhere:
    return PaidElsewhere(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        case_id="J1",
        amount=money(amount),
        means=PaymentMeans.TRANSFER,
        reference="VIR 118",
        paid_on=TODAY,
        recorded_by="gina",
        recorded_at=AT,
    )


def confirm(intent: str = "I1", amount: Money = TOTAL.including_vat) -> ConfirmPayment:
    return ConfirmPayment(
        charge_id=MINE, intent_id=intent, payment_id=f"pi_{intent}", amount=amount, at=AT
    )


def paid(
    intent: str = "I1",
    version: int = 3,
    lines: tuple[Line, ...] = LINES,
    total: Amounts = TOTAL,
) -> ChargePaid:
    return ChargePaid(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        case_id="J1",
        case_version=2,
        lines=lines,
        total=total,
        intent_id=intent,
        payment_id=f"pi_{intent}",
        paid_at=AT,
        version=version,
    )


def differed(reported: Money) -> PaymentDiffered:
    return PaymentDiffered(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        case_id="J1",
        intent_id="I1",
        asked=TOTAL.including_vat,
        reported=reported,
        differed_at=AT,
    )


def refund(
    *parts: tuple[str, Money],
    id: str = "R1",
    rest: int = 35_000,
    available: int = 100_000,
    organisation: str = GROUP,
) -> Refund:
    return Refund(
        charge_id=MINE,
        organisation_id=organisation,
        refund_id=id,
        parts=parts,
        reason=RefundReason.WORK_NOT_DONE,
        rest=money(rest),
        available=money(available),
        by="gina",
        at=AT,
    )


def part(line: Line, excluding: int, vat: int) -> RefundPart:
    return RefundPart(line.work_id, amounts(excluding, vat))


def refund_begun(*parts: RefundPart, id: str = "R1", total: Amounts) -> RefundBegun:
    return RefundBegun(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        refund_id=id,
        parts=parts,
        total=total,
        reason=RefundReason.WORK_NOT_DONE,
        begun_by="gina",
        begun_at=AT,
    )


def note_refund(amount: int, id: str | None = "R1", provider_id: str = "re_1") -> NoteRefund:
    return NoteRefund(
        charge_id=MINE,
        refund_id=id,
        provider_refund_id=provider_id,
        amount=money(amount),
        at=AT,
    )


def refund_made(
    *parts: RefundPart,
    total: Amounts,
    version: int,
    id: str = "R1",
    provider_id: str = "re_1",
    reason: RefundReason = RefundReason.WORK_NOT_DONE,
) -> RefundMade:
    return RefundMade(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        case_id="J1",
        refund_id=id,
        provider_refund_id=provider_id,
        parts=parts,
        total=total,
        reason=reason,
        made_at=AT,
        version=version,
    )


def fail_refund(
    id: str | None = "R1", provider_id: str = "re_1", responsible: str | None = "gina"
) -> FailRefund:
    return FailRefund(
        charge_id=MINE,
        refund_id=id,
        provider_refund_id=provider_id,
        balance_transaction_id="txn_3",
        responsible_id=responsible,
        at=AT,
    )


def refund_bounced(
    *parts: RefundPart,
    total: Amounts,
    version: int,
    id: str = "R1",
    responsible: str | None = "gina",
) -> RefundBounced:
    return RefundBounced(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        case_id="J1",
        refund_id=id,
        provider_refund_id="re_1",
        parts=parts,
        total=total,
        balance_transaction_id="txn_3",
        responsible_id=responsible,
        bounced_at=AT,
        version=version,
    )


def refund_failed(id: str = "R1") -> RefundFailed:
    return RefundFailed(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        refund_id=id,
        failed_at=AT,
    )


def note_fee(fee: int = 515, provider_refund_id: str | None = None) -> NoteFee:
    return NoteFee(
        charge_id=MINE,
        provider_refund_id=provider_refund_id,
        balance_transaction_id="txn_1",
        fee=money(fee),
        at=AT,
    )


def fee_read(fee: int = 515, version: int = 4, refund_id: str | None = None) -> FeeRead:
    return FeeRead(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        balance_transaction_id="txn_1",
        refund_id=refund_id,
        fee=money(fee),
        read_at=AT,
        version=version,
    )


MOREAU = Buyer(
    name="Transports Moreau SARL",
    number="303265045",
    vat_number="FR40303265045",
    office="12 rue du Port",
    postal_code="59000",
    city="Lille",
    country="FR",
)


def note_number(
    number: str = "LYON-000001",
    refund_id: str | None = None,
    cancels: bool = False,
    buyer: Buyer | None = None,
) -> NoteNumber:
    return NoteNumber(
        charge_id=MINE,
        refund_id=refund_id,
        cancels=cancels,
        number=number,
        account_version=2,
        buyer=buyer,
        at=AT,
    )


def numbered(
    number: str = "LYON-000001",
    refund_id: str | None = None,
    cancels: bool | None = None,
    buyer: Buyer | None = None,
) -> DocumentNumbered:
    return DocumentNumbered(
        charge_id=MINE,
        organisation_id=GROUP,
        dealership_id=HOUSE,
        case_id="J1",
        refund_id=refund_id,
        number=number,
        account_version=2,
        numbered_at=AT,
        cancels=cancels,
        buyer_name=buyer.name if buyer else None,
        buyer_number=buyer.number if buyer else None,
        buyer_vat_number=buyer.vat_number if buyer else None,
        buyer_office=buyer.office if buyer else None,
        postal_code=buyer.postal_code if buyer else None,
        city=buyer.city if buyer else None,
        buyer_country=buyer.country if buyer else None,
    )

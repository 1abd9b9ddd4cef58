"""From the award to the payout, rule by rule."""

from dataclasses import replace
from datetime import timedelta
from functools import reduce

import pytest

from contracts.decisions import Changed
from contracts.invoices.invoice_v1 import ExpenseKind, InvoiceApproved, InvoiceEvent, Party
from infra.testing.spec import Spec
from services.invoices import invoice
from services.invoices.invoice import Command
from services.invoices.invoice.expenses import MOST_EXPENSES
from services.invoices.invoice.rejections import (
    BuyerMissing,
    CompanyMissing,
    ExpenseIdTaken,
    ExpensesLocked,
    ExpensesNotValidated,
    InvoiceIsApproved,
    LineIsContested,
    NoSuchContest,
    NoSuchExpense,
    NoSuchInvoice,
    NoSuchLine,
    OverQuote,
    OwnInvoice,
    PriceIsFrozen,
    PriceMissing,
    TooManyExpenses,
)
from services.invoices.invoice.situations import Open
from services.invoices.terms import AmountNotPossible, CurrencyDiffers
from services.invoices.tests.make import (
    APPROVED,
    LATER,
    LESS,
    OPEN,
    PRICE,
    TAXI,
    TOLL,
    VALIDATED,
    WITH_TOLL,
    add,
    added,
    agree,
    agreed,
    approve,
    approved,
    contest,
    contested,
    corrected,
    eur,
    extra_noted,
    give_number,
    note,
    note_extra,
    note_vehicle,
    noted,
    numbered,
    open_it,
    opened,
    paid,
    pay,
    prepare,
    prepared,
    remove,
    removed,
    reopen,
    reopened,
    reopened_by_billing,
    settle,
    settled,
    validate,
    validated,
    vehicle_noted,
)

given = Spec(invoice.decide, invoice.evolve, invoice.initial).given
ASKED: list[invoice.Asked] = [
    add(),
    remove(),
    validate(),
    agree(),
    reopen(),
    approve(),
    contest(),
    contest(driver=None),
    settle(),
]
KINDS = [type(command).__name__ for command in ASKED]


class TestAppearing:
    @pytest.mark.requirement("HIF-27", "HIF-29", "G-15")
    def test_the_delivery_opens_what_the_award_prepared(self) -> None:
        given().when(note()).records(noted())
        given(noted()).when(prepare()).records(prepared())
        given(noted(), prepared()).when(open_it()).records(opened())

    @pytest.mark.requirement("HIF-29", "M-02")
    @pytest.mark.parametrize("command", ASKED, ids=KINDS)
    def test_before_the_delivery_there_is_no_invoice(self, command: Command) -> None:
        given(noted(), prepared()).when(command).is_rejected(NoSuchInvoice())

    def test_what_follows_from_nothing_noted_waits_for_a_person(self) -> None:
        for command in (prepare(), note_extra(), open_it(), give_number(), pay()):
            given().when(command).is_rejected(NoSuchInvoice())

    def test_a_mission_given_to_somebody_else_is_theirs(self) -> None:
        given(noted(), prepared()).when(prepare("bob")).records(prepared("bob"))
        given(*OPEN).when(prepare("bob")).records_nothing()

    def test_an_accepted_extra_is_on_the_invoice_that_opens(self) -> None:
        given(noted(), prepared()).when(note_extra()).records(extra_noted())
        given(noted(), prepared(), extra_noted()).when(open_it()).records(opened(extras=(TAXI,)))

    def test_a_repeated_offer_changes_nothing(self) -> None:
        given(*OPEN).when(note()).records_nothing()

    @pytest.mark.parametrize(
        "history", [(noted(),), (noted(), prepared()), OPEN, VALIDATED], ids=len
    )
    def test_the_last_plate_that_was_told_before_the_approval_counts(
        self, history: tuple[InvoiceEvent, ...]
    ) -> None:
        other = "123 ABC 75"
        given(*history).when(note_vehicle()).records(vehicle_noted())
        given(*history, vehicle_noted()).when(note_vehicle()).records_nothing()
        given(*history, vehicle_noted()).when(note_vehicle(other)).records(vehicle_noted(other))

    def test_a_plate_that_is_told_after_the_approval_stands_on_no_invoice(self) -> None:
        given(*APPROVED).when(note_vehicle()).records_nothing()
        given().when(note_vehicle()).is_rejected(NoSuchInvoice())

    def test_a_plate_that_was_told_early_is_on_the_invoice(self) -> None:
        told: list[InvoiceEvent] = [noted(), vehicle_noted(), *OPEN[1:]]
        state = reduce(invoice.evolve, told, invoice.initial)
        assert isinstance(state, Open)
        assert (state.bill.plate, state.bill.version) == ("AB-123-CD", 4)
        assert [line.version for line in state.bill.lines] == [3]


class TestWhoMay:
    @pytest.mark.parametrize(
        "command",
        [replace(command, organisation_id="other") for command in ASKED],
        ids=KINDS,
    )
    def test_a_stranger_s_organisation_finds_no_invoice(self, command: Command) -> None:
        given(*VALIDATED).when(command).is_rejected(NoSuchInvoice())

    @pytest.mark.parametrize(
        "command", [add(driver="bob"), remove(driver="bob"), validate("bob"), contest(driver="bob")]
    )
    def test_another_driver_finds_no_invoice(self, command: Command) -> None:
        given(*VALIDATED).when(command).is_rejected(NoSuchInvoice())

    @pytest.mark.parametrize(
        "command", [agree(by="ada"), reopen(by="ada"), approve(by="ada"), settle(by="ada")]
    )
    def test_nobody_decides_on_their_own_invoice(self, command: Command) -> None:
        given(*VALIDATED, contested()).when(command).is_rejected(OwnInvoice())


class TestExpenses:
    @pytest.mark.requirement("HIF-28")
    def test_all_that_was_quoted_may_be_declared(self) -> None:
        given(*OPEN).when(add(eur(3_500))).records(added(eur(3_500)))

    def test_a_cent_more_than_quoted_may_not(self) -> None:
        over = OverQuote(ExpenseKind.TOLL, eur(3_501), eur(3_500))
        given(*OPEN).when(add(eur(3_501))).is_rejected(over)

    def test_expenses_of_a_kind_are_counted_together(self) -> None:
        first = added(eur(3_000))
        given(*OPEN, first).when(add(eur(500), id="e-2")).records(added(eur(500), id="e-2"))
        over = OverQuote(ExpenseKind.TOLL, eur(3_501), eur(3_500))
        given(*OPEN, first).when(add(eur(501), id="e-2")).is_rejected(over)

    def test_an_extra_counts_once_it_is_accepted(self) -> None:
        taxi, kind = eur(1_800), ExpenseKind.TAXI
        given(*OPEN).when(add(taxi, kind)).is_rejected(OverQuote(kind, taxi, eur(0)))
        given(*OPEN, extra_noted()).when(add(taxi, kind)).records(added(taxi, kind))
        over = OverQuote(kind, eur(1_801), taxi)
        given(*OPEN, extra_noted()).when(add(eur(1_801), kind)).is_rejected(over)

    @pytest.mark.requirement("G-02")
    def test_an_expense_is_positive_and_in_the_invoice_s_currency(self) -> None:
        given(*OPEN).when(add(eur(1))).records(added(eur(1)))
        refused = AmountNotPossible("amount", 0, 1, 10**12)
        given(*OPEN).when(add(eur(0))).is_rejected(refused)
        other = replace(eur(1), currency="MAD")
        given(*OPEN).when(add(other)).is_rejected(CurrencyDiffers("amount", "MAD", "EUR"))

    def test_an_id_names_one_expense_for_ever(self) -> None:
        given(*WITH_TOLL).when(add(eur(1))).is_rejected(ExpenseIdTaken("e-1"))
        given(*WITH_TOLL, removed()).when(add()).is_rejected(ExpenseIdTaken("e-1"))
        given(*OPEN).when(add(id="service")).is_rejected(ExpenseIdTaken("service"))

    def test_there_is_room_for_so_many_expenses_and_no_more(self) -> None:
        many = [added(eur(1), id=f"e-{n}") for n in range(MOST_EXPENSES)]
        given(*OPEN, *many[1:]).when(add(eur(1), id="x")).records(added(eur(1), id="x"))
        full = TooManyExpenses(MOST_EXPENSES)
        given(*OPEN, *many).when(add(eur(1), id="x")).is_rejected(full)

    def test_an_expense_can_be_taken_back_and_declared_anew(self) -> None:
        given(*WITH_TOLL).when(remove()).records(removed())
        given(*WITH_TOLL, removed()).when(add(id="e-2")).records(added(id="e-2"))
        given(*OPEN).when(remove()).is_rejected(NoSuchExpense())


class TestValidation:
    @pytest.mark.requirement("HIF-28", "G-15")
    def test_validating_sums_up_and_locks(self) -> None:
        given(*WITH_TOLL).when(validate()).records(validated())
        given(*VALIDATED).when(add(eur(1), id="e-2")).is_rejected(ExpensesLocked())
        given(*VALIDATED).when(remove()).is_rejected(ExpensesLocked())

    def test_without_expenses_the_service_alone_is_validated(self) -> None:
        given(*OPEN).when(validate(net=30_000)).records(validated(0))

    def test_a_driver_validates_what_they_saw(self) -> None:
        history = (noted(), prepared(price=None), opened(price=None), agreed(), agreed(eur(20_000)))
        stale = Changed({"net": PRICE}, {"net": eur(20_000)})
        given(*history).when(validate(net=30_000)).is_rejected(stale)
        given(*history).when(validate(net=20_000)).records(validated(0, eur(20_000)))

    def test_a_price_replaces_the_one_that_was_seen(self) -> None:
        history = (noted(), prepared(price=None), opened(price=None), agreed())
        given(*history).when(agree(eur(20_000))).is_rejected(
            Changed({"instead_of": None}, {"instead_of": PRICE})
        )
        given(*history).when(agree(eur(20_000), instead_of=PRICE)).records(agreed(eur(20_000)))

    def test_a_mission_without_a_price_needs_one_first(self) -> None:
        history = (noted(), prepared(price=None), opened(price=None))
        given(*history).when(validate()).is_rejected(PriceMissing())
        given(*history).when(agree()).records(agreed())
        given(*history, agreed()).when(validate(net=30_000)).records(validated(0))
        given(*history, agreed(), validated(0)).when(agree(eur(1))).is_rejected(ExpensesLocked())

    def test_the_price_of_the_award_is_frozen(self) -> None:
        given(*OPEN).when(agree(PRICE)).records_nothing()
        given(*OPEN).when(agree(eur(29_999))).is_rejected(PriceIsFrozen(PRICE))

    @pytest.mark.requirement("HIF-28", "HIF-29")
    def test_an_extra_accepted_after_the_validation_reopens_it(self) -> None:
        given(*VALIDATED).when(note_extra()).records(extra_noted(), reopened())
        again = (*VALIDATED, extra_noted(), reopened())
        taxi = (TAXI.amount, ExpenseKind.TAXI, "e-2")
        given(*again).when(add(*taxi)).records(added(*taxi))
        given(*again).when(validate()).records(validated())
        given(*again).when(approve()).is_rejected(ExpensesNotValidated())

    @pytest.mark.requirement("HIF-28")
    def test_billing_reopens_for_what_was_forgotten_until_it_approves(self) -> None:
        given(*VALIDATED).when(reopen()).records(reopened_by_billing())
        again = (*VALIDATED, reopened_by_billing())
        given(*again).when(remove()).records(removed())
        given(*again).when(reopen()).records_nothing()
        given(*APPROVED).when(reopen()).is_rejected(InvoiceIsApproved())

    def test_an_extra_accepted_after_the_approval_changes_nothing_of_it(self) -> None:
        given(*APPROVED).when(note_extra()).records(extra_noted())

    def test_a_reopened_expense_that_is_contested_stays_until_settled(self) -> None:
        disputed = (*VALIDATED, contested(), extra_noted(), reopened())
        given(*disputed).when(remove()).is_rejected(ExpensesLocked())
        given(*disputed, settled(version=8)).when(remove()).records(removed())


class TestApproval:
    @pytest.mark.requirement("G-15")
    def test_an_approval_names_every_amount_and_the_version_it_is_from(self) -> None:
        given(*VALIDATED).when(approve()).records(approved())

    def test_only_what_is_validated_is_approved(self) -> None:
        given(*WITH_TOLL).when(approve()).is_rejected(ExpensesNotValidated())

    def test_a_contested_line_stops_it_until_settled(self) -> None:
        disputed = (*VALIDATED, contested(by=Party.BILLING))
        given(*disputed).when(approve()).is_rejected(LineIsContested("e-1"))
        right = approved(3_000, 6_600, version=8, toll_version=7)
        given(*disputed, settled()).when(approve(net=33_000)).records(right)

    def test_what_was_seen_is_approved(self) -> None:
        settled_since = (*VALIDATED, contested(by=Party.BILLING), settled())
        given(*settled_since).when(approve()).is_rejected(
            Changed({"net": eur(33_500)}, {"net": eur(33_000)})
        )

    def test_receipts_that_were_exchanged_for_others_of_the_same_amount_were_not_seen(self) -> None:
        once_more = LATER + timedelta(minutes=1)
        other = replace(added(id="e-3"), receipt_file_id="f-2")
        again = replace(validated(), validated_at=once_more)
        done = (reopened_by_billing(), removed(), other, again)
        exchanged: tuple[InvoiceEvent, ...] = (*VALIDATED, *done)
        given(*exchanged).when(approve()).is_rejected(
            Changed({"validated_at": LATER}, {"validated_at": once_more})
        )
        state = reduce(invoice.evolve, exchanged, invoice.initial)
        approval = invoice.decide(approve(validated_at=once_more), state)
        assert isinstance(approval, list)
        assert isinstance(approval[0], InvoiceApproved)

    def test_both_companies_must_be_known(self) -> None:
        given(*VALIDATED).when(approve(treatment=None)).is_rejected(CompanyMissing())
        given(*VALIDATED).when(approve(buyer_version=0)).is_rejected(BuyerMissing())


class TestContests:
    @pytest.mark.requirement("G-15")
    @pytest.mark.parametrize(
        "history", [VALIDATED, APPROVED, (*APPROVED, paid())], ids=["validated", "approved", "paid"]
    )
    def test_a_driver_contests_a_line_once_validated(
        self, history: tuple[InvoiceEvent, ...]
    ) -> None:
        given(*history).when(contest()).records(contested())

    def test_before_that_the_driver_can_still_change_it(self) -> None:
        given(*WITH_TOLL).when(contest()).is_rejected(ExpensesNotValidated())
        given(*WITH_TOLL).when(contest(driver=None)).is_rejected(ExpensesNotValidated())

    def test_billing_contests_until_it_approves(self) -> None:
        given(*VALIDATED).when(contest(driver=None)).records(contested(by=Party.BILLING))
        given(*APPROVED).when(contest(driver=None)).is_rejected(InvoiceIsApproved())

    def test_a_line_is_contested_once_at_a_time(self) -> None:
        again = contest(reason="And another thing")
        given(*VALIDATED, contested()).when(again).is_rejected(LineIsContested("e-1"))
        lower = (*VALIDATED, contested(), settled())
        given(*lower).when(contest(amount=LESS)).records(contested())
        stale = Changed({"amount": TOLL.amount}, {"amount": LESS})
        given(*lower).when(contest()).is_rejected(stale)

    def test_only_lines_there_are_can_be_contested_and_settled(self) -> None:
        given(*VALIDATED).when(contest("e-9")).is_rejected(NoSuchLine())
        given(*VALIDATED).when(settle(line="e-9")).is_rejected(NoSuchLine())
        given(*VALIDATED).when(settle()).is_rejected(NoSuchContest())

    def test_before_approval_a_settlement_changes_the_line(self) -> None:
        given(*VALIDATED, contested()).when(settle()).records(settled())

    def test_a_settlement_is_of_the_contest_that_was_read(self) -> None:
        again = replace(contested(), contested_at=LATER + timedelta(hours=1))
        disputed = (*VALIDATED, contested(), settled(), again)
        given(*disputed).when(settle(eur(2_000))).is_rejected(
            Changed(
                {"contested_at": LATER, "instead_of": TOLL.amount},
                {"contested_at": again.contested_at, "instead_of": LESS},
            )
        )
        command = settle(eur(2_000), instead_of=LESS, contested_at=again.contested_at)
        given(*disputed).when(command).records(settled(2_000, version=9))

    def test_after_approval_it_is_an_adjustment_with_its_vat(self) -> None:
        given(*APPROVED, contested()).when(settle()).records(settled(3_000, -500, -100, 8))

    def test_a_line_found_right_adjusts_nothing(self) -> None:
        same = settled(3_500, version=8)
        given(*APPROVED, contested()).when(settle(eur(3_500))).records(same)

    def test_an_agreed_price_that_was_settled_lower_can_be_restored(self) -> None:
        without = (noted(), prepared(price=None), opened(price=None), agreed())
        lower = settled(29_000, line="service", version=7)
        disputed = (*without, validated(0), contested("service"), lower, contested("service"))
        given(*disputed).when(settle(PRICE, "service", instead_of=eur(29_000))).records(
            settled(30_000, line="service", version=9)
        )
        dearer = settle(eur(30_001), "service", instead_of=eur(29_000))
        given(*disputed).when(dearer).is_rejected(OverQuote(None, eur(30_001), PRICE))

    def test_a_settlement_keeps_to_the_quote_as_expenses_do(self) -> None:
        disputed = (*VALIDATED, contested(), contested("service"))
        over = OverQuote(ExpenseKind.TOLL, eur(3_501), eur(3_500))
        given(*disputed).when(settle(eur(3_501))).is_rejected(over)
        dearer = settle(eur(30_001), "service", instead_of=PRICE)
        given(*disputed).when(dearer).is_rejected(OverQuote(None, eur(30_001), PRICE))
        given(*disputed).when(settle(eur(0))).records(settled(0, version=8))
        given(*disputed).when(settle(eur(-1))).is_rejected(
            AmountNotPossible("amount", -1, 0, 10**12)
        )


class TestNumberAndPayment:
    def test_a_correction_keeps_its_number(self) -> None:
        lowered = (*APPROVED, numbered(), contested(), settled(3_000, -500, -100, 9))
        number = replace(give_number(), number="HIFLOW-000002", settlement_version=9)
        given(*lowered).when(number).records(corrected(9))
        found = given(*lowered, corrected(9))
        found.when(replace(number, settlement_version=10)).records(corrected(10))
        found.when(give_number()).records_nothing()

    def test_an_approved_invoice_takes_its_number_and_its_payment_once(self) -> None:
        given(*APPROVED).when(give_number()).records(numbered())
        given(*APPROVED, numbered()).when(pay()).records(paid())

    def test_an_unapproved_invoice_takes_neither(self) -> None:
        for command in (give_number(), pay()):
            given(*VALIDATED).when(command).is_rejected(ExpensesNotValidated())

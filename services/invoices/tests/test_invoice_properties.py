"""An invoice keeps within what was agreed and adds up, whatever people try."""

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.invoices.invoice_v1 import (
    ContestSettled,
    ExpenseKind,
    InvoiceApproved,
    InvoiceEvent,
)
from services.invoices import invoice
from services.invoices.invoice import Command
from services.invoices.invoice.approval import ApproveInvoice
from services.invoices.invoice.contests import ContestLine, SettleContest
from services.invoices.invoice.expenses import ValidateExpenses
from services.invoices.invoice.situations import (
    Approved,
    Delivered,
    Noted,
    Open,
    Prepared,
    Unknown,
)
from services.invoices.tests.make import (
    FULL,
    add,
    approve,
    contest,
    eur,
    give_number,
    note,
    note_extra,
    open_it,
    pay,
    prepare,
    remove,
    settle,
    validate,
)

IDS = st.integers(1, 4).map(lambda n: f"e-{n}")
LINES = st.one_of(IDS, st.just("service"))
KINDS = st.sampled_from(ExpenseKind)
CENTS = st.integers(-10, 40_000).map(eur)
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(add, CENTS, KINDS, IDS),
    st.builds(remove, IDS),
    st.builds(contest, LINES, st.sampled_from(["ada", None])),
    st.builds(settle, CENTS, LINES),
    st.sampled_from([validate(), approve(), give_number(), pay(), note_extra(), open_it()]),
)
STORIES = st.lists(COMMANDS, max_size=40)


def story(commands: list[Command]) -> tuple[Delivered, list[InvoiceEvent]]:
    state: invoice.State = invoice.initial
    events: list[InvoiceEvent] = []
    for command in [note(), prepare(), open_it(), *commands]:
        decided = invoice.decide(seeing(command, state), state)
        if isinstance(decided, list):
            state = reduce(invoice.evolve, decided, state)
            events += decided
    assert not isinstance(state, Unknown | Noted | Prepared)
    return state, events


def seeing(command: Command, state: invoice.State) -> Command:
    """The command of somebody who saw the invoice as it is."""
    if isinstance(state, Unknown | Noted | Prepared):
        return command
    bill = state.bill
    if isinstance(command, ValidateExpenses | ApproveInvoice):
        return replace(command, net=bill.net)
    if not isinstance(command, ContestLine | SettleContest):
        return command
    line, contested = bill.line(command.line_id), bill.contest(command.line_id)
    if isinstance(command, ContestLine):
        return replace(command, amount=line.amount) if line else command
    if line is None or contested is None:
        return command
    return replace(command, instead_of=line.amount, contested_at=contested.contested_at)


@given(STORIES)
@pytest.mark.requirement("HIF-28")
def test_no_more_is_declared_than_was_quoted_and_accepted(commands: list[Command]) -> None:
    bill = story(commands)[0].bill
    assert all(bill.declared(kind) <= bill.allowed(kind) for kind in ExpenseKind)
    price, frozen = bill.price, bill.mission.service_price
    assert price is not None
    assert frozen is not None
    assert price.amount_minor <= frozen.amount_minor


@given(STORIES)
@pytest.mark.requirement("G-15")
def test_the_version_a_figure_names_is_the_fact_it_is_from(commands: list[Command]) -> None:
    state, events = story(commands)
    assert state.bill.version == len(events)
    for line in state.bill.lines:
        fact = events[line.version - 1]
        amounts = {getattr(fact, name, None) for name in ("amount", "service_price")}
        assert line.amount in amounts


@given(STORIES)
def test_an_approval_and_its_adjustments_add_up_to_the_lines_and_their_vat(
    commands: list[Command],
) -> None:
    state, events = story(commands)
    if not isinstance(state, Approved):
        return
    net, vat = state.approval.net.amount_minor, state.approval.tax.amount.amount_minor
    for event in events:
        if isinstance(event, ContestSettled) and event.adjustment and event.adjustment_vat:
            net += event.adjustment.amount_minor
            vat += event.adjustment_vat.amount_minor
    due = state.bill.net.amount_minor
    assert (net, vat) == (due, FULL.of(due))


@given(STORIES, COMMANDS)
def test_once_validated_only_settlements_change_a_line(
    commands: list[Command], last: Command
) -> None:
    before, _ = story(commands)
    decided = invoice.decide(seeing(last, before), before)
    if isinstance(before, Open) or not isinstance(decided, list):
        return
    start: invoice.State = before
    after = reduce(invoice.evolve, decided, start)
    assert not isinstance(after, Unknown | Noted | Prepared)
    settled = any(isinstance(event, ContestSettled) for event in decided)
    assert settled or after.bill.lines == before.bill.lines


@given(STORIES)
def test_an_invoice_is_approved_once(commands: list[Command]) -> None:
    _, events = story([*commands, validate(), approve(), approve()])
    assert sum(isinstance(event, InvoiceApproved) for event in events) <= 1

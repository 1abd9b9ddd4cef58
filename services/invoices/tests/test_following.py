"""What a trip, an approval, a number and a payout lead to."""

import asyncio
from datetime import date

import pytest

from contracts.common_v1 import Point
from contracts.invoices.invoice_v1 import ExpenseKind, InvoiceEvent
from contracts.invoices.numbering_v1 import NumberAssigned
from contracts.missions import trip_v1
from contracts.missions.trip_v1 import (
    Channel,
    DeliveryConfirmed,
    MissionAssigned,
    Slot,
    Stop,
    TripExpired,
    TripPublished,
    Vehicle,
)
from contracts.payments.payout_v1 import Fact, Line, LineKind, PayoutPaid, StatementClosed
from infra.testing.spec import Spec
from services.invoices import following, numbering
from services.invoices.aggregates import NUMBERING
from services.invoices.invoice import Pay, Prepare
from services.invoices.numbering import AssignNumber
from services.invoices.tests.make import (
    LATER,
    NOON,
    PRICE,
    TAXI,
    TOLL,
    added,
    approved,
    eur,
    give_number,
    note,
    note_extra,
    open_it,
    opened,
    prepare,
    settled,
    validated,
)
from services.invoices.tests.stage import context, served

SPEC: Spec[AssignNumber, numbering.Taken, NumberAssigned, None] = Spec(
    numbering.decide, numbering.evolve, numbering.initial
)
given = SPEC.given
DAY = date(2030, 5, 6)


def published() -> TripPublished:
    paris = Stop(city="Paris", postal_code="75012", point=Point(latitude=48.84, longitude=2.38))
    lyon = Stop(city="Lyon", postal_code="69003", point=Point(latitude=45.76, longitude=4.86))
    return TripPublished(
        trip_id="t-1",
        organisation_id="hiflow",
        client_brand="Atlas",
        tags=(),
        departure=paris,
        arrival=lyon,
        from_slot=Slot(DAY, fixed=False),
        until_slot=Slot(DAY, fixed=False),
        vehicle=Vehicle(make="Renault", model="Clio"),
        delivery_type="depot",
        distance_km=465,
        duration_minutes=290,
        client_process=None,
        additional_services=(),
        published_at=NOON,
        time_zone="Europe/Paris",
    )


def statement(net: int, *lines: Line) -> StatementClosed:
    return StatementClosed(
        driver_id="ada",
        organisation_id="hiflow",
        payout_id="p-1",
        lines=lines,
        gross=eur(0),
        expenses=eur(0),
        adjustments=eur(0),
        vat=eur(0),
        carried_in=eur(0),
        carried_out=eur(0),
        net=eur(net),
        carried_from=None,
        payable=net > 0,
        closed_at=LATER,
        version=3,
    )


def line(kind: LineKind) -> Line:
    return Line(
        kind=kind,
        invoice_id="inv-t-1",
        line_id="service",
        trip_id="t-1",
        amount=PRICE,
        fact=Fact("invoice-inv-t-1", 2),
    )


def assign(
    invoice: str = "inv-t-1", driver: str = "ada", settlement: int | None = None
) -> AssignNumber:
    return AssignNumber("hiflow", driver, invoice, LATER, settlement)


def taken(
    ordinal: int = 1, invoice: str = "inv-t-1", settlement: int | None = None
) -> NumberAssigned:
    number = f"HIFLOW-{ordinal:06}"
    return NumberAssigned(
        sequence_id="hiflow:ada",
        organisation_id="hiflow",
        driver_id="ada",
        invoice_id=invoice,
        ordinal=ordinal,
        number=number,
        assigned_at=LATER,
        settlement_version=settlement,
    )


@pytest.mark.requirement("HIF-27")
def test_the_trips_own_events_make_the_invoice() -> None:
    assert following.of_trip(published()) == [note()]
    assert following.of_trip(
        DeliveryConfirmed(
            trip_id="t-1",
            driver_id="ada",
            channel=Channel.APP,
            confirmed_at=NOON,
            client_told=False,
        )
    ) == [open_it()]
    assert following.of_trip(TripExpired(trip_id="t-1", expired_at=NOON)) == []


def test_the_award_prepares_it_and_tells_service_from_expenses() -> None:
    toll = trip_v1.QuotedExpense(trip_v1.ExpenseKind.TOLL, TOLL.amount)
    whole = eur(PRICE.amount_minor + TOLL.amount.amount_minor)
    award = MissionAssigned(
        trip_id="t-1",
        driver_id="ada",
        price=whole,
        direct=False,
        from_day=DAY,
        until_day=DAY,
        assigned_at=NOON,
        expenses=(toll,),
    )
    [command] = following.of_trip(award)
    assert (command, following.target(command)) == (prepare(), "inv-t-1")


def test_an_award_without_a_price_prepares_it_without_one() -> None:
    award = MissionAssigned(
        trip_id="t-1",
        driver_id="ada",
        price=None,
        direct=True,
        from_day=DAY,
        until_day=DAY,
        assigned_at=NOON,
        expenses=(),
    )
    assert following.of_trip(award) == [Prepare("inv-t-1", "ada", None, (), NOON)]


def test_an_accepted_extra_is_noted_and_a_wanted_or_refused_one_is_not() -> None:
    kind, amount = trip_v1.ExpenseKind.TAXI, TAXI.amount
    wanted = trip_v1.ExtraCostRequested(
        trip_id="t-1",
        driver_id="ada",
        request_id="x-1",
        kind=kind,
        amount=amount,
        reason="Why",
        photo_file_id="f-1",
        requested_at=NOON,
    )
    accepted = trip_v1.ExtraCostAccepted(
        trip_id="t-1", driver_id="ada", request_id="x-1", kind=kind, amount=amount, accepted_at=NOON
    )
    refused = trip_v1.ExtraCostRefused(
        trip_id="t-1", driver_id="ada", request_id="x-1", reason="No", refused_at=NOON
    )
    assert following.of_trip(accepted) == [note_extra()]
    assert following.of_trip(wanted) == following.of_trip(refused) == []


def test_both_services_count_kinds_of_expenses_alike() -> None:
    theirs = {kind.name: kind.value for kind in trip_v1.ExpenseKind}
    assert theirs == {kind.name: kind.value for kind in ExpenseKind}


def test_an_approval_of_a_self_billed_invoice_asks_for_a_number() -> None:
    [command] = following.numbers(approved())
    assert (command, following.sequence(command)) == (assign(), "hiflow:ada")
    assert following.numbers(approved(self_billed=False)) == []


@pytest.mark.parametrize("event", [opened(), added(), validated()])
def test_nothing_else_asks_for_one(event: InvoiceEvent) -> None:
    assert following.numbers(event) == []


def test_numbers_follow_each_other_and_an_invoice_has_one() -> None:
    given().when(assign()).records(taken())
    given(taken()).when(assign("inv-t-2")).records(taken(2, "inv-t-2"))
    given(taken(), taken(2, "inv-t-2")).when(assign()).records_nothing()
    assert following.numbered(taken()) == [give_number()]


def test_a_correction_takes_the_next_number_once_where_the_invoice_has_one() -> None:
    assert following.numbers(settled(3_000, -500, -100, 8)) == [assign(settlement=8)]
    assert following.numbers(settled(3_500, version=8)) == []
    given(taken()).when(assign(settlement=8)).records(taken(2, settlement=8))
    given(taken(), taken(2, settlement=8)).when(assign(settlement=9)).records(
        taken(3, settlement=9)
    )
    given().when(assign(settlement=8)).records_nothing()
    given(taken(1, "inv-t-2")).when(assign(settlement=8)).records_nothing()
    [command] = following.numbered(taken(2, settlement=8))
    assert (command.number, command.settlement_version) == ("HIFLOW-000002", 8)


async def test_numbers_have_no_gap_whoever_asks_at_once(database: str) -> None:
    async with served(database) as api:
        asked = [assign(f"inv-{n % 20}") for n in range(40)]
        handle = api.running.commands.handle
        await asyncio.gather(*(handle(NUMBERING, "hiflow:ada", one, context()) for one in asked))
        found = await api.running.commands.history(NUMBERING, "hiflow:ada")
        assert [entry.event.ordinal for entry in found] == list(range(1, 21))
        assert len({entry.event.invoice_id for entry in found}) == 20


def test_a_payout_pays_its_invoices() -> None:
    paid = PayoutPaid(
        driver_id="ada",
        organisation_id="hiflow",
        payout_id="p-1",
        net=PRICE,
        reference="SEPA-1",
        invoice_ids=("inv-t-1",),
        payee_version=1,
        paid_at=LATER,
        version=4,
    )
    assert following.paid(paid) == [Pay("inv-t-1", "p-1", "SEPA-1", LATER)]


def test_what_was_set_off_is_paid_and_what_will_be_paid_is_not_yet() -> None:
    lines = (line(LineKind.SERVICE), line(LineKind.VAT), line(LineKind.ADJUSTMENT))
    assert following.paid(statement(0, *lines)) == [Pay("inv-t-1", "p-1", "", LATER)]
    assert following.paid(statement(1, *lines)) == []

"""Work reports: what was done, and what is to be planned (FLB-112 to FLB-117)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.decisions import Changed
from contracts.interventions.case_v1 import (
    CaseImported,
    CustomerNamed,
    InvitationKind,
    Module,
    VehicleDescribed,
    Work,
    WorkLevel,
    WorkListed,
    WorkSource,
)
from services.interventions import case
from services.interventions.case.bringing import (
    MOST_IMPORTS,
    CaseIsImportedAlready,
    CaseOfOtherCustomer,
    CaseOfOtherVehicle,
    Decided,
    ImportCases,
    Imported,
    Marks,
    TooManyImports,
)
from services.interventions.case.content import NotOfModule
from services.interventions.case.works import (
    MOST_WORKS,
    DueDateIsMissing,
    DueDateIsPast,
    NothingIsDue,
    TooManyWorks,
    WorkIsPaid,
)
from services.interventions.tests.make import (
    CASE,
    CONTACT,
    GROUP,
    ID,
    LATER,
    NOON,
    PENDING,
    PRICE,
    amounts,
    answer,
    ask_answer,
    create,
    eur,
    history,
    list_work,
    name_customer,
    open_page,
    price,
    request_contact,
    send,
    state,
    take_down,
)

TODAY = date(2030, 5, 6)
NOVEMBER = date(2030, 11, 6)
REPORT = (create(Module.WORK_REPORT),)
NAMED = (*REPORT, name_customer())
VIN = "VF1RFB00066123456"
NO_MARKS = Marks(vin=None, plate=None)
CAR = VehicleDescribed(
    case_id=ID,
    organisation_id=GROUP,
    dealership_id="GLILLE",
    plate="AB-123-CD",
    vin=VIN,
    make="Peugeot",
    model="308",
    mileage_km=84_000,
    mileage_read_at=NOON - timedelta(days=9),
    first_registered_on=None,
    colour=None,
    described_by="tablet-3",
    described_at=NOON - timedelta(days=9),
)


def line(
    id: str = "pads", accepted: bool = True, paid: bool = False, due_on: date | None = None
) -> Decided:
    work = Work(
        work_id=id,
        label=id.title(),
        level=WorkLevel.URGENT,
        price=PRICE,
        amounts=amounts(10_000, 12_000),
        media_ids=(),
        carried_out=False,
        due_on=due_on,
        due_mileage_km=None if due_on is None else 95_000,
        source=None,
        paid=False,
        measurement=None,
        assessment=None,
    )
    return Decided(work_id=f"J1-{id}", work=work, accepted=accepted, paid=paid)


def answered(
    id: str = "J1",
    *lines: Decided,
    customer_id: str = CONTACT,
    marks: Marks = NO_MARKS,
    customer: CustomerNamed | None = None,
    vehicle: VehicleDescribed | None = None,
) -> Imported:
    return Imported(
        case_id=id,
        customer_id=customer_id,
        customer=customer,
        vehicle=vehicle,
        marks=marks,
        lines=lines,
    )


def bring(*cases: Imported, id: str = "I1", marks: Marks = NO_MARKS) -> ImportCases:
    return ImportCases(
        organisation_id=GROUP,
        import_id=id,
        customer_id=CONTACT,
        marks=marks,
        cases=cases,
        by="lea",
        at=NOON,
    )


def works_of(command: ImportCases, *before: case.Command) -> list[WorkListed]:
    return works_after(before, command)


def works_after(before: tuple[case.Command, ...], *commands: case.Command) -> list[WorkListed]:
    return [one for one in history(*before, *commands) if isinstance(one, WorkListed)]


def decided(command: case.Command, *before: case.Command) -> Any:
    return case.decide(command, state(*before))


# --- Importing --------------------------------------------------------------


@pytest.mark.requirement("FLB-113", "FLB-115")
def test_what_was_accepted_was_carried_out_and_what_was_refused_is_to_be_planned() -> None:
    made = works_of(bring(answered("J1", line("pads"), line("tyres", accepted=False))), *NAMED)
    assert [(one.work_id, one.carried_out, one.level, one.price) for one in made] == [
        ("J1-pads", True, WorkLevel.URGENT, PRICE),
        ("J1-tyres", False, WorkLevel.URGENT, PRICE),
    ]
    assert made[0].source == WorkSource(case_id="J1", work_id="pads")


def test_an_import_is_recorded_once_however_often_it_comes() -> None:
    command = bring(answered("J1", line()))
    events = history(*NAMED, command)
    CASE.given(*history(*NAMED)).when(command).records(*events[len(NAMED) :])


@pytest.mark.requirement("FLB-175", "M-10")
def test_what_was_paid_online_costs_nothing() -> None:
    [paid] = works_of(bring(answered("J1", line(paid=True))), *NAMED)
    assert (paid.paid, paid.amounts) == (True, amounts(0, 0))
    assert paid.price == price(0)


@pytest.mark.requirement("FLB-116")
def test_a_refused_work_keeps_its_due_date_and_an_accepted_one_has_none() -> None:
    due = (line("pads", due_on=NOVEMBER), line("tyres", accepted=False, due_on=NOVEMBER))
    done, planned = works_of(bring(answered("J1", *due)), *NAMED)
    assert (done.due_on, done.due_mileage_km) == (None, None)
    assert (planned.due_on, planned.due_mileage_km) == (NOVEMBER, 95_000)


@pytest.mark.parametrize(("due_on", "kept"), [(TODAY, TODAY), (date(2030, 5, 5), None)])
def test_a_due_date_that_is_over_stays_behind(due_on: date, kept: date | None) -> None:
    [planned] = works_of(bring(answered("J1", line(accepted=False, due_on=due_on))), *NAMED)
    assert planned.due_on == kept


@pytest.mark.requirement("FLB-114", "G-47")
def test_several_cases_are_imported_each_once() -> None:
    both = bring(answered("J1", line()), answered("J2", replace(line(), work_id="J2-1")))
    assert len(works_of(both, *NAMED)) == 2
    again = bring(answered("J2", line()), id="I2")
    assert decided(again, *NAMED, both) == CaseIsImportedAlready("J2")
    twice = bring(answered("J1", line()), answered("J1", line()))
    assert decided(twice, *NAMED) == CaseIsImportedAlready("J1")


@pytest.mark.requirement("G-47")
def test_a_case_of_another_customer_is_not_imported() -> None:
    other = bring(answered("J1", line(), customer_id="H9"))
    assert decided(other, *NAMED) == CaseOfOtherCustomer("J1")
    mixed = bring(answered("J1", line()), answered("J2", line(), customer_id="H9"))
    assert decided(mixed, *REPORT) == CaseOfOtherCustomer("J2")


@pytest.mark.requirement("G-47")
@pytest.mark.parametrize(
    ("own", "other", "same"),
    [
        (Marks(vin=VIN, plate="AB123CD"), Marks(vin=VIN, plate="ZZ999ZZ"), True),
        (Marks(vin=VIN, plate="AB123CD"), Marks(vin=VIN[:-1] + "7", plate="AB123CD"), False),
        (Marks(vin=VIN, plate="AB123CD"), Marks(vin=None, plate="AB123CD"), True),
        (Marks(vin=None, plate="AB123CD"), Marks(vin=VIN, plate="ZZ999ZZ"), False),
        (Marks(vin=VIN, plate=None), Marks(vin=None, plate="ZZ999ZZ"), True),
    ],
)
def test_a_case_about_another_vehicle_is_not_imported(own: Marks, other: Marks, same: bool) -> None:
    decision = decided(bring(answered("J1", line(), marks=other), marks=own), *NAMED)
    assert isinstance(decision, list) if same else decision == CaseOfOtherVehicle("J1")


def test_cases_about_two_vehicles_are_not_imported_together() -> None:
    two = [
        answered("J1", line(), marks=Marks(vin=VIN, plate=None)),
        answered("J2", line(), marks=Marks(vin=VIN[:-1] + "7", plate=None)),
    ]
    assert decided(bring(*two), *REPORT) == CaseOfOtherVehicle("J2")


def test_a_report_without_customer_and_vehicle_is_about_those_of_the_case() -> None:
    [named] = [one for one in history(*NAMED) if isinstance(one, CustomerNamed)]
    vehicle = replace(CAR, case_id="J1")
    imported = answered(
        "J1", line(), customer_id="H9", customer=replace(named, case_id="J1"), vehicle=vehicle
    )
    events = decided(bring(imported), *REPORT)
    assert events[:2] == [
        replace(named, contact_id="H9", known=True, named_at=NOON),
        replace(CAR, mileage_km=None, mileage_read_at=None, described_by="lea", described_at=NOON),
    ]
    assert isinstance(events[2], CaseImported)


@pytest.mark.requirement("FLB-112")
def test_only_a_work_report_imports() -> None:
    assert decided(bring(answered("J1", line())), *PENDING) == NotOfModule(Module.MECHANICAL)


def test_a_work_report_is_made_of_fifty_cases_at_most() -> None:
    most = [answered(f"J{n}") for n in range(MOST_IMPORTS)]
    assert isinstance(decided(bring(*most), *NAMED), list)
    assert decided(bring(*most, answered("J99")), *NAMED) == TooManyImports(MOST_IMPORTS)


def test_an_import_does_not_make_a_report_too_long() -> None:
    lines = [replace(line(), work_id=f"J1-{n}") for n in range(MOST_WORKS)]
    assert isinstance(decided(bring(answered("J1", *lines)), *NAMED), list)
    more = replace(line(), work_id="J1-more")
    too_long = bring(answered("J1", *lines, more))
    assert decided(too_long, *NAMED) == TooManyWorks(MOST_WORKS)


def test_where_a_work_came_from_and_that_it_is_paid_stay_when_it_is_changed() -> None:
    paid = bring(answered("J1", line(paid=True)))
    renamed = list_work("J1-pads", priced=price(0), label="Brake pads", at=LATER, carried_out=True)
    changed = works_after(NAMED, paid, renamed)[-1]
    assert (changed.label, changed.paid) == ("Brake pads", True)
    assert changed.source == WorkSource(case_id="J1", work_id="pads")
    charged = list_work("J1-pads", priced=PRICE, at=LATER, carried_out=True)
    assert decided(charged, *NAMED, paid) == WorkIsPaid()


# --- Due dates --------------------------------------------------------------


@pytest.mark.requirement("FLB-116", "T-10")
def test_a_work_is_due_today_at_the_earliest() -> None:
    assert works_after((create(),), list_work(due_on=TODAY))[0].due_on == TODAY
    yesterday = list_work(due_on=date(2030, 5, 5))
    CASE.given(*history(create())).when(yesterday).is_rejected(DueDateIsPast(("Pads",)))


def test_today_is_the_day_where_the_dealership_is() -> None:
    late = NOON.replace(hour=22, minute=30)
    command = list_work(due_on=TODAY, at=late)
    CASE.given(*history(create())).when(command).is_rejected(DueDateIsPast(("Pads",)))


@pytest.mark.requirement("G-48", "T-10")
def test_a_due_mileage_needs_a_date() -> None:
    both = works_after((create(),), list_work(due_on=NOVEMBER, due_mileage_km=95_000))
    assert both[0].due_mileage_km == 95_000
    alone = list_work(due_mileage_km=95_000)
    CASE.given(*history(create())).when(alone).is_rejected(DueDateIsMissing())


@pytest.mark.parametrize(
    ("level", "carried_out", "due"),
    [
        (WorkLevel.ADVISED, False, True),
        (WorkLevel.URGENT, False, True),
        (WorkLevel.OK, False, False),
        (WorkLevel.COMPLIMENTARY, False, False),
        (WorkLevel.URGENT, True, False),
    ],
)
def test_only_what_is_to_be_done_is_due(level: WorkLevel, carried_out: bool, due: bool) -> None:
    command = list_work(level=level, carried_out=carried_out, due_on=NOVEMBER)
    decision = decided(command, create())
    assert isinstance(decision, list) if due else decision == NothingIsDue()


def test_a_work_whose_day_has_come_and_gone_is_not_sent() -> None:
    filled = (create(), name_customer(), list_work(due_on=TODAY))
    assert isinstance(decided(send(at=NOON), *filled), list)
    tomorrow = send(at=NOON + timedelta(days=1))
    assert decided(tomorrow, *filled) == DueDateIsPast(("Pads",))


# --- Sending and reading ----------------------------------------------------

FILLED = (*NAMED, bring(answered("J1", line("pads"), line("tyres", accepted=False))))


@pytest.mark.requirement("G-84", "SM-16", "N-17")
def test_a_report_is_sent_with_what_was_done_and_what_is_to_be_planned() -> None:
    events = decided(send_report(), *FILLED)
    version, _, _, invited = events
    assert [(one.label, one.carried_out) for one in version.works] == [
        ("Pads", True),
        ("Tyres", False),
    ]
    assert (version.carried_out, version.proposed) == (
        amounts(10_000, 12_000),
        amounts(10_000, 12_000),
    )
    assert invited.kind is InvitationKind.REPORT


def send_report(carried_out: int | None = 12_000) -> case.Command:
    command = send(works=2)
    done = None if carried_out is None else eur(carried_out)
    return replace(command, seen=replace(command.seen, carried_out=done))


@pytest.mark.parametrize("seen", [None, 11_999])
def test_a_report_is_not_sent_when_it_says_more_than_was_seen(seen: int | None) -> None:
    then = None if seen is None else eur(seen)
    changed = Changed({"carried_out": then}, {"carried_out": eur(12_000)})
    assert decided(send_report(seen), *FILLED) == changed


@pytest.mark.requirement("FLB-117")
def test_the_customer_of_a_report_asks_to_be_called_and_answers_nothing() -> None:
    read = (*FILLED, send_report(), open_page())
    assert decided(answer("J1-tyres"), *read) == NotOfModule(Module.WORK_REPORT)
    assert isinstance(decided(request_contact(), *read), list)


@pytest.mark.requirement("SM-16")
def test_a_colleague_takes_down_what_the_customer_wants_after_all() -> None:
    accepted, done = decided(take_down("J1-tyres"), *FILLED, send_report())
    assert (accepted.work.work_id, done.accepted) == ("J1-tyres", amounts(10_000, 12_000))


def test_a_report_waits_for_no_answer() -> None:
    asked = ask_answer(LATER)
    CASE.given(*history(*NAMED)).when(asked).is_rejected(NotOfModule(Module.WORK_REPORT))

"""The parts of a case: whatever the order in which they come, and however often (FLB-031, I6)."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given as any_of
from hypothesis import strategies as st

from contracts.interventions.case_v1 import InternalMessageKind, MediaKind, Module, WorkLevel
from services.interventions import case
from services.interventions.case import content, works
from services.interventions.case.content import (
    CustomerIncomplete,
    InternalMessageNeedsVideo,
    InternalMessageNotWhole,
    NotOfModule,
)
from services.interventions.case.works import MOST_WORKS, TooManyWorks
from services.interventions.tests.make import (
    ANSWERED,
    CASE,
    GROUP,
    NOON,
    READ,
    SENT,
    close,
    create,
    folded,
    history,
    leave_internal,
    list_work,
    name_customer,
    place,
    state,
)

SOON = NOON + timedelta(minutes=5)
LATEST = NOON + timedelta(minutes=9)
STRUCK = works.StrikeWork(organisation_id=GROUP, work_id="tyres", by="lea", at=SOON)
FINISHED = content.FinishCase(organisation_id=GROUP, works=2, media=1, by="tablet-3", at=NOON)
CREATION: case.Command = create()
PARTS: tuple[case.Command, ...] = (
    list_work("pads", WorkLevel.ADVISED),
    list_work("pads", WorkLevel.URGENT, at=SOON),
    list_work("tyres"),
    STRUCK,
    place("m-1"),
    place("m-1", private=True, at=LATEST),
    name_customer(),
    name_customer(last_name="Morel", at=SOON),
    FINISHED,
)


def carried_out(commands: tuple[case.Command, ...]) -> case.Case:
    """The case after a phone sent these until each was answered."""
    events, waiting = history(), list(commands)
    while waiting:
        command = waiting.pop(0)
        decided = CASE.given(*events).answer(command)
        if decided == case.NoSuchCase():
            waiting.append(command)
        else:
            assert isinstance(decided, list), decided
            events += tuple(decided)
    return folded(*events)


def content_of(found: case.Case) -> object:
    """All that a case holds, by what holds it."""
    assert isinstance(found, case.Pending)
    held = found.dossier
    return held.created, held.customer, dict(held.works), dict(held.media), held.finished


@pytest.mark.requirement("FLB-031", "SM-21")
@any_of(st.permutations((create(), *PARTS, *PARTS)))
def test_parts_in_any_order_and_twice_make_the_same_case(commands: list[case.Command]) -> None:
    expected = content_of(carried_out((create(), *PARTS)))
    assert content_of(carried_out(tuple(commands))) == expected


@pytest.mark.requirement("FLB-031")
def test_every_order_of_two_words_about_one_work_makes_the_same_case() -> None:
    words: tuple[case.Command, ...] = (
        list_work("pads", WorkLevel.ADVISED),
        list_work("pads", WorkLevel.URGENT),
        list_work("pads", WorkLevel.OK, at=SOON),
        works.StrikeWork(organisation_id=GROUP, work_id="pads", by="lea", at=NOON),
    )
    found = {repr(content_of(carried_out((CREATION, *one)))) for one in permutations(words)}
    assert len(found) == 1


def test_a_part_that_overtakes_the_case_is_sent_again() -> None:
    CASE.given().when(list_work()).is_rejected(case.NoSuchCase())


def test_the_case_of_another_organisation_is_none() -> None:
    CASE.given(*history(create())).when(list_work(organisation="strangers")).is_rejected(
        case.NoSuchCase()
    )


@pytest.mark.requirement("FLB-081", "FLB-069", "FLB-061")
@pytest.mark.parametrize(
    ("commands", "rejection"),
    [
        (SENT, case.CaseIsSent()),
        (READ, case.CaseIsSent()),
        (ANSWERED, case.CaseIsAnswered()),
        ((create(), close()), case.CaseIsClosed()),
    ],
)
def test_a_case_is_changed_only_while_it_waits_to_be_sent(
    commands: tuple[case.Command, ...], rejection: case.Rejection
) -> None:
    CASE.given(*history(*commands)).when(list_work("tyres")).is_rejected(rejection)


@pytest.mark.requirement("FLB-095", "G-90")
def test_a_customer_that_is_saved_has_a_title_and_a_last_name() -> None:
    given = CASE.given(*history(create()))
    given.when(name_customer(title=None)).is_rejected(CustomerIncomplete(("title",)))
    given.when(name_customer(last_name=None)).is_rejected(CustomerIncomplete(("last_name",)))
    assert isinstance(given.answer(name_customer(title=None, saved=False)), list)


@pytest.mark.requirement("FLB-048", "FLB-055", "G-38")
def test_in_a_warranty_case_colleagues_are_left_a_video_or_nothing() -> None:
    given = CASE.given(*history(create(Module.WARRANTY)))
    text = leave_internal(InternalMessageKind.TEXT, "Look")
    given.when(text).is_rejected(InternalMessageNeedsVideo())
    assert isinstance(
        given.answer(leave_internal(InternalMessageKind.TEXT_VIDEO, "Look", "m-1")), list
    )
    assert isinstance(given.answer(leave_internal(InternalMessageKind.NONE)), list)


@pytest.mark.requirement("FLB-048", "FLB-003")
@pytest.mark.parametrize(
    ("kind", "message", "media_id"),
    [
        (InternalMessageKind.NONE, "Look", None),
        (InternalMessageKind.TEXT, None, None),
        (InternalMessageKind.TEXT, "Look", "m-1"),
        (InternalMessageKind.TEXT_VIDEO, "Look", None),
    ],
)
def test_an_internal_message_fits_its_kind(
    kind: InternalMessageKind, message: str | None, media_id: str | None
) -> None:
    given = CASE.given(*history(create()))
    given.when(leave_internal(kind, message, media_id)).is_rejected(InternalMessageNotWhole())


@pytest.mark.requirement("FLB-048", "G-38")
def test_the_video_of_an_internal_message_is_never_public() -> None:
    found = state(
        create(),
        place("m-1", MediaKind.VIDEO, seconds=5),
        place("m-2", MediaKind.VIDEO, seconds=5),
        leave_internal(InternalMessageKind.TEXT_VIDEO, "Look", "m-1"),
    )
    assert isinstance(found, case.Pending)
    assert [one.media_id for one in found.dossier.public] == ["m-2"]


@pytest.mark.requirement("FLB-109")
def test_a_sales_case_has_no_works() -> None:
    given = CASE.given(*history(create(Module.DIRECT_MESSAGE)))
    given.when(list_work()).is_rejected(NotOfModule(Module.DIRECT_MESSAGE))


@pytest.mark.requirement("FLB-046")
def test_the_last_work_that_a_case_takes_is_the_five_hundredth() -> None:
    full = history(create(), *(list_work(f"w{n}") for n in range(MOST_WORKS - 1)))
    last = CASE.given(*full).answer(list_work("last"))
    assert isinstance(last, list)
    CASE.given(*full, *last).when(list_work("more")).is_rejected(TooManyWorks(MOST_WORKS))
    struck = works.StrikeWork(organisation_id=GROUP, work_id="more", by="lea", at=SOON)
    CASE.given(*full, *last).when(struck).is_rejected(TooManyWorks(MOST_WORKS))

"""A link that was forwarded only reads (I3): the first browser has it, others by a code."""

from dataclasses import replace

import pytest

from contracts.interventions.case_v1 import (
    CaseRead,
    CodeAsked,
    CodeMistaken,
    LineAccepted,
    LinkTaken,
)
from infra.http.customer_pages.browsers import COOKIE
from infra.testing.pages import words
from services.interventions.case import answering
from services.interventions.case.answering import (
    CODE_HOLDS,
    AnswerCodeIsWrong,
    BrowserKeepsNothing,
    LinkIsForwarded,
)
from services.interventions.tests.make import (
    CASE,
    GROUP,
    HOLDER,
    ID,
    LATER,
    LILLE,
    LINK,
    SENT,
    answer,
    history,
    open_page,
    reply,
    share,
    take_down,
)
from services.interventions.tests.test_answering import DIRECT
from services.interventions.tests.visiting import visiting

PHONE = replace(HOLDER, browser="a" * 32)
FRIEND = replace(HOLDER, browser="b" * 32)
OPENED = (*SENT, open_page(PHONE))
ASK = answering.AskCode(holder=FRIEND, code="123456", at=LATER)
ASKED = (*OPENED, ASK)
TAKE = answering.TakeLink(holder=FRIEND, attempt_id="A1", code="123456", at=LATER)


def took(browser: str) -> LinkTaken:
    return LinkTaken(
        case_id=ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        link_id=LINK,
        browser_digest=browser,
        taken_at=LATER,
    )


@pytest.mark.requirement("FLB-070")
def test_the_first_browser_that_opens_a_link_has_it() -> None:
    read, taken = history(*OPENED)[-2:]
    assert isinstance(read, CaseRead)
    assert taken == took("a" * 32)
    CASE.given(*history(*OPENED)).when(open_page(PHONE)).records_nothing()
    CASE.given(*history(*OPENED)).when(open_page(FRIEND)).records_nothing()


@pytest.mark.requirement("FLB-070")
def test_a_link_that_was_read_where_nothing_is_kept_is_taken_by_the_next_browser() -> None:
    read = (*SENT, open_page())
    CASE.given(*history(*read)).when(open_page(PHONE)).records(took("a" * 32))


@pytest.mark.requirement("FLB-071")
def test_the_browser_that_has_the_link_answers() -> None:
    mine = replace(answer("pads"), holder=PHONE)
    assert isinstance(history(*OPENED, mine)[-2], LineAccepted)


@pytest.mark.requirement("FLB-071")
@pytest.mark.parametrize("other", [FRIEND, HOLDER], ids=["another", "none"])
def test_a_browser_that_a_link_was_forwarded_to_answers_nothing(other: answering.Holder) -> None:
    theirs = replace(answer("pads"), holder=other)
    CASE.given(*history(*OPENED)).when(theirs).is_rejected(LinkIsForwarded())


@pytest.mark.requirement("FLB-111")
def test_a_seller_is_not_replied_to_by_who_a_link_was_forwarded_to() -> None:
    opened = history(*DIRECT, share(), open_page(PHONE))
    CASE.given(*opened).when(replace(reply(), holder=FRIEND)).is_rejected(LinkIsForwarded())


@pytest.mark.requirement("FLB-071")
def test_the_code_of_the_known_phone_takes_the_link_in_another_browser() -> None:
    CASE.given(*history(*ASKED)).when(TAKE).records(took("b" * 32))
    theirs = replace(answer("pads"), holder=FRIEND)
    assert isinstance(history(*ASKED, TAKE, theirs)[-2], LineAccepted)


def test_a_wrong_code_is_counted_and_takes_nothing() -> None:
    (mistaken,) = history(*ASKED, replace(TAKE, code="654321"))[len(history(*ASKED)) :]
    assert isinstance(mistaken, CodeMistaken)


def test_a_code_that_was_never_asked_for_or_is_over_takes_nothing() -> None:
    CASE.given(*history(*OPENED)).when(TAKE).is_rejected(AnswerCodeIsWrong())
    over = replace(TAKE, at=LATER + CODE_HOLDS)
    CASE.given(*history(*ASKED)).when(over).is_rejected(AnswerCodeIsWrong())


def test_a_browser_that_keeps_nothing_takes_no_link_by_a_code() -> None:
    blank = replace(TAKE, holder=HOLDER)
    CASE.given(*history(*ASKED)).when(blank).is_rejected(BrowserKeepsNothing())


def test_the_link_is_taken_by_a_code_after_the_answer_too() -> None:
    answered = (*OPENED, take_down("pads"), ASK)
    CASE.given(*history(*answered)).when(TAKE).records(took("b" * 32))


@pytest.mark.requirement("FLB-070", "FLB-071")
async def test_a_forwarded_page_reads_and_answers_only_after_the_code(database: str) -> None:
    mine, theirs = ({"Cookie": f"{COOKIE}={one * 24}"} for one in "ab")
    async with visiting(database, *SENT) as claire:
        claire.beside = mine
        assert 'value="accept"' in (await claire.look()).text
        await claire.send("opened", await claire.look())
        claire.beside = theirs
        page = await claire.look()
        assert "d'abord été ouvert dans un autre navigateur" in words(page)
        assert 'value="accept"' not in page.text
        refused = await claire.send("answer", page, work__pads="accept")
        assert refused.status_code == 403
        assert await claire.recorded(LineAccepted) == []
        assert (await claire.send("code", page)).status_code == 200
        wrong = await claire.send("holder", page, code="000000x")
        assert wrong.status_code == 422
        [asked] = await claire.recorded(CodeAsked)
        taken = await claire.send("holder", await claire.look(), code=asked.code)
        assert taken.status_code == 303
        page = await claire.look()
        assert 'value="accept"' in page.text


async def test_a_browser_gets_its_cookie_once_and_no_page_of_others_reads_it(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        cookie = (await claire.look()).headers["set-cookie"]
        for rule in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
            assert rule in cookie
        claire.beside = {"Cookie": cookie.partition(";")[0]}
        assert "set-cookie" not in (await claire.look()).headers


async def test_a_browser_that_keeps_what_cannot_be_read_is_given_another_secret(
    database: str,
) -> None:
    async with visiting(database, *SENT) as claire:
        for kept, given in (("", True), ("short", True), ("a" * 24, False)):
            claire.beside = {"Cookie": f"{COOKIE}={kept}"}
            page = await claire.look()
            assert (COOKIE in page.headers.get("set-cookie", "")) is given

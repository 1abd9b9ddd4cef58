"""The page of a closed case, in a browser that runs no script: how was the visit?"""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from contracts.interventions.case_v1 import (
    CodeAsked,
    ContactRequested,
    LinkScope,
    LinkTaken,
    RecipientKind,
    VisitRated,
)
from infra.testing.pages import words
from infra.testing.serving import KEY
from infra.tokens import issue
from services.interventions import case
from services.interventions.case import recipients
from services.interventions.case.visit import FallDue
from services.interventions.tests.make import (
    GROUP,
    HOLDER,
    ID,
    LILLE,
    NOON,
    PENDING,
    SENT,
    close,
    delete,
    open_page,
    send,
)
from services.interventions.tests.test_visit import (
    ASKED,
    CLOSED,
    DUE,
    MORNING,
    ask,
    house,
    how,
)
from services.interventions.tests.test_visit import QUESTION as QUESTION_DUE
from services.interventions.tests.visiting import PAGE, Visitor, visiting

AT_LILLE: Any = {"administrative_agent": [LILLE]}
QUESTION = "Comment s'est passée votre visite ?"
CALLED = "Nous vous rappellerons"


async def given(visitor: Visitor) -> list[tuple[int, str]]:
    """The scores that were given, and by which link."""
    return [(one.score, one.link_id) for one in await visitor.recorded(VisitRated)]


@pytest.mark.requirement("G-44")
async def test_the_link_of_a_closed_case_asks_one_question_and_shows_nothing_else(
    database: str,
) -> None:
    async with visiting(database, *ASKED) as claire:
        page = await claire.look()
    assert (page.status_code, page.headers["content-type"]) == (200, PAGE)
    said = words(page)
    assert QUESTION in said
    assert "Lumen Lille" in said
    for hidden in ("Pads", "Claire", "OR-48213", "120,00"):
        assert hidden not in said
    assert page.text.count('type="radio"') == 11
    assert "<script" not in page.text


async def test_before_the_question_a_closed_case_is_gone(database: str) -> None:
    async with visiting(database, *CLOSED) as claire:
        assert (await claire.look()).status_code == 410


async def test_an_open_case_has_no_visit_to_rate(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        page = await claire.look()
        early = await claire.send("visit", page, score="7")
        assert early.status_code == 404
        assert await given(claire) == []


@pytest.mark.parametrize(("score", "calls"), [("6", 1), ("7", 0)])
async def test_a_score_is_given_once_and_a_low_one_asks_for_a_call(
    database: str, score: str, calls: int
) -> None:
    async with visiting(database, *ASKED) as claire:
        page = await claire.look()
        taken = await claire.send("visit", page, score=score)
        assert (taken.status_code, taken.headers["location"]) == (
            303,
            f"/interventions/page/{claire.token}",
        )
        after = await claire.look()
        assert f"Vous avez donné {score} sur 10." in words(after)
        assert (CALLED in words(after), QUESTION in words(after)) == (bool(calls), False)
        again = await claire.send("visit", page, score="10", key="another-time-1234")
        assert (again.status_code, "Votre première réponse reste" in words(again)) == (409, True)
        assert await given(claire) == [(int(score), "customer.1")]
        assert len(await claire.recorded(ContactRequested)) == calls


@pytest.mark.parametrize("score", ["11", "-1", "6.5", "", "x"])
async def test_what_is_no_score_is_not_taken(database: str, score: str) -> None:
    async with visiting(database, *ASKED) as claire:
        refused = await claire.send("visit", await claire.look(), score=score)
        assert refused.status_code == 422
        assert "un nombre de 0 à 10" in words(refused)
        assert await given(claire) == []


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("ar", "كيف كانت زيارتكم؟"),
        ("de", "Wie war Ihr Besuch?"),
        ("en", "How was your visit?"),
        ("sv", "Hur var ditt besök?"),
    ],
)
async def test_the_question_is_in_the_language_that_was_chosen(
    database: str, language: str, question: str
) -> None:
    async with visiting(database, *ASKED) as claire:
        page = await claire.look(f"?lang={language}")
        assert question in words(page)
        assert f'<html lang="{language}"' in page.text


async def test_a_colleague_rates_nothing_for_the_customer(database: str) -> None:
    token = issue(KEY, "lea", GROUP, ("administrative_agent",))
    async with visiting(database, *ASKED) as lea:
        page = await lea.look()
        lea.beside = {"Cookie": f"__Host-relais-access={token}"}
        assert (await lea.send("visit", page, score="9")).status_code == 403
        assert await given(lea) == []


async def test_another_recipient_is_asked_nothing(database: str) -> None:
    lease = recipients.NameRecipient(
        organisation_id=GROUP,
        recipient_id="lease",
        kind=RecipientKind.LEASING_COMPANY,
        name="Lease",
        email="lease@example.org",
        phone=None,
        language="fr",
        scope=LinkScope.ANSWER,
        sees_prices=True,
        by="lea",
        at=NOON,
    )
    asked = (*PENDING, lease, send(), close(), FallDue(at=DUE), ask())
    async with visiting(database, *asked) as driver:
        page = await driver.look()
        await driver.holds("lease.1")
        assert (await driver.look()).status_code == 410
        assert (await driver.send("visit", page, score="9")).status_code == 410
        body = {"score": 9}
        refused = await driver.anybody("PUT", f"/page/{driver.token}/visit-rating", body)
        assert refused.json()["type"] == "urn:relais:problem:visit-not-asked"
        assert await given(driver) == []


async def test_in_another_browser_the_code_of_the_known_phone_comes_first(database: str) -> None:
    elsewhere = open_page(replace(HOLDER, browser="0" * 32))
    asked = (*SENT, elsewhere, close(), FallDue(at=DUE), ask())
    async with visiting(database, *asked) as claire:
        page = await claire.look()
        secret = page.headers["set-cookie"].partition(";")[0]
        claire.beside = {"Cookie": secret}
        assert QUESTION not in words(page)
        assert (await claire.send("visit", page, score="9")).status_code == 403
        told = await claire.send("visit-code", await claire.look())
        assert "Le code arrive sur votre téléphone" in words(told)
        [sent] = await claire.recorded(CodeAsked)
        other = f"{(int(sent.code) + 1) % 10**6:06}"
        wrong = await claire.send("visit-holder", await claire.look(), code=other)
        assert wrong.status_code == 422
        none = await claire.send("visit-holder", await claire.look(), code=" ")
        assert none.status_code == 422
        right = await claire.send("visit-holder", await claire.look(), code=sent.code)
        assert right.status_code == 303
        assert len(await claire.recorded(LinkTaken)) == 2
        assert (await claire.send("visit", await claire.look(), score="9")).status_code == 303
        assert await given(claire) == [(9, "customer.1")]


@pytest.mark.requirement("G-83")
async def test_the_adviser_sees_the_score_in_the_closed_case_and_calls_back(database: str) -> None:
    token = issue(KEY, "lea", GROUP, ("administrative_agent",), dealerships=AT_LILLE)
    signed_in, case_path = {"Authorization": f"Bearer {token}"}, f"/cases/{ID}"
    async with visiting(database, *ASKED) as lea:
        before = (await lea.anybody("GET", case_path, headers=signed_in)).json()
        await lea.send("visit", await lea.look(), score="3")
        found = (await lea.anybody("GET", case_path, headers=signed_in)).json()
        [rated] = await lea.recorded(VisitRated)
        called = await lea.anybody("DELETE", f"{case_path}/contact-request", headers=signed_in)
        after = (await lea.anybody("GET", case_path, headers=signed_in)).json()
        told = (await lea.anybody("GET", f"{case_path}/history", headers=signed_in)).json()
    asked = {"status": "asked", "at": written(DUE), "score": None, "reason": None}
    assert (before["visit"], before["contact"]) == (asked, "none")
    given_then = {"status": "rated", "at": written(rated.rated_at), "score": 3, "reason": None}
    assert (found["visit"], found["contact"], found["status"]) == (
        *(given_then, "requested"),
        "closed",
    )
    assert (called.status_code, after["contact"]) == (200, "handled")
    assert [one["what"] for one in told["items"]][-3]["score"] == 3


@pytest.mark.parametrize(
    ("commands", "shown"),
    [
        (SENT, None),
        ((*PENDING, close()), None),
        (CLOSED, {"status": "waiting", "at": DUE, "reason": None}),
        (QUESTION_DUE, {"status": "waiting", "at": DUE, "reason": None}),
        (
            (*QUESTION_DUE, ask(how(lawful_at=MORNING))),
            {"status": "waiting", "at": MORNING, "reason": None},
        ),
        (
            (*QUESTION_DUE, ask(how(at=house(allowed=False)))),
            {"status": "not_asked", "at": DUE, "reason": "switched_off"},
        ),
    ],
    ids=["sent", "never-sent", "closed", "due", "night", "switched-off"],
)
async def test_a_case_says_how_far_its_question_is(
    database: str, commands: tuple[case.Command, ...], shown: dict[str, Any] | None
) -> None:
    token = issue(KEY, "lea", GROUP, ("administrative_agent",), dealerships=AT_LILLE)
    signed_in = {"Authorization": f"Bearer {token}"}
    async with visiting(database, *commands) as lea:
        found = (await lea.anybody("GET", f"/cases/{ID}", headers=signed_in)).json()["visit"]
    expected = shown and {**shown, "at": written(shown["at"]), "score": None}
    assert found == expected


def written(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


async def test_a_deleted_case_asks_nobody(database: str) -> None:
    async with visiting(database, *ASKED, delete()) as claire:
        assert (await claire.look()).status_code == 404


@pytest.mark.parametrize(
    ("score", "status"), [(0, 200), (10, 200), (11, 422), (-1, 422), ("7", 422), (None, 422)]
)
async def test_a_program_gives_a_score_from_nought_to_ten(
    database: str, score: Any, status: int
) -> None:
    async with visiting(database, *ASKED) as claire:
        path, body = f"/page/{claire.token}/visit-rating", {"score": score}
        answer = await claire.anybody("PUT", path, body)
        assert answer.status_code == status, answer.text
        assert len(await given(claire)) == (status == 200)


async def test_a_program_that_gives_another_score_is_told_of_the_first(database: str) -> None:
    async with visiting(database, *ASKED) as claire:
        path = f"/page/{claire.token}/visit-rating"
        for _ in range(2):
            taken = await claire.anybody("PUT", path, {"score": 8})
            assert taken.is_success, taken.text
        refused = (await claire.anybody("PUT", path, {"score": 9})).json()
        assert refused["type"] == "urn:relais:problem:visit-is-rated"
        assert refused["facts"] == {"score": 8}
        assert await given(claire) == [(8, "customer.1")]

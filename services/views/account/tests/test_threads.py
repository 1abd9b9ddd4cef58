"""Everybody has a list of the threads that they may read."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest

from contracts.conversations import thread_v1 as thread
from contracts.conversations.thread_v1 import Matter, MatterKind, Member, ThreadKind
from infra.consumers.views import OutOfOrder
from infra.testing.serving import KEY
from infra.tokens import Role, issue
from services.views.account import threads
from services.views.account.tests.make import LATER, NOON
from services.views.account.tests.stage import Caller, Mine, served

AT: dict[str, Any] = {"thread_id": "W1", "organisation_id": "lumen"}
LEA = Member(user_id="lea", organisation_id="lumen")
CUSTOMER = thread.ThreadOpened(
    **AT,
    kind=ThreadKind.CUSTOMER,
    matter=Matter(kind=MatterKind.CASE, matter_id="J1"),
    dealership_id="GLILLE",
    sales=False,
    counterpart_id="customer",
    title=None,
    members=(LEA,),
    user_id="J1",
    opened_by="lea",
    opened_at=NOON,
)
COLLEAGUES = replace(
    CUSTOMER,
    thread_id="W2",
    kind=ThreadKind.COLLEAGUES,
    matter=None,
    counterpart_id=None,
    title="Spring tyres",
    user_id="lea",
)
MISSION = replace(
    CUSTOMER,
    thread_id="W3",
    organisation_id="hiflow",
    kind=ThreadKind.PARTNER,
    matter=Matter(kind=MatterKind.MISSION, matter_id="T1"),
    dealership_id=None,
    counterpart_id="ada",
    members=(Member(user_id="ada", organisation_id="hiflow"),),
    user_id="ada",
)
KNOWN = thread.CustomerKnown(
    **AT,
    case_id="J1",
    recipient_id="customer",
    recipient_name="Claire Moreau",
    email=None,
    phone=None,
    language="fr",
    link="https://pages.example.org/t",
    dealership_called="Lumen Lille",
    known_at=NOON,
)
CLOSED = thread.ThreadClosed(
    **AT, end=thread.ThreadEnd.MATTER_OVER, closed_by=None, closed_at=LATER
)
ERASED = thread.ThreadErased(**AT, file_ids=(), erased_at=LATER)
AGENT: tuple[Role, ...] = ("administrative_agent",)


def written(number: int, author_id: str | None = None, unread: int = 0) -> thread.MessageWritten:
    return thread.MessageWritten(
        **AT,
        message_id=f"M{number}",
        ordinal=number,
        side="organisation" if author_id else "other",
        author_id=author_id,
        user_id="J1",
        message="!",
        file_ids=(),
        read_messages=number,
        unread_messages=unread,
        caught_up=True,
        told_ids=(),
        watched=(),
        written_at=LATER,
    )


def read(reader_id: str | None, unread: int = 0) -> thread.MessagesRead:
    return thread.MessagesRead(
        **AT,
        side="organisation",
        reader_id=reader_id,
        read_messages=1,
        unread_messages=unread,
        caught_up=not unread,
        read_at=LATER,
    )


async def asked(
    api: Caller,
    path: str,
    who: str = "lea",
    roles: Sequence[Role] = AGENT,
    at: str = "GLILLE",
    org: str = "lumen",
) -> httpx.Response:
    held: dict[str, list[str]] = {
        role: [at] for role in roles if role in (*AGENT, "sales_representative")
    }
    token = issue(KEY, who, org, roles, dealerships=held)
    return await api.client.get(path, headers={"Authorization": f"Bearer {token}"})


async def ids(api: Caller, path: str = "/threads", **who: Any) -> list[str]:
    answer = await asked(api, path, **who)
    assert answer.status_code == 200, answer.text
    return [one["thread_id"] for one in answer.json()["items"]]


@pytest.mark.requirement("FLB-124", "G-51")
async def test_a_thread_is_listed_with_every_field(mine: Mine) -> None:
    await mine.saw(CUSTOMER, KNOWN, written(1), written(2), read("lea", unread=1))
    async with served(mine) as api:
        [shown] = (await asked(api, "/threads")).json()["items"]
        assert (await asked(api, "/threads/W1")).json() == shown
    assert shown == {
        "thread_id": "W1",
        "kind": "customer",
        "status": "open",
        "matter_kind": "case",
        "matter_id": "J1",
        "dealership_id": "GLILLE",
        "counterpart_id": "customer",
        "title": None,
        "customer_name": "Claire Moreau",
        "takes_part": True,
        "messages": 2,
        "unread": 1,
        "waits": True,
        "opened_at": "2030-05-01T12:00:00Z",
        "changed_at": LATER.isoformat().replace("+00:00", "Z"),
        "closed_at": None,
    }


@pytest.mark.requirement("FLB-019", "FLB-124")
async def test_a_thread_with_a_customer_is_for_who_works_on_the_case(mine: Mine) -> None:
    await mine.saw(CUSTOMER, COLLEAGUES, MISSION)
    async with served(mine) as api:
        assert await ids(api) == ["W2", "W1"]
        assert await ids(api, who="marc") == ["W1"]
        assert await ids(api, who="maya", roles=("group_manager",)) == ["W1"]
        for other in (
            {"at": "GMETZ", "who": "paul"},
            {"who": "sami", "roles": ("sales_representative",)},
            {"org": "other"},
            {"who": "lea", "at": "GMETZ", "org": "other"},
        ):
            assert await ids(api, **other) == [], other
        await mine.saw(replace(CUSTOMER, sales=True))
        assert await ids(api, who="sami", roles=("sales_representative",)) == ["W1"]


@pytest.mark.requirement("N-26")
async def test_the_thread_of_a_mission_is_for_its_driver_and_the_staff(mine: Mine) -> None:
    await mine.saw(MISSION)
    async with served(mine) as api:
        assert await ids(api, who="ada", roles=("driver",), org="hiflow") == ["W3"]
        assert await ids(api, who="rose", roles=("logistics",), org="hiflow") == ["W3"]
        assert await ids(api, who="ben", roles=("driver",), org="hiflow") == []
        assert await ids(api, who="ada", roles=("driver",), org="lumen") == []
        hidden = await asked(api, "/threads/W3", who="ben", roles=("driver",), org="hiflow")
        assert hidden.status_code == 404


@pytest.mark.requirement("OGU-28", "N-26", "G-69")
async def test_the_thread_of_a_request_is_for_the_marketplace_and_its_provider(mine: Mine) -> None:
    matter = Matter(kind=MatterKind.REQUEST, matter_id="Q1")
    both = (Member(user_id="sophie", organisation_id="agora"),)
    opened = replace(MISSION, organisation_id="agora", matter=matter, members=both)
    await mine.saw(replace(opened, counterpart_id="eclat"))
    operator, provider = ("marketplace_manager",), ("provider_manager",)
    async with served(mine) as api:
        path = "/threads?matter_kind=request&matter_id=Q1"
        assert await ids(api, path, who="olga", roles=operator, org="agora") == ["W3"]
        assert await ids(api, path, who="yann", roles=provider, org="eclat") == ["W3"]
        assert await ids(api, path, who="marion", roles=provider, org="vitrex") == []
        assert await ids(api, path, who="olga", roles=operator, org="eclair") == []
        assert await ids(api, f"{path}&mine=true", who="olga", roles=operator, org="agora") == []


@pytest.mark.requirement("OGU-28", "G-69")
async def test_the_thread_of_a_job_is_for_the_operator_and_its_provider_until_it_passes_on(
    mine: Mine,
) -> None:
    matter = Matter(kind=MatterKind.JOB, matter_id="B1")
    opened = replace(MISSION, **AT, kind=ThreadKind.END_CUSTOMER, matter=matter)
    known = thread.EndCustomerKnown(
        **AT,
        request_id="Q1",
        customer_name="Awa Diop",
        customer_email="awa@example.org",
        language="fr",
        link="https://pages.example.org/t",
        known_at=NOON,
    )
    await mine.saw(replace(opened, counterpart_id="eclat", user_id="Q1"), known, written(1))
    operates: Any = {"who": "olga", "roles": ("marketplace_manager",), "org": "lumen"}
    provides: Any = {"who": "yann", "roles": ("provider_manager",), "org": "eclat"}
    async with served(mine) as api:
        for who in (operates, provides):
            [shown] = (await asked(api, "/threads?kind=end_customer&q=diop", **who)).json()["items"]
            assert (shown["customer_name"], shown["waits"]) == ("Awa Diop", True)
        for other in (provides | {"org": "vitrex"}, provides | {"roles": ("driver",)}):
            assert await ids(api, **other) == []
        await mine.saw(replace(CLOSED, end=thread.ThreadEnd.PASSED_ON))
        assert [await ids(api, **one) for one in (operates, provides)] == [["W1"], []]


@pytest.mark.requirement("FLB-124")
async def test_threads_are_found_by_words_by_matter_and_by_what_is_unread(mine: Mine) -> None:
    await mine.saw(CUSTOMER, KNOWN, written(1), COLLEAGUES)
    async with served(mine) as api:
        for query, found in (
            ("q=morea", ["W1"]),
            ("q=tyres", ["W2"]),
            ("kind=colleagues", ["W2"]),
            ("matter_kind=case&matter_id=J1", ["W1"]),
            ("unread=true", ["W1"]),
            ("status=closed", []),
            ("mine=true", ["W1", "W2"]),
        ):
            assert await ids(api, f"/threads?{query}") == found, query
        assert await ids(api, "/threads?mine=true", who="marc") == []
        csv = await asked(api, "/threads?format=csv")
        assert csv.text.count("\n") == 3


async def test_unread_messages_are_those_of_others_and_come_once(mine: Mine) -> None:
    async with served(mine) as api:
        await mine.saw(CUSTOMER, written(1), written(1), written(2))
        assert (await asked(api, "/threads/unread")).json() == {"threads": 1, "messages": 2}
        await mine.saw(read("lea"), read(None), written(3), written(4, "lea", unread=1))
        assert (await asked(api, "/threads/unread")).json() == {"threads": 1, "messages": 1}
        await mine.saw(read("lea"), CLOSED)
        assert (await asked(api, "/threads/unread")).json() == {"threads": 0, "messages": 0}
        [shown] = (await asked(api, "/threads")).json()["items"]
        assert (shown["status"], shown["waits"], shown["unread"]) == ("closed", False, 0)


@pytest.mark.requirement("G-50")
async def test_members_come_and_go_and_an_erased_thread_is_gone(mine: Mine) -> None:
    marc = Member(user_id="marc", organisation_id="lumen")
    at = {"thread_id": "W2", "organisation_id": "lumen"}
    joined = thread.MemberAdded(**at, member=marc, added_by="lea", added_at=LATER)
    left = thread.MemberRemoved(**at, user_id="marc", removed_by="marc", removed_at=LATER)
    async with served(mine) as api:
        await mine.saw(COLLEAGUES, joined)
        assert await ids(api, who="marc") == ["W2"]
        await mine.saw(left)
        assert await ids(api, who="marc") == []
        await mine.saw(CUSTOMER, KNOWN, ERASED)
        assert await ids(api) == ["W2"]


def test_nothing_comes_before_its_thread() -> None:
    with pytest.raises(OutOfOrder):
        threads.project(None, written(1))

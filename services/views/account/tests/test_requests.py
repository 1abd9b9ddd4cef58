"""Everybody has a list of their own requests to support."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.support import request_v1 as request
from infra.consumers.views import OutOfOrder
from services.views.account import requests
from services.views.account.tests.make import LATER, NOON, forgotten, invited
from services.views.account.tests.stage import Mine, served

MADE: dict[str, Any] = {"request_id": "Q1", "organisation_id": "hiflow", "user_id": "ada"}
OPENED = request.RequestOpened(
    **MADE,
    type=request.RequestType.PROBLEM,
    channel=request.RequestChannel.FORM,
    subject="A trip",
    message="Where is it?",
    file_ids=(),
    about=request.AttachedObject(
        kind=request.ObjectKind.TRIP,
        object_id="T1",
        called="T-one",
        status=request.ObjectStatus.OPEN,
        version=3,
        carrier_id=None,
    ),
    claim_id=None,
    follows="Q0",
    escalated=False,
    language="fr",
    split_from=None,
    opened_at=NOON,
)
WRITTEN = request.MessageWritten(
    **MADE, message_id="M1", message="!", file_ids=(), assignee_id=None, written_at=LATER
)
ANSWERED = request.RequestAnswered(
    **MADE, message_id="M2", message="!", file_ids=(), answered_by="lea", answered_at=LATER
)
CLOSED = request.RequestClosed(**MADE, side=request.Side.SUPPORT, closed_by="lea", closed_at=LATER)
MERGED = request.RequestMerged(**MADE, into="Q2", merged_by="lea", merged_at=LATER)
UNMERGED = request.RequestUnmerged(**MADE, was_in="Q2", unmerged_by="lea", unmerged_at=LATER)
RATED = request.RequestRated(**MADE, mark=4, reason=None, rated_at=LATER)


@pytest.mark.requirement("EXX-28", "EXX-29")
async def test_a_request_is_listed_with_every_field(mine: Mine) -> None:
    await mine.saw(OPENED, ANSWERED, CLOSED, RATED)
    later = LATER.isoformat().replace("+00:00", "Z")
    async with served(mine) as api:
        [shown] = (await api.shown("/requests"))["items"]
    assert shown == {
        "request_id": "Q1",
        "status": "closed",
        "type": "problem",
        "channel": "form",
        "subject": "A trip",
        "about": {"kind": "trip", "object_id": "T1", "called": "T-one"},
        "follows": "Q0",
        "opened_at": "2030-05-01T12:00:00Z",
        "changed_at": later,
        "answered_at": later,
        "closed_at": later,
        "closed_by": "support",
        "mark": 4,
        "split_from": None,
        "merged_into": None,
        "unread": 1,
    }


@pytest.mark.requirement("G-28")
@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([], "new"),
        ([ANSWERED], "answered"),
        ([ANSWERED, WRITTEN], "new"),
        ([ANSWERED, CLOSED], "closed"),
        ([ANSWERED, MERGED], "merged"),
        ([ANSWERED, MERGED, UNMERGED], "answered"),
        ([WRITTEN, MERGED, UNMERGED], "new"),
    ],
)
async def test_a_request_is_in_the_list_of_its_status(
    mine: Mine, events: list[Any], status: str
) -> None:
    await mine.saw(replace(OPENED, about=None), *events)
    async with served(mine) as api:
        for one in requests.RequestStatus:
            items = (await api.shown(f"/requests?status={one}"))["items"]
            assert [item["request_id"] for item in items] == (["Q1"] if one == status else [])


@pytest.mark.requirement("N-09")
async def test_answers_are_unread_until_their_requester_read_them(mine: Mine) -> None:
    read = request.AnswersRead(**MADE, messages=2, read_at=LATER)
    other = replace(OPENED, request_id="Q2"), replace(ANSWERED, request_id="Q2")
    again = replace(ANSWERED, message_id="M3")
    await mine.saw(OPENED, WRITTEN, ANSWERED, again, *other)
    async with served(mine) as api:
        assert await api.shown("/requests/unread") == {"requests": 2, "answers": 3}
        await mine.saw(read)
        assert await api.shown("/requests/unread") == {"requests": 2, "answers": 2}
        found = {one["request_id"]: one for one in (await api.shown("/requests"))["items"]}
        assert {id: one["unread"] for id, one in found.items()} == {"Q1": 1, "Q2": 1}
        await mine.saw(replace(read, messages=3), MERGED)
        assert await api.shown("/requests/unread") == {"requests": 1, "answers": 1}
        found = {one["request_id"]: one for one in (await api.shown("/requests"))["items"]}
        assert found["Q1"]["merged_into"] == "Q2"


@pytest.mark.requirement("G-01")
async def test_nobody_sees_the_requests_of_others(mine: Mine) -> None:
    others = replace(OPENED, user_id="bob"), replace(OPENED, organisation_id="elsewhere")
    await mine.saw(others[0], replace(others[1], request_id="Q2"))
    async with served(mine) as api:
        assert (await api.shown("/requests"))["items"] == []
        await mine.saw(replace(ANSWERED, user_id="bob"))
        assert await api.shown("/requests/unread") == {"requests": 0, "answers": 0}


async def test_what_was_asked_is_gone_with_who_asked(mine: Mine) -> None:
    await mine.saw(invited(), OPENED, forgotten())
    async with served(mine) as api:
        [shown] = (await api.shown("/requests"))["items"]
    assert "trip" not in shown["subject"]


def test_a_request_begins_by_being_made() -> None:
    with pytest.raises(OutOfOrder):
        requests.project(None, CLOSED)

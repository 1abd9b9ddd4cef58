"""Support sees the requests of all organisations, and its canned replies."""

from dataclasses import asdict, replace
from functools import reduce
from typing import Any

import pytest

from contracts.support import reply_v1 as reply
from contracts.support import request_v1 as request
from infra.consumers.views import OutOfOrder
from services.views.backoffice import canned_replies, requests
from services.views.backoffice.tests.make import (
    KEPT,
    LATER,
    NOON,
    OF_REQUEST,
    OPENED,
    OPERATOR,
    founded,
    invited,
)
from services.views.backoffice.tests.stage import Office, served

WRITTEN = request.MessageWritten(
    **OF_REQUEST, message_id="M1", message="!", file_ids=(), assignee_id=None, written_at=LATER
)
ASSIGNED = request.RequestAssigned(
    **OF_REQUEST,
    assignee_id="lea",
    former_assignee_id=None,
    file_ids=(),
    assigned_by="lea",
    assigned_at=LATER,
)
ANSWERED = request.RequestAnswered(
    **OF_REQUEST, message_id="M2", message="!", file_ids=(), answered_by="lea", answered_at=LATER
)
CLOSED = request.RequestClosed(
    **OF_REQUEST, side=request.Side.SUPPORT, closed_by="lea", closed_at=LATER
)
RATED = request.RequestRated(**OF_REQUEST, mark=4, reason=None, rated_at=LATER)
DROPPED = reply.ReplyDropped(
    reply_id="A1", organisation_id="hiflow", dropped_by="lea", dropped_at=LATER
)


OVER = {"status": "closed", "closed_at": LATER, "waits_since": LATER}


@pytest.mark.parametrize(
    ("events", "changed"),
    [
        ([WRITTEN], {}),
        ([ASSIGNED], {"assignee_id": "lea"}),
        ([ANSWERED], {"status": "answered", "waits_since": LATER}),
        ([ANSWERED, WRITTEN], {"status": "new", "waits_since": LATER}),
        ([CLOSED], {"status": "closed", "closed_at": LATER, "waits_since": LATER}),
        (
            [CLOSED, RATED],
            {"status": "closed", "closed_at": LATER, "waits_since": LATER, "mark": 4},
        ),
    ],
)
def test_a_request_waits_since_what_is_not_answered(
    events: list[Any], changed: dict[str, Any]
) -> None:
    first = requests.project(None, OPENED)
    assert (first.status, first.waits_since) == ("new", NOON)
    assert asdict(reduce(requests.project, events, first)) == asdict(first) | changed
    with pytest.raises(OutOfOrder):
        requests.project(None, events[0])


LISTED = {
    "request_id": "Q1",
    "status": "closed",
    "type": "problem",
    "channel": "form",
    "organisation_id": "anfa",
    "organisation_name": "anfa",
    "user_id": "omar",
    "subject": "A tour",
    "language": "fr",
    "about": {"kind": "tour", "object_id": "R1", "called": "R-one"},
    "claim_id": "c-1",
    "follows": "Q0",
    "escalated": True,
    "assignee_id": "lea",
    "opened_at": "2030-05-01T12:00:00Z",
    "mark": 4,
}


@pytest.mark.requirement("EXX-28", "EXX-29")
async def test_a_request_is_listed_with_every_field(office: Office) -> None:
    people = invited("omar", "anfa"), invited("lea")
    await office.saw(OPERATOR, founded("anfa"), *people, OPENED, ASSIGNED, CLOSED, RATED)
    async with served(office) as api:
        [shown] = await api.items("/requests", role="logistics")
    later = LATER.isoformat().replace("+00:00", "Z")
    assert shown == LISTED | {
        "user_name": people[0].name,
        "assignee_name": people[1].name,
        "waits_since": later,
        "closed_at": later,
    }


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ("", ["Q1", "Q2"]),
        ("status=new", ["Q2"]),
        ("status=answered", ["Q1"]),
        ("type=question", ["Q2"]),
        ("organisation_id=anfa", ["Q1"]),
        ("assignee_id=lea", ["Q1"]),
        ("assigned=false", ["Q2"]),
        ("escalated=false", ["Q2"]),
    ],
)
async def test_the_inbox_is_narrowed(office: Office, asked: str, ids: list[str]) -> None:
    other = replace(
        OPENED,
        request_id="Q2",
        organisation_id="ain",
        type=request.RequestType.QUESTION,
        about=None,
        escalated=False,
        opened_at=LATER,
    )
    await office.saw(OPERATOR, OPENED, ASSIGNED, ANSWERED, other)
    async with served(office) as api:
        items = await api.items(f"/requests?{asked}", role="administration")
    assert [one["request_id"] for one in items] == ids


@pytest.mark.requirement("G-01")
async def test_nobody_but_the_operator_sees_requests(office: Office) -> None:
    await office.saw(OPERATOR, founded("anfa"), OPENED)
    async with served(office) as api:
        for org in ("anfa", "nowhere"):
            assert await api.items("/requests", role="administration", org=org) == []


async def test_canned_replies_are_listed_until_they_are_dropped(office: Office) -> None:
    await office.saw(KEPT)
    async with served(office) as api:
        [shown] = await api.items("/canned-replies", role="logistics")
        assert shown == {
            "reply_id": "A1",
            "title": "Refresh",
            "texts": [{"language": "fr", "text": "Rafraîchissez."}],
            "kept_by": "lea",
            "kept_at": "2030-05-01T12:00:00Z",
        }
        assert await api.items("/canned-replies", role="logistics", org="anfa") == []
        await office.saw(DROPPED)
        assert await api.items("/canned-replies", role="logistics") == []
    assert canned_replies.key(DROPPED) == ("A1",)

"""Support sees the requests of all organisations, and its canned replies."""

from dataclasses import asdict, replace
from datetime import timedelta
from functools import reduce
from typing import Any

import pytest

from contracts.common_v1 import Rule
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
MERGED = request.RequestMerged(**OF_REQUEST, into="Q2", merged_by="lea", merged_at=LATER)
UNMERGED = request.RequestUnmerged(**OF_REQUEST, was_in="Q2", unmerged_by="lea", unmerged_at=LATER)
HIGH = request.PriorityChanged(
    **OF_REQUEST, priority=request.Priority.HIGH, changed_by="lea", changed_at=LATER
)
FIRST, LAST = request.Target.FIRST_RESPONSE, request.Target.RESOLUTION
NEAR = request.TargetNear(**OF_REQUEST, target=FIRST, due_at=LATER, warned_id="lea", warned_at=NOON)
MISSED = request.TargetMissed(**OF_REQUEST, target=FIRST, supervisor_id="sara", missed_at=LATER)
DAY = timedelta(days=1)


def clocks(**dues: timedelta) -> request.ClocksSet:
    """Clocks of these targets, until so long after noon."""
    return request.ClocksSet(
        **OF_REQUEST,
        dues=tuple(
            request.Due(
                target=request.Target[name], warned_at=NOON, due_at=NOON + after, minutes=60
            )
            for name, after in dues.items()
        ),
        supervisor_id="sara",
        rule=Rule(id="support-targets", version=1, inputs=()),
        set_at=NOON,
    )


BOTH = clocks(FIRST_RESPONSE=DAY, RESOLUTION=3 * DAY)
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
        ([MERGED], {"status": "merged", "merged_into": "Q2"}),
        ([MERGED, UNMERGED], {}),
        ([HIGH], {"priority": "high"}),
        (
            [BOTH, NEAR],
            {
                "first_response_due": NOON + DAY,
                "resolution_due": NOON + 3 * DAY,
                "near": ("first_response",),
                "breaches_at": NOON + DAY,
            },
        ),
        (
            [BOTH, MISSED, clocks(RESOLUTION=2 * DAY)],
            {
                "first_response_due": NOON + DAY,
                "resolution_due": NOON + 2 * DAY,
                "missed": ("first_response",),
                "breaches_at": NOON + DAY,
            },
        ),
        ([BOTH, clocks()], {}),
        ([BOTH, ANSWERED], {"status": "answered", "waits_since": LATER}),
        (
            [BOTH, replace(MISSED, target=LAST), ANSWERED, WRITTEN],
            {"waits_since": LATER, "missed": ("resolution",), "breaches_at": LATER},
        ),
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
        "split_from": None,
        "merged_into": None,
        "priority": "normal",
        "first_response_due": None,
        "resolution_due": None,
        "near": [],
        "missed": [],
    }


@pytest.mark.requirement("G-28")
async def test_what_breaches_first_comes_first(office: Office) -> None:
    """Before what waits longest, and what has no target."""
    second, third = (replace(OPENED, request_id=id, opened_at=LATER) for id in ("Q2", "Q3"))
    late = replace(clocks(FIRST_RESPONSE=DAY), request_id="Q2")
    soon = replace(clocks(RESOLUTION=2 * DAY), request_id="Q3")
    await office.saw(OPERATOR, OPENED, second, third, late, soon)
    await office.saw(replace(MISSED, request_id="Q2"), replace(NEAR, request_id="Q3", target=LAST))
    async with served(office) as api:
        items = await api.items("/requests", role="logistics")
        [missed] = await api.items("/requests?missed=true", role="logistics")
    assert [one["request_id"] for one in items] == ["Q2", "Q3", "Q1"]
    assert (items[1]["resolution_due"], items[1]["near"]) == (
        "2030-05-03T12:00:00Z",
        ["resolution"],
    )
    assert (missed["first_response_due"], missed["missed"]) == (
        "2030-05-02T12:00:00Z",
        ["first_response"],
    )


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
        ("priority=high", ["Q1"]),
        ("status=merged", []),
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
    await office.saw(OPERATOR, OPENED, ASSIGNED, ANSWERED, HIGH, other)
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

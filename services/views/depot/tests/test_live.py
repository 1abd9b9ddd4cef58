"""Screens of a depot follow its lists, over a real connection."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from infra.testing.screens import process
from services.views.depot.service import service
from services.views.depot.tests.make import (
    asked,
    came_back,
    composed,
    invited,
    on_tour,
    planned,
    registered,
)

SCORED = "courier_id=karim&week=2030-04-29&figure="
RETURNED = f"/scorecard/returns?{SCORED}returned"
LISTS = (
    "/work?limit=50",
    "/work/waiting",
    "/incoming",
    "/outgoing",
    "/returns",
    "/returns/held",
    # The scorecard itself has an average that moves with the hours.
    f"/scorecard/deliveries?{SCORED}ended",
    RETURNED,
)


@pytest.mark.requirement("EXX-06")
@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([registered(), asked()], {"/work?limit=50", "/work/waiting"}),
        ([registered(), planned()], {"/incoming", "/work/waiting"}),
        ([registered(), composed(on_tour())], {"/outgoing", "/work/waiting"}),
        ([registered(), came_back()], {"/returns", "/returns/held", "/work/waiting", RETURNED}),
    ],
)
async def test_a_depot_is_told_which_of_its_lists_have_changed(
    database: str, tmp_path: Path, events: list[Any], told: set[str]
) -> None:
    async with AsyncExitStack() as stack:
        async with process(service, database, tmp_path) as api:
            await api.shows(invited("karim", "Karim Alaoui"))
            ours, theirs = [
                await stack.enter_async_context(api.screen(LISTS, "nadia", depot, "administration"))
                for depot in ("maarif", "another")
            ]
            for one in (ours, theirs):
                assert tuple([await one.told() for _ in LISTS]) == LISTS
            await api.shows(*events)
            api.nudge()
            assert {await ours.told() for _ in told} == told
        # The process has ended, and neither was told of anything else.
        assert [await ours.told(), await theirs.told()] == [None, None]

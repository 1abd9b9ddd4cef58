"""A caller who recorded something can wait until it shows."""

import asyncio
from collections.abc import Mapping, Sequence

import httpx
import pytest

from infra.batching import Full
from infra.http.positions import MOST_TOKENS, Positions, read_tokens
from infra.http.problems import Problem
from infra.http.tests.stage import Unlucky, api, client
from infra.http.versions import OpaqueVersions
from infra.signals import Signal

FOLLOWS = ("missions.trip", "missions.driver")


class Table:
    """The versions that a view shows, and how often somebody looked."""

    def __init__(self, **versions: int) -> None:
        self.versions = {f"missions.trip/{id}": version for id, version in versions.items()}
        self.looks: list[Sequence[str]] = []
        self.looked = asyncio.Event()

    async def seen(self, streams: Sequence[str]) -> Mapping[str, int]:
        self.looks.append(streams)
        self.looked.set()
        return {stream: self.versions.get(stream, 0) for stream in streams}


async def ask(table: Table, tokens: str, within: float = 0.0) -> httpx.Response:
    positions = Positions(table.seen, Signal("seen"), FOLLOWS, within)
    async with client(api(positions=positions)) as caller:
        return await caller.get("/today", headers={"Relais-Min-Position": tokens})


@pytest.mark.parametrize("version", [5, 6])
async def test_what_is_seen_is_answered_at_once(version: int) -> None:
    answer = await ask(Table(T1=version), "missions.trip/T1@5", within=60)
    assert answer.status_code == 200


async def test_what_is_not_seen_in_time_says_when_to_try_again() -> None:
    answer = await ask(Table(T1=4, T2=1), "missions.trip/T1@5,missions.trip/T2@1", within=0.5)
    assert (answer.status_code, answer.headers["Retry-After"]) == (425, "1")
    assert answer.json()["detail"] == "Not shown here yet: missions.trip/T1."


async def test_a_waiting_reader_is_woken_by_the_consumer() -> None:
    table, signal = Table(T1=4), Signal("seen")
    positions = Positions(table.seen, signal, FOLLOWS, within=60)
    waiting = asyncio.create_task(positions.wait({"missions.trip/T1": 5}))
    await table.looked.wait()
    table.versions["missions.trip/T1"] = 5
    signal.notify()
    await waiting
    assert len(table.looks) == 2


async def test_a_consumer_of_another_process_is_noticed_too() -> None:
    table = Table(T1=4)
    positions = Positions(table.seen, Signal("seen"), FOLLOWS, within=60)
    waiting = asyncio.create_task(positions.wait({"missions.trip/T1": 5}))
    await table.looked.wait()
    table.versions["missions.trip/T1"] = 5
    await waiting
    assert len(table.looks) > 1


async def test_many_readers_look_together() -> None:
    table = Table(T1=5, T2=3)
    positions = Positions(table.seen, Signal("seen"), FOLLOWS)
    wanted = [{"missions.trip/T1": 5}, {"missions.trip/T2": 3}] * 50
    await asyncio.gather(*map(positions.wait, wanted))
    assert table.looks == [["missions.trip/T1", "missions.trip/T2"]]


async def test_what_the_view_does_not_read_cannot_be_waited_for() -> None:
    table = Table()
    assert (await ask(table, "payments.invoice/I1@1")).status_code == 200
    assert table.looks == []


async def test_the_highest_version_of_a_stream_counts() -> None:
    tokens = "missions.trip/T1@2, missions.trip/T1@5 ,missions.trip/T1@3"
    assert read_tokens(tokens) == {"missions.trip/T1": 5}


GOOD = [
    "missions.trip/T123@5",
    "missions.trip/T123@0",
    "depot_tours.tour/A1._~:-z@9999999999",
    ",".join(["missions.trip/T1@1"] * MOST_TOKENS),
]
BAD = [
    "",
    ",",
    "missions.trip/T1",
    "missions.trip/T1@",
    "missions.trip/T1@-1",
    "missions.trip/T1@01",
    "missions.trip/T1@99999999999",
    "missions.trip/@1",
    "missions.trip/T 1@1",
    f"missions.trip/{'x' * 65}@1",
    "trip/T1@1",
    "Missions.trip/T1@1",
    "missions.trip/T1@1,",
    "missions.trip/T1@1;missions.trip/T2@1",
    ",".join(["missions.trip/T1@1"] * (MOST_TOKENS + 1)),
]


@pytest.mark.parametrize("tokens", GOOD)
def test_a_position_that_was_given_out_is_read(tokens: str) -> None:
    assert len(read_tokens(tokens)) == 1


@pytest.mark.parametrize("tokens", BAD)
def test_a_position_that_was_not_is_refused(tokens: str) -> None:
    with pytest.raises(Problem) as refused:
        read_tokens(tokens)
    assert refused.value.status_code == 400


def test_the_position_of_somebody_else_is_refused_with_the_reason() -> None:
    opaque = OpaqueVersions(bytes(32))
    drivers = f"missions.trip/T1@{opaque.of('missions.trip/T1', 5)}"
    assert read_tokens(drivers, opaque) == {"missions.trip/T1": 5}
    for token, of in ((drivers, None), ("missions.trip/T1@5", opaque)):
        with pytest.raises(Problem, match="Drivers and staff are told of the same fact in"):
            read_tokens(token, of)


@pytest.mark.parametrize("tokens", ["", "nonsense"])
async def test_it_is_refused_in_a_request_too(tokens: str) -> None:
    answer = await ask(Table(), tokens)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "header:Relais-Min-Position"


@pytest.mark.parametrize(("version", "status"), [(4, 425), (5, 503)])
async def test_a_command_waits_for_what_it_relies_on(version: int, status: int) -> None:
    positions = Positions(Table(T1=version).seen, Signal("seen"), FOLLOWS, within=0.01)
    headers = {"Relais-Min-Position": "missions.trip/T1@5"}
    async with client(api(positions=positions, commands=Unlucky(Full()))) as caller:
        answer = await caller.post("/bells/b1/rings", json={}, headers=headers)
    assert answer.status_code == status

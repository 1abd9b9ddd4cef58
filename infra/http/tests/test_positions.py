"""A caller who recorded something can wait until it shows."""

import asyncio
from collections.abc import Mapping, Sequence

import httpx
import pytest

from infra.batching import Full
from infra.http.positions import MOST_TOKENS, Positions, Tokens
from infra.http.problems import Problem
from infra.http.tests.stage import TOKENS, Unlucky, api, client, token
from infra.http.versions import OpaqueVersions
from infra.signals import Signal
from infra.wording import ALL

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


def told(*positions: str, org: str = "o1") -> str:
    """These positions (`missions.trip/T1@5`) as somebody of an organisation is told of them."""
    found = []
    for position in positions:
        stream, _, version = position.partition("@")
        found.append(TOKENS.tell(org, stream, int(version)))
    return ",".join(found)


async def ask(
    table: Table, tokens: str, within: float = 0.0, path: str = "/me", org: str = "o1"
) -> httpx.Response:
    positions = Positions(table.seen, Signal("seen"), FOLLOWS, within)
    headers = {
        "Authorization": f"Bearer {token(org=org)}",
        "Relais-Correlation-Id": "j",
        "Relais-Min-Position": tokens,
    }
    async with client(api(positions=positions)) as caller:
        return await caller.get(path, headers=headers)


@pytest.mark.parametrize("version", [5, 6])
async def test_what_is_seen_is_answered_at_once(version: int) -> None:
    answer = await ask(Table(T1=version), told("missions.trip/T1@5"), within=60)
    assert answer.status_code == 200


async def test_what_is_not_seen_in_time_says_when_to_try_again() -> None:
    wanted = told("missions.trip/T1@5", "missions.trip/T2@1")
    answer = await ask(Table(T1=4, T2=1), wanted, within=0.5)
    assert (answer.status_code, answer.headers["Retry-After"]) == (425, "1")
    assert answer.json()["detail"] == "Not known here yet: missions.trip/T1."


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
    assert (await ask(table, told("payments.invoice/I1@1"))).status_code == 200
    assert table.looks == []


def test_the_highest_version_of_a_stream_counts() -> None:
    one, five, three = (told(f"missions.trip/T1@{version}") for version in (2, 5, 3))
    assert TOKENS.read("o1", f"{one}, {five} ,{three}") == {"missions.trip/T1": 5}


@pytest.mark.parametrize(
    "position",
    ["missions.trip/T123@5", "missions.trip/T123@0", "depot_tours.tour/A1._~:-z@4294967295"],
)
def test_a_position_that_was_told_is_read(position: str) -> None:
    stream, _, version = position.partition("@")
    assert TOKENS.read("o1", told(position)) == {stream: int(version)}
    assert Tokens(bytes(32)).read("o1", told(position)) == {stream: int(version)}


def test_so_many_positions_are_read_and_no_more() -> None:
    one = told("missions.trip/T1@1")
    assert TOKENS.read("o1", ",".join([one] * MOST_TOKENS)) == {"missions.trip/T1": 1}
    with pytest.raises(Problem) as refused:
        TOKENS.read("o1", ",".join([one] * (MOST_TOKENS + 1)))
    assert f"at most {MOST_TOKENS} positions" in refused.value.sentence(ALL, "en")


SEAL = "A" * 27
MALFORMED = [
    "",
    ",",
    "nonsense",
    "missions.trip/T1",
    "missions.trip/T1@",
    f"missions.trip/@{SEAL}",
    f"missions.trip/T 1@{SEAL}",
    f"missions.trip/{'x' * 65}@{SEAL}",
    f"trip/T1@{SEAL}",
    f"Missions.trip/T1@{SEAL}",
    told("missions.trip/T1@1") + ",",
    told("missions.trip/T1@1") + ";" + told("missions.trip/T2@1"),
]
REFUSED = {
    "another organisation's": told("missions.trip/T1@5", org="o2"),
    "another organisation's beside one's own": ",".join(
        [told("missions.trip/T2@1"), told("missions.trip/T1@5", org="o2")]
    ),
    "of another stream": told("missions.trip/T2@5").replace("T2", "T1"),
    "made up": f"missions.trip/T1@{SEAL}",
    "of another key": Tokens(bytes(range(32))).tell("o1", "missions.trip/T1", 5),
    "an ETag": f"missions.trip/T1@{OpaqueVersions(bytes(32)).of('missions.trip/T1', 5)}",
    "of an older release": "missions.trip/T1@5",
    **{f"malformed: {token}": token for token in MALFORMED},
}


@pytest.mark.requirement("G-01")
@pytest.mark.parametrize("case", REFUSED)
async def test_a_position_that_one_was_not_told_tells_nothing(case: str) -> None:
    # Whether there is such a trip, how far it is, and what the caller may wait for otherwise.
    worlds = [Table(), Table(T1=4), Table(T1=5, T2=1)]
    answers = [await ask(table, REFUSED[case], within=60) for table in worlds]
    answers.append(await ask(Table(), f"missions.trip/none@{SEAL}", within=60))
    assert {(one.status_code, one.text, str(one.headers)) for one in answers} == {
        (400, answers[0].text, str(answers[0].headers))
    }
    assert answers[0].json()["errors"] == [
        {
            "field": "header:Relais-Min-Position",
            "rule": "position",
            "detail": "Relais-Min-Position is not what a Relais-Position said to you.",
        }
    ]
    assert [table.looks for table in worlds] == [[], [], []]


@pytest.mark.requirement("G-01")
async def test_what_is_answered_to_an_organisation_is_read_for_it_alone() -> None:
    mine, theirs = (told("missions.trip/T1@5", org=org) for org in ("o1", "o2"))
    assert mine != theirs
    statuses = {
        (position == mine, org): (await ask(Table(T1=5), position, within=60, org=org)).status_code
        for position in (mine, theirs)
        for org in ("o1", "o2")
    }
    assert statuses == {
        (True, "o1"): 200,
        (True, "o2"): 400,
        (False, "o1"): 400,
        (False, "o2"): 200,
    }


@pytest.mark.parametrize("tokens", [told("missions.trip/T1@5"), "nonsense"])
async def test_what_anybody_may_ask_waits_for_nothing(tokens: str) -> None:
    table = Table()
    assert (await ask(table, tokens, within=60, path="/today")).status_code == 200
    assert table.looks == []


@pytest.mark.parametrize(("version", "status"), [(4, 425), (5, 503)])
async def test_a_command_waits_for_what_it_relies_on(version: int, status: int) -> None:
    positions = Positions(Table(T1=version).seen, Signal("seen"), FOLLOWS, within=0.01)
    headers = {"Relais-Min-Position": told("missions.trip/T1@5")}
    async with client(api(positions=positions, commands=Unlucky(Full()))) as caller:
        answer = await caller.post("/bells/b1/rings", json={}, headers=headers)
    assert answer.status_code == status

"""The virus scanner decides whether a file is kept, and its silence keeps nothing (G-08)."""

from pathlib import Path

import pytest

from infra.stack.ports import free_port
from services.media.adapters.scanner import BLOCK, Clamd, NoScanner, ScannerFailed, scanner_of
from services.media.tests.caller import served
from services.media.tests.clamd import EICAR, clamd
from services.media.tests.make import PDF

pytestmark = pytest.mark.requirement("G-08")


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A file of a little more than two blocks."""
    path = tmp_path / "content"
    path.write_bytes(bytes(2 * BLOCK + 1))
    return path


async def test_the_scanner_is_sent_every_byte(content: Path) -> None:
    async with clamd() as server:
        assert not await scanner_of(server.address).infected(content)
        assert server.scanned == [content.read_bytes()]


async def test_what_it_finds_is_a_virus(content: Path) -> None:
    content.write_bytes(PDF + EICAR)
    async with clamd() as server:
        assert await scanner_of(server.address).infected(content)


@pytest.mark.parametrize(
    ("parts", "infected"),
    [
        ([b"stream: Eicar", b"-Signature FO", b"UND\0"], True),
        ([b"stream: ", b"OK", b"\0"], False),
    ],
)
async def test_an_answer_may_come_in_parts(
    content: Path, parts: list[bytes], infected: bool
) -> None:
    async with clamd() as server:
        server.says = parts
        assert await scanner_of(server.address).infected(content) is infected


@pytest.mark.parametrize(
    "says",
    [b"INSTREAM size limit exceeded. ERROR\0", b"stream: OK", b"", b"\0", b"OK\0", b"x" * 99_999],
)
async def test_any_other_answer_is_no_verdict(content: Path, says: bytes) -> None:
    async with clamd() as server:
        server.says = [says]
        with pytest.raises(ScannerFailed):
            await scanner_of(server.address).infected(content)


async def test_a_scanner_that_says_nothing_is_not_waited_for(content: Path) -> None:
    async with clamd() as server:
        server.says = []
        with pytest.raises(ScannerFailed, match="TimeoutError"):
            await Clamd("127.0.0.1", server.port, seconds=0.05).infected(content)


async def test_without_an_address_nothing_is_scanned(content: Path) -> None:
    content.write_bytes(EICAR)
    scanner = scanner_of("")
    assert isinstance(scanner, NoScanner)
    assert not await scanner.infected(content)


async def test_a_clean_file_is_kept_and_an_infected_one_is_not(
    database: str, tmp_path: Path
) -> None:
    async with clamd() as server, served(database, tmp_path, clamd=server.address) as api:
        clean, infected = await api.sent(), await api.refused("virus", PDF + EICAR)
        assert await api.status(clean) == ("stored", None)
        assert (await api.ask("GET", f"/files/{infected}/content")).status_code == 404
        assert "original" not in api.kept(infected)
        assert server.scanned == [PDF, PDF + EICAR]


async def test_while_no_scanner_answers_a_file_is_not_given_out(
    database: str, tmp_path: Path
) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    async with served(database, tmp_path, clamd=nobody) as api:
        file = await api.start(PDF, "application/pdf")
        await api.piece(file, 0, PDF)
        answer = await api.complete(file)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert answer.json()["type"] == "urn:relais:problem:not-checked"
        assert await api.status(file) == ("uploading", None)
        assert (await api.ask("GET", f"/files/{file}/content")).status_code == 404
        assert "original" not in api.kept(file)
    async with clamd() as server, served(database, tmp_path, clamd=server.address) as api:
        assert (await api.complete(file)).json()["status"] == "stored"

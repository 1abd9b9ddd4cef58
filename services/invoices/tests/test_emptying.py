"""Proofs and documents are kept as they were for ten years, and then they are gone."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from infra.lookups.files import original
from infra.objects import ObjectsAway
from services.invoices.adapters.archive import FOLDER, Archive
from services.invoices.invoice.archive import over
from services.invoices.tests.archiving import (
    DiesBeforeRemoving,
    DiesOnceKept,
    Killed,
    all_due,
    archive,
    archived,
    archivist,
    emptier,
    last_fact,
    noted,
    objects,
)
from services.invoices.tests.stage import Caller, served
from services.invoices.tests.test_own_invoice_api import AMOUNTS, BODY, OWN, of_size, text, upload

DOCUMENT = "/invoices/inv-t-1/document"
SENT = text(*AMOUNTS)


async def accepted(api: Caller, pdf: bytes = SENT) -> None:
    """The driver's own invoice, which agrees."""
    await api.approved(mandate=False)
    await upload(api, pdf)
    assert (await api.driver("POST", OWN, BODY)).is_success


def kept_files(api: Caller) -> list[Path]:
    folder = api.running.settings.home.absolute() / "objects" / FOLDER
    return [path for path in folder.rglob("*") if path.is_file()]


async def kinds(api: Caller) -> list[str]:
    facts = (await api.ask("GET", "/invoices/inv-t-1/history")).json()["items"]
    return [one["type"].rpartition(".")[2] for one in facts]


async def test_a_proof_is_kept_as_it_was_sent_also_when_its_driver_is_gone(database: str) -> None:
    async with served(database) as api:
        large = of_size(3_000_000)
        await accepted(api, large)
        await archived(api)
        assert len(kept_files(api)) == 3
        fact = (await last_fact(api))["what"]
        assert (fact["file_id"], fact["number"], fact["size_bytes"]) == (
            "f-9",
            "2030-14",
            3_000_000,
        )
        await objects(api).clear("files/f-9")
        await api.running.keyring.forget("ada", "ada herself")
        answer = await api.ask("GET", DOCUMENT)
        assert (answer.status_code, answer.content) == (200, large)
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert (await api.driver("GET", DOCUMENT, who="bob")).status_code == 404


async def test_killed_before_it_is_recorded_a_proof_is_archived_again_as_the_same(
    database: str,
) -> None:
    async with served(database) as api:
        await accepted(api)
        await noted(api)
        with pytest.raises(Killed):
            await archivist(api, archive(api, DiesOnceKept)).turn()
        before = kept_files(api)
        assert (await kinds(api))[-1] == "own_invoice_accepted"
        await all_due(api)
        await archived(api)
        await noted(api)
        await archived(api)
        assert kept_files(api) == before
        assert (await kinds(api)).count("proof_archived") == 1


async def test_a_file_that_is_out_of_reach_is_archived_later(database: str) -> None:
    async with served(database) as api:
        await accepted(api)
        await objects(api).remove(original("f-9"))
        await archived(api)
        assert (await kinds(api))[-1] == "own_invoice_accepted"
        await objects(api).put(original("f-9"), SENT)
        await all_due(api)
        await archived(api)
        assert (await kinds(api))[-1] == "proof_archived"


async def test_what_a_forgotten_driver_sent_before_there_was_an_archive_is_given_up(
    database: str,
) -> None:
    async with served(database) as api:
        await accepted(api)
        await objects(api).remove(original("f-9"))
        await api.running.keyring.forget("ada", "ada herself")
        await noted(api)
        assert await archivist(api).turn()
        await all_due(api)
        assert not await archivist(api).turn()


async def last_day(api: Caller, mandate: bool = False) -> Callable[[], datetime]:
    """Something is in the archive; answers a clock by which its last day is just over."""
    if mandate:
        await api.approved()
        await api.numbered()
    else:
        await accepted(api)
    await archived(api)
    end = over(date.fromisoformat((await last_fact(api))["what"]["kept_until"]))
    return lambda: end


async def test_one_clock_that_runs_ahead_empties_nothing(database: str) -> None:
    async with served(database) as api:
        past = await last_day(api)
        assert not await emptier(api, clock=past).turn()
        await all_due(api)
        assert await emptier(api).turn()
        assert (await kinds(api))[-1] == "proof_archived"
        assert (await api.ask("GET", DOCUMENT)).is_success


@pytest.mark.parametrize("mandate", [True, False])
async def test_killed_before_the_bytes_go_it_is_emptied_by_the_next(
    database: str, mandate: bool
) -> None:
    async with served(database) as api:
        past = await last_day(api, mandate)
        await all_due(api)
        with pytest.raises(Killed):
            await emptier(api, archive(api, DiesBeforeRemoving), past).turn()
        assert (await kinds(api))[-1] == "archive_emptied"
        assert kept_files(api) != []
        gone = await api.ask("GET", DOCUMENT)
        assert (gone.status_code, gone.json()["type"]) == (410, "urn:relais:problem:kept-no-longer")
        await all_due(api)
        assert await emptier(api, clock=past).turn()
        assert kept_files(api) == []
        assert not await emptier(api, clock=past).turn()


async def test_followers_that_begin_again_bring_nothing_back(database: str) -> None:
    async with served(database) as api:
        past = await last_day(api)
        for _ in range(2):
            await archived(api)
            await all_due(api)
            assert await emptier(api, clock=past).turn()
            assert kept_files(api) == []
        assert (await kinds(api)).count("archive_emptied") == 1
        assert (await kinds(api)).count("proof_archived") == 1


class Away(Archive):
    """Its store does not answer."""

    async def remove(self, entry: object) -> None:
        raise ObjectsAway


async def test_while_the_store_is_away_the_archive_is_emptied_later(database: str) -> None:
    async with served(database) as api:
        past = await last_day(api)
        for of in (archive(api, Away), None):
            await all_due(api)
            assert await emptier(api, of, past).turn()
        assert kept_files(api) == []

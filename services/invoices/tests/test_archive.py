"""An issued document is kept as it was issued, for ten years, whatever becomes of its driver."""

from datetime import date
from functools import reduce
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from contracts.invoices.invoice_v1 import InvoiceEvent, contract
from infra.objects import KeptObjects, Objects, ObjectsAway, objects_of
from infra.testing.deliveries import deliveries
from infra.testing.spec import Spec
from infra.vault import Vault
from services.invoices import invoice
from services.invoices.adapters.archive import Archive, Damaged, archive_of
from services.invoices.adapters.archivist import Archivist, Noting, Reads
from services.invoices.aggregates import INVOICE
from services.invoices.invoice.archive import RecordArchived, obligations
from services.invoices.invoice.rejections import ExpensesNotValidated, NoSuchInvoice
from services.invoices.tests.make import (
    APPROVED,
    LATER,
    NOON,
    OPEN,
    VALIDATED,
    approved,
    archived,
    contested,
    noted,
    numbered,
    paid,
    prepared,
    settled,
)
from services.invoices.tests.stage import Caller, served
from services.invoices.tests.test_document import read_back, text_of

DOCUMENT = "/invoices/inv-t-1/document"
OWN = (*VALIDATED, approved(self_billed=False), paid())
"""A driver without a mandate was paid."""
PAID = (*APPROVED, numbered(), paid())
CHANGED = settled(3_000, -500, -100, version=9)

given = Spec(invoice.decide, invoice.evolve, invoice.initial).given


def archive_it(settlement: int | None = None, issued_on: date = date(2030, 5, 1)) -> RecordArchived:
    return RecordArchived(
        invoice_id="inv-t-1",
        settlement_version=settlement,
        number="HIFLOW-000001",
        pdf_sha256="a" * 64,
        xml_sha256="b" * 64,
        issued_on=issued_on,
        at=LATER,
    )


def test_what_was_archived_is_recorded_once_and_kept_to_the_end_of_the_tenth_year() -> None:
    given(*APPROVED, numbered()).when(archive_it()).records(archived())
    given(*APPROVED, numbered()).when(archive_it(issued_on=date(2030, 12, 31))).records(archived())
    given(*PAID).when(archive_it(8)).records(archived(8))


def test_nothing_is_archived_before_it_is_issued() -> None:
    given(noted()).when(archive_it()).is_rejected(NoSuchInvoice())
    given(*VALIDATED).when(archive_it()).is_rejected(ExpensesNotValidated())


@pytest.mark.parametrize(
    ("events", "waits_for"),
    [
        ((noted(),), None),
        ((noted(), prepared()), "the mission of trip t-1 is under way"),
        (OPEN, "invoice inv-t-1 is not approved, so money is owed"),
        (VALIDATED, "invoice inv-t-1 is not approved, so money is owed"),
        (APPROVED, "invoice inv-t-1 is not paid"),
        (PAID, "1 documents of invoice inv-t-1 are not in the archive yet"),
        ((*PAID, archived()), None),
        ((*PAID, archived(), contested()), "a line of invoice inv-t-1 is contested"),
        (
            (*PAID, archived(), contested(), CHANGED),
            "1 documents of invoice inv-t-1 are not in the archive yet",
        ),
        ((*PAID, archived(), contested(), CHANGED, archived(9)), None),
        (OWN, None),
    ],
)
def test_forgetting_waits_for_the_mission_the_money_and_the_archive(
    events: tuple[InvoiceEvent, ...], waits_for: str | None
) -> None:
    state = reduce(invoice.evolve, events, invoice.initial)
    assert obligations(state, "ada").waits_for == waits_for
    assert obligations(state, "ad").waits_for is None


def test_the_law_keeps_each_archived_document_and_says_until_when() -> None:
    history: list[InvoiceEvent] = [*PAID, archived()]
    state = reduce(invoice.evolve, history, invoice.initial)
    [kept] = obligations(state, "ada").kept
    assert kept.what == f"document HIFLOW-000001, SHA-256 {'a' * 64}"
    assert (kept.until, "L123-22" in kept.why) == (date(2040, 12, 31), True)
    assert obligations(state, "bob").kept == ()


async def test_the_archive_gives_back_what_was_put_there_sealed(
    database: str, tmp_path: Path
) -> None:
    async with served(database) as api:
        archive = archive_of(api.running)
        digest = await archive.keep(b"a document")
        assert (digest, await archive.keep(b"a document")) == (
            sha256(b"a document").hexdigest(),
            digest,
        )
        assert await archive.read(digest) == b"a document"
        folder = api.running.settings.home.absolute() / "objects"
        [kept] = folder.rglob(digest)
        assert b"a document" not in kept.read_bytes()


async def test_what_was_changed_in_the_archive_is_not_given_out(database: str) -> None:
    async with served(database) as api:
        vault = Vault(api.running.pool, api.running.settings.masters)
        objects = objects_of(api.running.settings)
        digest = sha256(b"what was issued").hexdigest()
        name = f"invoice-archive/{digest}"
        master, sealed = vault.seal(name, b"something else")
        await objects.put(name, master.encode() + b"\n" + sealed)
        with pytest.raises(Damaged):
            await Archive(objects, vault).read(digest)


async def number_and_archive(api: Caller, objects: Objects | None = None) -> Archivist:
    """Do what the workers do after an approval, or a settlement that comes later."""
    await api.numbered()
    told = [
        entry.event
        for entry in await api.running.commands.history(INVOICE, "inv-t-1")
        if isinstance(entry.event, Reads)
    ]
    batch = deliveries([contract], told, count(1), NOON)
    async with api.running.pool.connection() as connection, connection.transaction():
        assert await Noting().handle(connection, batch) == {}
    archive = archive_of(api.running)
    if objects is not None:
        archive = Archive(objects, Vault(api.running.pool, api.running.settings.masters))
    archivist = Archivist(api.running.pool, api.running.commands, archive)
    while await archivist.turn():
        pass
    return archivist


async def test_a_document_stays_as_it_was_issued_when_its_driver_is_forgotten(
    database: str,
) -> None:
    async with served(database) as api:
        await api.approved()
        await number_and_archive(api)
        before = await api.ask("GET", DOCUMENT)
        [*_, last] = (await api.ask("GET", "/invoices/inv-t-1/history")).json()["items"]
        await api.running.keyring.forget("ada", "ada herself")
        after = await api.ask("GET", DOCUMENT)
    assert after.content == before.content
    assert last["what"]["pdf_sha256"] == sha256(after.content).hexdigest()
    assert "HIFLOW-000001.pdf" in after.headers["Content-Disposition"]
    text = text_of(after.content)
    assert ("Ada & Co" in text, "XXXX" in text) == (True, False)
    assert read_back(after.content)["BG-4"]["name"] == "Ada & Co"


class Away(KeptObjects):
    """A store that does not answer."""

    def __init__(self) -> None:
        """There is nothing to open."""

    async def put(self, name: str, content: Path | bytes) -> None:
        raise ObjectsAway(name)


async def test_an_archive_that_is_away_is_tried_again(database: str) -> None:
    async with served(database) as api:
        await api.approved()
        await number_and_archive(api, Away())
        shown: Any = (await api.ask("GET", "/invoices/inv-t-1/history")).json()["items"][-1]
        assert shown["type"].endswith("numbered")
        assert (await api.ask("GET", DOCUMENT)).is_success
        async with api.running.pool.connection() as connection:
            await connection.execute("update invoices.to_archive set look_at = now()")
        await number_and_archive(api)
        shown = (await api.ask("GET", "/invoices/inv-t-1/history")).json()["items"][-1]
        assert shown["type"].endswith("document_archived")

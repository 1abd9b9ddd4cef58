"""An issued document is kept as it was issued, for ten years, whatever becomes of its driver."""

from datetime import UTC, date, datetime, timedelta
from functools import reduce
from hashlib import sha256
from pathlib import Path
from random import randbytes

import pytest

from contracts.invoices.invoice_v1 import InvoiceEvent
from infra.objects import KeptObjects, ObjectMissing, ObjectsAway
from infra.testing.spec import Spec
from infra.vault import UnknownMasterKey, Vault
from services.invoices import invoice
from services.invoices.adapters.archive import (
    FOLDER,
    PIECE,
    Archive,
    Damaged,
    Entry,
    archive_of,
    document,
    proof,
)
from services.invoices.adapters.obligations import obligations
from services.invoices.invoice.archive import (
    RecordArchived,
    RecordEmptied,
    RecordProof,
)
from services.invoices.invoice.rejections import (
    ExpensesNotValidated,
    NoSuchInvoice,
    NoSuchOwnInvoice,
    NotArchived,
    StillKept,
)
from services.invoices.tests.archiving import all_due, archive, last_fact, objects
from services.invoices.tests.archiving import archived as archived_by_workers
from services.invoices.tests.make import (
    APPROVED,
    LATER,
    OPEN,
    OWN,
    VALIDATED,
    VAT_DIFFERS,
    accepted,
    approved,
    archived,
    contested,
    emptied,
    noted,
    numbered,
    paid,
    prepared,
    proof_archived,
    sent,
    settled,
    vehicle_noted,
)
from services.invoices.tests.stage import Caller, served
from services.invoices.tests.test_document import read_back, text_of

DOCUMENT = "/invoices/inv-t-1/document"
OLD_OWN = (*VALIDATED, approved(self_billed=False), paid())
"""A driver without a mandate was paid before own invoices were waited for."""
OWN_ACCEPTED: tuple[InvoiceEvent, ...] = (*OWN, sent(), accepted())
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


PROOF = RecordProof(
    invoice_id="inv-t-1", settlement_version=None, sha256="c" * 64, size_bytes=1_000, at=LATER
)


def test_a_proof_is_recorded_once_and_kept_from_the_year_in_which_it_was_booked() -> None:
    given(*OWN_ACCEPTED).when(PROOF).records(proof_archived())
    given(*OWN_ACCEPTED, proof_archived()).when(PROOF).records_nothing()
    for issued_on, at, year in [
        (date(2029, 12, 31), LATER, 2040),
        (date(2030, 1, 1), datetime(2030, 12, 31, 23, tzinfo=UTC), 2040),
        (date(2030, 12, 31), datetime(2031, 1, 1, tzinfo=UTC), 2041),
    ]:
        told = (*OWN, sent(), accepted(issued_on=issued_on, at=at))
        given(*told).when(PROOF).records(proof_archived(date(year, 12, 31)))


def test_only_an_accepted_own_invoice_proves_anything() -> None:
    given(*OWN).when(PROOF).is_rejected(NoSuchOwnInvoice())
    given(*OWN, sent(VAT_DIFFERS)).when(PROOF).is_rejected(NoSuchOwnInvoice())
    given(*APPROVED, numbered()).when(PROOF).is_rejected(NoSuchOwnInvoice())


OVER = datetime(2041, 1, 1, 12, tzinfo=UTC)
"""When 2040 is over in the last place."""


def empty(at: datetime = OVER, settlement: int | None = None) -> RecordEmptied:
    return RecordEmptied(invoice_id="inv-t-1", settlement_version=settlement, at=at)


def test_the_archive_is_emptied_once_the_day_is_over_everywhere() -> None:
    early = empty(OVER - timedelta(microseconds=1))
    for told, number in [
        ((*PAID, archived()), "HIFLOW-000001"),
        ((*OWN_ACCEPTED, proof_archived()), "2030-14"),
    ]:
        given(*told).when(early).is_rejected(StillKept(date(2040, 12, 31)))
        given(*told).when(empty()).records(emptied(OVER, number))
        given(*told, emptied(OVER, number)).when(empty()).records_nothing()
        given(*told, emptied(OVER, number)).when(early).records_nothing()
        given(*told).when(empty(settlement=8)).is_rejected(NotArchived())
    given(*PAID).when(empty()).is_rejected(NotArchived())


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
        (OLD_OWN, None),
        (
            (*OWN_ACCEPTED, paid()),
            "1 documents of invoice inv-t-1 are not in the archive yet",
        ),
        ((*OWN_ACCEPTED, paid(), proof_archived()), None),
    ],
)
def test_forgetting_waits_for_the_mission_the_money_and_the_archive(
    events: tuple[InvoiceEvent, ...], waits_for: str | None
) -> None:
    state = reduce(invoice.evolve, events, invoice.initial)
    assert obligations(state, "ada").waits_for == waits_for
    assert obligations(state, "ad").waits_for is None


PLATE = vehicle_noted()


@pytest.mark.parametrize(
    ("events", "waits"),
    [
        ((noted(), PLATE), False),
        ((noted(), PLATE, prepared()), True),
        ((noted(), prepared()), False),
        ((*OPEN, PLATE), True),
        (OPEN, False),
        ((*VALIDATED, PLATE, approved()), True),
        ((*VALIDATED, PLATE, approved(), archived()), False),
        ((*VALIDATED, approved()), False),
    ],
)
def test_a_plate_is_forgotten_once_the_document_that_names_it_is_kept(
    events: tuple[InvoiceEvent, ...], waits: bool
) -> None:
    state = reduce(invoice.evolve, events, invoice.initial)
    assert (obligations(state, "t-1").waits_for is not None) is waits


def test_the_law_keeps_each_archived_document_and_says_until_when() -> None:
    history: list[InvoiceEvent] = [*PAID, archived()]
    state = reduce(invoice.evolve, history, invoice.initial)
    [kept] = obligations(state, "ada").kept
    assert kept.what == f"document HIFLOW-000001, SHA-256 {'a' * 64}"
    assert (kept.until, "L123-22" in kept.why) == (date(2040, 12, 31), True)
    assert obligations(state, "bob").kept == ()
    history = [*OWN_ACCEPTED, proof_archived()]
    state = reduce(invoice.evolve, history, invoice.initial)
    [kept] = obligations(state, "ada").kept
    assert (kept.what, kept.until) == (
        f"own invoice 2030-14, SHA-256 {'c' * 64}",
        date(2040, 12, 31),
    )
    assert obligations(invoice.evolve(state, emptied(OVER, "2030-14")), "ada").kept == ()


async def test_the_archive_gives_back_what_was_put_there_sealed(database: str) -> None:
    async with served(database) as api:
        kept, entry = archive_of(api.running), document(sha256(b"a document").hexdigest())
        await kept.keep(entry, b"a document")
        await kept.keep(entry, b"a document")
        assert await kept.read(entry) == b"a document"
        [file] = on_disk(api)
        assert b"a document" not in file.read_bytes()
        await kept.remove(entry)
        await kept.remove(entry)
        assert on_disk(api) == []
        with pytest.raises(ObjectMissing):
            await kept.read(entry)


@pytest.mark.parametrize(("size", "pieces"), [(0, 1), (PIECE, 1), (PIECE + 1, 2), (2 * PIECE, 2)])
def test_a_proof_is_of_pieces_that_are_sealed_by_themselves(size: int, pieces: int) -> None:
    names = proof("inv-t-1", None, "d" * 64, size).names
    assert len(names) == pieces
    assert not {*names} & {*proof("inv-t-2", None, "d" * 64, size).names}
    assert not {*names} & {*proof("inv-t-1", 8, "d" * 64, size).names}


async def test_what_was_changed_in_the_archive_is_not_given_out(database: str) -> None:
    async with served(database) as api:
        vault = Vault(api.running.pool, api.running.settings.masters)
        entry = document(sha256(b"what was issued").hexdigest())
        master, sealed = vault.seal(entry.names[0], b"something else")
        await objects(api).put(entry.names[0], master.encode() + b"\n" + sealed)
        with pytest.raises(Damaged):
            await archive_of(api.running).read(entry)
        content = randbytes(2 * PIECE)
        entry = proof("inv-t-1", None, sha256(content).hexdigest(), len(content))
        await archive_of(api.running).keep(entry, content)
        assert await archive_of(api.running).read(entry) == content
        first, second = on_disk(api, entry)
        content_of_second = second.read_bytes()
        second.write_bytes(first.read_bytes())
        first.write_bytes(content_of_second)
        with pytest.raises(UnknownMasterKey):
            await archive_of(api.running).read(entry)


def on_disk(api: Caller, entry: Entry | None = None) -> list[Path]:
    """The files of the archive, or of one content in it."""
    folder = api.running.settings.home.absolute() / "objects"
    found = sorted(path for path in (folder / FOLDER).rglob("*") if path.is_file())
    return found if entry is None else [folder / name for name in entry.names]


async def issued(api: Caller, into: Archive | None = None) -> None:
    """The document of what is approved, numbered and archived."""
    await api.numbered()
    await archived_by_workers(api, into)


async def test_a_document_stays_as_it_was_issued_when_its_driver_is_forgotten(
    database: str,
) -> None:
    async with served(database) as api:
        await api.approved()
        await issued(api)
        before = await api.ask("GET", DOCUMENT)
        last = await last_fact(api)
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
        await issued(api, archive(api, Archive, Away()))
        assert (await last_fact(api))["type"].endswith("numbered")
        assert (await api.ask("GET", DOCUMENT)).is_success
        await all_due(api)
        await archived_by_workers(api)
        assert (await last_fact(api))["type"].endswith("document_archived")

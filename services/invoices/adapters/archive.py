"""Where documents and proofs are kept, sealed with the master keys of the platform.

The key of a driver does not open them, so they stay when that is destroyed.
"""

from dataclasses import dataclass
from hashlib import sha256

from contracts.invoices.invoice_v1 import DocumentArchived
from infra.host import Running
from infra.objects import WINDOW, Objects, objects_of
from infra.vault import Vault
from services.invoices.invoice.situations import Archived

FOLDER = "invoice-archive"
PIECE = 1024 * 1024
"""Bytes of a proof that are sealed at once."""


class Damaged(Exception):
    """The archive has something else than what was put there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A content of the archive: its SHA-256, and the objects of its pieces in order."""

    sha256: str
    names: tuple[str, ...]


def document(digest: str) -> Entry:
    """A document of ours; none is larger than a window, so it has one piece."""
    return Entry(digest, (f"{FOLDER}/{digest}",))


def proof(invoice_id: str, settlement: int | None, digest: str, size: int) -> Entry:
    """A file that a driver sent; of that invoice alone, since it may be sent for another, too."""
    owner = sha256(f"{invoice_id}/{settlement or 0}".encode()).hexdigest()
    pieces = range(max(1, -(-size // PIECE)))
    return Entry(digest, tuple(f"{FOLDER}/{owner}/{digest}/{piece}" for piece in pieces))


def shown(archived: Archived) -> Entry:
    """The one that people read."""
    if isinstance(archived, DocumentArchived):
        return document(archived.pdf_sha256)
    key = archived.invoice_id, archived.settlement_version
    return proof(*key, archived.sha256, archived.size_bytes)


def entries(archived: Archived) -> list[Entry]:
    """All that the archive has with it."""
    xml = archived.xml_sha256 if isinstance(archived, DocumentArchived) else None
    return [shown(archived), *([document(xml)] if xml else [])]


class Archive:
    """Keeps bytes until they are removed; what is kept twice is one."""

    def __init__(self, objects: Objects, vault: Vault) -> None:
        self._objects, self._vault = objects, vault

    async def keep(self, entry: Entry, content: bytes) -> None:
        """Put it there, durably. Raises `ObjectsAway`."""
        last = len(entry.names) - 1
        for n, name in enumerate(entry.names):
            piece = content[n * PIECE : None if n == last else (n + 1) * PIECE]
            master, sealed = self._vault.seal(name, piece)
            await self._objects.put(name, master.encode() + b"\n" + sealed)

    async def read(self, entry: Entry) -> bytes:
        """The content. Raises `ObjectMissing`, `ObjectsAway` and `Damaged`."""
        content = b"".join([await self._piece(name) for name in entry.names])
        if sha256(content).hexdigest() != entry.sha256:
            raise Damaged(entry.names[0])
        return content

    async def remove(self, entry: Entry) -> None:
        """Delete it; what is gone already is no error. Raises `ObjectsAway`."""
        for name in entry.names:
            await self._objects.remove(name)

    async def _piece(self, name: str) -> bytes:
        found = b"".join([part async for part in self._objects.read(name, 0, WINDOW)])
        master, _, sealed = found.partition(b"\n")
        return self._vault.unseal(name, master.decode(), sealed)


def archive_of(running: Running) -> Archive:
    """The archive of an opened service."""
    settings = running.settings
    return Archive(objects_of(settings), Vault(running.pool, settings.masters))

"""Where issued documents are kept, by their digests, sealed with the master keys of the platform.

The key of a driver does not open them, so they stay when that is destroyed.
"""

from hashlib import sha256

from infra.host import Running
from infra.objects import WINDOW, Objects, objects_of
from infra.vault import Vault

FOLDER = "invoice-archive"


class Damaged(Exception):
    """The archive has something else than what was put there."""


class Archive:
    """Keeps bytes for ever; what is kept twice is one. No document is larger than a window."""

    def __init__(self, objects: Objects, vault: Vault) -> None:
        self._objects, self._vault = objects, vault

    async def keep(self, content: bytes) -> str:
        """Put it there, durably; answers its SHA-256. Raises `ObjectsAway`."""
        digest = sha256(content).hexdigest()
        master, sealed = self._vault.seal(_name(digest), content)
        await self._objects.put(_name(digest), master.encode() + b"\n" + sealed)
        return digest

    async def read(self, digest: str) -> bytes:
        """The content of that digest. Raises `ObjectMissing`, `ObjectsAway` and `Damaged`."""
        name = _name(digest)
        found = b"".join([piece async for piece in self._objects.read(name, 0, WINDOW)])
        master, _, sealed = found.partition(b"\n")
        content = self._vault.unseal(name, master.decode(), sealed)
        if sha256(content).hexdigest() != digest:
            raise Damaged(name)
        return content


def archive_of(running: Running) -> Archive:
    """The archive of an opened service."""
    settings = running.settings
    return Archive(objects_of(settings), Vault(running.pool, settings.masters))


def _name(digest: str) -> str:
    return f"{FOLDER}/{digest}"

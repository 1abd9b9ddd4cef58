"""Where bytes are kept that are no events: one storage port, over a local folder or S3.

Names are ASCII letters, digits, `-` and `/`. An object appears whole or not at all.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from infra.settings import Settings

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config

WINDOW = 4 * 1024 * 1024
"""Bytes asked for at once, and so held in memory for one reader."""
PARTS_AT_ONCE = 2
RETRIES: "RetryConfig" = {
    "max_retries": 3,
    "retry_timeout": timedelta(seconds=20),
    "backoff": {"init_backoff": timedelta(milliseconds=50), "max_backoff": timedelta(seconds=1)},
}
"""Few: whoever asks has a request open, and is better told to come again."""


class ObjectMissing(LookupError):
    """There is no object of that name."""


class ObjectsAway(Exception):
    """The store does not answer, or refuses; to try again later is safe."""


class Objects(Protocol):
    """The storage interface: put, read a range, remove, clear. Each raises `ObjectsAway`."""

    async def put(self, name: str, content: Path | bytes) -> None:
        """Keep the content under a name, durably; what was there before is replaced."""
        ...

    def read(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to and without `end`, in pieces. Raises `ObjectMissing`."""
        ...

    async def remove(self, name: str) -> None:
        """Delete one object, durably; where there is none, that is no error."""
        ...

    async def clear(self, prefix: str) -> None:
        """Delete everything in a folder; where there is nothing, that is no error."""
        ...


class KeptObjects:
    """Objects in any store of obstore. `folder` is where a local one has its files."""

    def __init__(self, store: LocalStore | S3Store, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    async def put(self, name: str, content: Path | bytes) -> None:
        with _asked():
            await obstore.put_async(self._store, name, content, max_concurrency=PARTS_AT_ONCE)
        if self._folder is not None:
            await asyncio.to_thread(_flush, self._folder / name, self._folder)

    async def read(self, name: str, start: int, end: int) -> AsyncIterator[bytes]:
        # Window by window: one long answer would be cut off by the client's timeout when whoever
        # reads is slow.
        for at in range(start, end, WINDOW):
            with _asked():
                last = min(at + WINDOW, end)
                found = await obstore.get_range_async(self._store, name, start=at, end=last)
            yield bytes(found)

    async def remove(self, name: str) -> None:
        with suppress(ObjectMissing), _asked():
            await obstore.delete_async(self._store, name)
        if self._folder is not None:
            await asyncio.to_thread(_flush_entries, (self._folder / name).parent)

    async def clear(self, prefix: str) -> None:
        if self._folder is not None:
            # With what a crash left half written, which a listing leaves out.
            await asyncio.to_thread(shutil.rmtree, self._folder / prefix, ignore_errors=True)
            return
        with _asked():
            async for page in obstore.list(self._store, prefix):
                await obstore.delete_async(self._store, [meta["path"] for meta in page])

    async def is_empty(self) -> bool:
        """Whether there is no object at all. Raises `ObjectsAway`."""
        with _asked():
            async for page in obstore.list(self._store):
                if page:
                    return False
        return True


@contextmanager
def _asked() -> Iterator[None]:
    """Translates the errors of the object store."""
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectMissing(str(error)) from error
    except BaseError as error:
        raise ObjectsAway(str(error)) from error


def _flush_entries(folder: Path) -> None:
    """A removed file does not come back when the machine stops."""
    with suppress(FileNotFoundError):
        _sync(folder)


def _flush(path: Path, folder: Path) -> None:
    """Onto the disk, with the entries that lead to it: an event may tell of it next.

    Nobody else on this machine reads them.
    """
    for each in (path, *list(path.parents)[:2]):
        if each.is_relative_to(folder):
            each.chmod(0o600 if each == path else 0o700)
        _sync(each)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def objects_of(settings: Settings) -> KeptObjects:
    """The store that `settings.objects` names; a folder of its home when it names none.

    Raises OSError when the authority of S3 cannot be read.
    """
    if not settings.objects:
        folder = settings.home.absolute() / "objects"
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        return KeptObjects(LocalStore(folder), folder)
    return KeptObjects(_s3(settings))


def _s3(settings: Settings) -> S3Store:
    config: S3Config = {"region": settings.s3_region}
    if settings.s3_endpoint:
        config["endpoint"] = settings.s3_endpoint
    if key := settings.s3_key.get_secret_value():
        config["access_key_id"] = key
        config["secret_access_key"] = settings.s3_secret.get_secret_value()
    options: ClientConfig = {
        "allow_http": settings.s3_endpoint.startswith("http://"),
        "connect_timeout": "5s",
        "timeout": "60s",
    }
    if settings.s3_ca is not None:
        options["root_certificate"] = settings.s3_ca.read_bytes()
    return S3Store.from_url(
        settings.objects, config=config, client_options=options, retry_config=RETRIES
    )

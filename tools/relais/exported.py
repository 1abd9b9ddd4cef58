"""A folder that a topic is exported into: files of records, and what is known about them.

Files are numbered and appear whole. `.export.sqlite` says what they hold; it is committed last, so
an export that was killed leaves at most one file that is not in it, which the next one writes anew
under the same number. Records are known by key and version, so one that comes again is passed by.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from tools.relais.answers import Trouble

Row = Mapping[str, Any]
STATE = ".export.sqlite"
SCHEMA = """
create table if not exists partition (number integer primary key, next integer, timeline integer);
create table if not exists record (
    key text, version integer, event_id text, file integer, primary key (key, version)
) without rowid;
create table if not exists export (form text, files integer, since text);
"""


class Form(Protocol):
    """The way rows become a file."""

    ending: str

    def write(self, path: Path, rows: Sequence[Row]) -> None:
        """Make a file of these rows, in their order."""
        ...

    def read(self, path: Path) -> Iterator[Row]:
        """The rows of a file, as they were written."""
        ...


class Ndjson:
    """One JSON object a line."""

    ending = "ndjson"

    def write(self, path: Path, rows: Sequence[Row]) -> None:
        with path.open("w", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def read(self, path: Path) -> Iterator[Row]:
        with path.open(encoding="utf-8") as file:
            yield from (json.loads(line) for line in file)


class Folder:
    """The files of one topic. Changes take place when `committed` ends well."""

    def __init__(self, path: Path, form: Form, state: sqlite3.Connection) -> None:
        self._path = path
        self._form = form
        self._state = state
        self.files: int
        self.since: str | None
        self.files, self.since = state.execute("select files, since from export").fetchone()

    @contextmanager
    def committed(self) -> Iterator[None]:
        """All that is noted in the block counts once it has ended, or nothing of it."""
        with self._state:
            yield
            self._state.execute("update export set files = ?", (self.files,))

    def next_of(self, partition: int, otherwise: int) -> tuple[int, int]:
        """The offset to go on from, and the timeline of what came before it."""
        query = "select next, timeline from partition where number = ?"
        found = self._state.execute(query, (partition,)).fetchone()
        return found or (otherwise, 0)

    def reached(self, partition: int, offset: int, timeline: int) -> None:
        """Note where the next export goes on."""
        row = (partition, offset, timeline)
        self._state.execute("insert or replace into partition values (?, ?, ?)", row)

    def is_new(self, row: Row) -> bool:
        """Note a row of the next file; False for a record that is in a file already.

        Raises `Trouble` when another event stands in its place.
        """
        known = (row["key"], row["version"], row["event_id"])
        query = "select event_id from record where key = ? and version = ?"
        found = self._state.execute(query, known[:2]).fetchone()
        if found is None:
            note = (*known, self.files + 1)
            self._state.execute("insert into record values (?, ?, ?, ?)", note)
        elif found[0] != row["event_id"]:
            raise Trouble(
                f"{row['topic']}: version {row['version']} of {row['key']} is another event than"
                f" the one exported: export into an empty folder"
            )
        return found is None

    def file_of(self, key: str, version: int) -> int | None:
        """The number of the file that has this event; None when none has, or somebody took it."""
        query = "select file from record where key = ? and version = ?"
        found = self._state.execute(query, (key, version)).fetchone()
        return found[0] if found and self._file(found[0]).exists() else None

    def add(self, rows: Sequence[Row]) -> Path:
        """Write the next file."""
        self.files += 1
        return self._replace(self.files, rows)

    def change(self, number: int, change: Callable[[Row], Row]) -> Path:
        """Write a file anew with each of its rows as this function answers it."""
        return self._replace(number, [change(row) for row in self._form.read(self._file(number))])

    def _replace(self, number: int, rows: Sequence[Row]) -> Path:
        path = self._file(number)
        fresh = path.with_name(f".{path.name}.new")
        self._form.write(fresh, rows)
        # Even when the machine stops, no note speaks of a file that is not on the disk.
        _to_disk(fresh)
        fresh.replace(path)
        _to_disk(self._path)
        return path

    def _file(self, number: int) -> Path:
        return self._path / f"{number:08}.{self._form.ending}"


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def opened(path: Path, form: Form, since: str | None) -> Iterator[Folder]:
    """The folder of one topic, made when it is missing, for one export at a time. What a time
    limits is decided when it is made.

    Raises `Trouble` for a folder of another form, and while another export writes into it.
    """
    path.mkdir(parents=True, exist_ok=True)
    state = sqlite3.connect(path / STATE, timeout=0)
    try:
        state.execute("pragma locking_mode = exclusive")
        state.executescript(SCHEMA)
        if (ending := _form_of(state, form, since)) != form.ending:
            raise Trouble(f"{path} holds {ending}: export {form.ending} into another folder")
        yield Folder(path, form, state)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        raise Trouble(f"another export writes into {path}") from None
    finally:
        state.close()


def _form_of(state: sqlite3.Connection, form: Form, since: str | None) -> str:
    """The ending of the files in a folder, from now on that of this form if there are none."""
    with state:
        state.execute(
            "insert into export select ?, 0, ? where not exists (select 1 from export)",
            (form.ending, since),
        )
    found: str = state.execute("select form from export").fetchone()[0]
    return found

"""The output of a command: tables or JSON on stdout, one line on stderr when it fails.

A server that does not start adds the end of its log to that line.
"""

import asyncio
import getpass
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import typer
from psycopg_pool import PoolTimeout
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from infra.http.models import instant, plain
from infra.personal import UnknownMasterKey
from infra.stack.process import ServerFailed
from infra.store.protocol import StoreAway
from infra.supervisor import Halt
from infra.wording import ALL, Unfit
from services.names import UnknownService
from tools.relais.home import AlreadyRunning

OK, FOUND, USAGE, UNREACHABLE, INTERRUPTED = 0, 1, 2, 3, 130


class Trouble(Exception):
    """One line for the operator; `code` is how the command ends."""

    def __init__(self, message: str, code: int = FOUND) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Answer:
    """The result of a command: the same facts for a program and for a person."""

    facts: Any
    text: Callable[[Console], None]
    code: int = OK


def rows(found: Sequence[Mapping[str, Any]], columns: Sequence[str], none: str) -> Answer:
    """A table of some columns; `none` is said when there are no rows. JSON has all columns."""

    def text(console: Console) -> None:
        if not found:
            console.print(none)
            return
        table = Table(*[column.replace("_", " ") for column in columns], box=None)
        for row in found:
            table.add_row(*[cell(row[column]) for column in columns])
        console.print(table)

    return Answer(found, text)


def sentence(facts: Mapping[str, Any], text: str, code: int = OK) -> Answer:
    """One sentence, and its facts."""
    return Answer(facts, lambda console: console.print(text, markup=False), code)


def cell(value: Any) -> str:
    """How a table shows a value; a time is in UTC, and says so."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.1f}"
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        case _:
            return str(value)


def answer(work: Coroutine[Any, Any, Answer], *, as_json: bool) -> None:
    """Run a command to its end and leave with its exit code."""
    found = _carried_out(work, as_json)
    if as_json:
        print(json.dumps(plain(found.facts), ensure_ascii=False))
    else:
        found.text(_console())
    raise typer.Exit(found.code)


def answer_lines(
    work: AsyncIterator[Mapping[str, Any]], line: Callable[[Mapping[str, Any]], str], as_json: bool
) -> None:
    """Print each thing as it comes: one line, or one JSON object a line."""

    async def printing() -> Answer:
        async for found in work:
            shown = json.dumps(plain(found), ensure_ascii=False) if as_json else line(found)
            print(shown, flush=True)
        return Answer(None, lambda _: None)

    _carried_out(printing(), as_json)


def _console() -> Console:
    # Somebody who pipes a table into a file wants whole lines.
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False, soft_wrap=True)


def _carried_out(work: Coroutine[Any, Any, Answer], as_json: bool) -> Answer:
    try:
        with _hushed("aiokafka", "psycopg.pool", "relais"):
            return asyncio.run(work)
    except KeyboardInterrupt:
        message, code = "interrupted", INTERRUPTED
    except Exception as error:
        if (refusal := refusal_of(error)) is None:
            raise
        message, code = refusal
    _refuse(message, code, as_json)
    raise typer.Exit(code)


@contextmanager
def _hushed(*names: str) -> Iterator[None]:
    """Silences logging: the command itself reports, once, what goes wrong."""
    loggers = [logging.getLogger(name) for name in names]
    before = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for one, level in zip(loggers, before, strict=True):
            one.setLevel(level)


def refusal_of(error: Exception) -> tuple[str, int] | None:
    """The words and the exit code for what is no bug of ours; None for what is."""
    match error:
        case Trouble():
            return str(error), error.code
        case UnknownService():
            return f"there is no service {error.args[0]}", USAGE
        case ValidationError():
            return f"the settings cannot be read: {at_fault(error)}", USAGE
        case UnknownMasterKey():
            return f"RELAIS_MASTER_KEYS does not fit: {error}", FOUND
        case ServerFailed():
            # Its log says why.
            return str(error), FOUND
        case Halt() | AlreadyRunning():
            return first_line(error), FOUND
        case psycopg.OperationalError() | PoolTimeout() | OSError() | StoreAway():
            return f"cannot reach it: {type(error).__name__} {first_line(error)}", UNREACHABLE
        case psycopg.errors.UndefinedTable() | psycopg.errors.InvalidSchemaName():
            return f"nothing ever ran on this database: {first_line(error)}", FOUND
        case _:
            return _refusal_of_broker(error)


def _refusal_of_broker(error: Exception) -> tuple[str, int] | None:
    # Imported here: most commands need no client of the broker, and it takes long to load.
    from aiokafka.errors import KafkaError

    if isinstance(error, KafkaError):
        return f"cannot reach it: {type(error).__name__} {first_line(error)}", UNREACHABLE
    return None


def at_fault(error: ValueError) -> str:
    """The first setting at fault, and what is wrong with it; never what it holds."""
    if not isinstance(error, ValidationError):
        return first_line(error)
    found = error.errors(include_input=False)[0]
    rule = found["msg"].removeprefix("Value error, ")
    # A rule about several settings names them itself.
    return f"RELAIS_{str(found['loc'][0]).upper()}: {rule}" if found["loc"] else rule


def _refuse(message: str, code: int, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False))
    print(f"relais: {message}", file=sys.stderr)


def first_line(error: BaseException) -> str:
    """The first line of what an error says."""
    return next(iter(str(error).splitlines()), "")


def time_of(option: str, text: str | None) -> datetime | None:
    """The time that an option gives; None when it is not there. Raises `Trouble`."""
    try:
        return None if text is None else instant(text)
    except Unfit as error:
        raise Trouble(f"{option}: {ALL.of_rule('en', error.rule, error.facts)}", USAGE) from None


# --- Who did what -----------------------------------------------------------


def operator() -> str:
    """The account of the operating system that types the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


def audit(home: Path, action: str, **facts: Any) -> None:
    """Write down an action that changes something, on stderr and in `audit.log` of the home."""
    line = json.dumps(
        {"at": datetime.now(UTC).isoformat(), "who": operator(), "action": action, **plain(facts)},
        ensure_ascii=False,
    )
    print(f"audit: {line}", file=sys.stderr)
    # In a container there may be no place to write to; stderr is collected there.
    with suppress(OSError):
        home.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        with os.fdopen(os.open(home / "audit.log", flags, 0o600), "w") as file:
            file.write(line + "\n")

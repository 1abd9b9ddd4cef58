"""The metadata of an event as PostgreSQL keeps it: columns for what is known, JSON for the rest."""

import re
from collections.abc import Mapping
from json import JSONEncoder
from typing import Any, NamedTuple
from uuid import UUID

_to_json = JSONEncoder(separators=(",", ":")).encode
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CORRELATION = re.compile(r"[0-9a-f]{32}")
_FINGERPRINT = re.compile(r"(?:[0-9a-f]{2})*")
_TRACE = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class Kept(NamedTuple):
    """The columns of an event's metadata, as `es.stored_event` has them.

    A column has a value only if exactly what was given can be made of it again; `rest` has what
    no column has, as JSON. Without a cause, the command itself is the cause, as it is for all that
    people ask for.
    """

    command: UUID | None
    correlation: UUID | None
    causation: UUID | None
    actor: str | None
    organisation: str | None
    fingerprint: bytes | None
    trace: bytes | None
    rest: str | None


def kept(meta: Mapping[str, Any]) -> Kept:
    """The columns for some metadata. Raises `TypeError` when no JSON can hold it."""
    rest = dict(meta)

    def taken(key: str, form: re.Pattern[str]) -> bytes | None:
        value = rest.get(key)
        if not isinstance(value, str) or form.fullmatch(value) is None:
            return None
        del rest[key]
        return bytes.fromhex(value.replace("-", ""))

    def text(key: str) -> str | None:
        return rest.pop(key) if isinstance(rest.get(key), str) else None

    command = _id(taken("command", _UUID))
    if command is not None and rest.get("causation") == str(command):
        del rest["causation"]
    return Kept(
        command,
        _id(taken("correlation", _CORRELATION)),
        _id(taken("causation", _UUID)),
        text("actor"),
        text("organisation"),
        taken("fingerprint", _FINGERPRINT),
        taken("traceparent", _TRACE),
        _to_json(rest) if rest else None,
    )


def _id(value: bytes | None) -> UUID | None:
    return None if value is None else UUID(bytes=value)


def given(
    command: UUID | None,
    correlation: UUID | None,
    causation: UUID | None,
    actor: str | None,
    organisation: str | None,
    fingerprint: bytes | None,
    trace: bytes | None,
    rest: Mapping[str, Any] | None,
) -> Mapping[str, Any]:
    """The metadata that was given, of its columns."""
    meta: dict[str, Any] = {}
    if command is not None:
        meta["command"] = meta["causation"] = str(command)
    if correlation is not None:
        meta["correlation"] = correlation.hex
    if causation is not None:
        meta["causation"] = str(causation)
    if actor is not None:
        meta["actor"] = actor
    if organisation is not None:
        meta["organisation"] = organisation
    if fingerprint is not None:
        meta["fingerprint"] = fingerprint.hex()
    if trace is not None:
        meta["traceparent"] = _traceparent(trace.hex())
    return {**meta, **rest} if rest else meta


def _traceparent(digits: str) -> str:
    return "-".join((digits[:2], digits[2:34], digits[34:50], digits[50:]))

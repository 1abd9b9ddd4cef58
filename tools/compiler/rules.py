"""Rules that every contract keeps, beyond those of protoc and buf."""

import re
from collections.abc import Iterator

from contracts.runtime import RECORDED
from tools.compiler import changes, python
from tools.compiler.schema import Enum, Field, Message, Package

SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
PERSON = "customer|client|contact|partner|recipient|sender|driver|user|owner|agent|person"
LOOKS_PERSONAL = re.compile(
    r"name|(\w+_)?"
    r"((first|last|middle|full|given|family|maiden)_?name|surname|forename"
    rf"|({PERSON})_name"
    r"|phone|mobile|email|mail|street|address|iban|birth\w*|signature)"
    r"(_\w+)?"
)
FORGETTING = "subject_forgotten"


def complaints(packages: list[Package]) -> list[str]:
    """One sentence for each broken rule, in the order of the contracts."""
    return [
        *(f"{package.name}{complaint}" for package in packages for complaint in _package(package)),
        *_forgetting(packages),
    ]


def additions(released: list[Package], packages: list[Package]) -> list[str]:
    """One sentence for each field that messages have got and that older bytes would lie about."""
    return [
        f"{message.full_name}.{field.name} is new, and events recorded before lack it: make it"
        " optional, or they would read as if it had been said"
        for message, field in changes.new_fields(released, packages)
        if not field.optional and not field.repeated
    ]


def looks_personal(field: Field, *, in_event: bool) -> bool:
    """By its name. An id, a flag or an instant says nothing about a person by itself.

    A value with just a `name` is a thing; an event with just a `name` speaks of its subject.
    """
    if field.name.endswith("_id") or field.kind in ("bool", "enum"):
        return False
    if field.type_name == python.INSTANT or (field.name == "name" and not in_event):
        return False
    return LOOKS_PERSONAL.fullmatch(field.name) is not None


def _package(package: Package) -> Iterator[str]:
    if not package.comment:
        yield " needs a comment"
    for enum in package.enums:
        yield from (f".{enum.name} {complaint}" for complaint in _enum(enum))
    for message in package.messages:
        yield from (f".{message.name} {complaint}" for complaint in _message(message))
        for field in message.fields:
            where = f".{message.name}.{field.name}"
            yield from (f"{where} {complaint}" for complaint in _field(field, message))
    if package.events:
        yield from (f" {complaint}" for complaint in _events(package))
        yield from (f".{name} is neither an event nor part of one" for name in _unused(package))


def _enum(enum: Enum) -> Iterator[str]:
    prefix = python.snake(enum.name).upper()
    if not enum.comment:
        yield "needs a comment"
    if enum.values[0][:2] != (f"{prefix}_UNSPECIFIED", 0):
        yield f"needs {prefix}_UNSPECIFIED = 0"
    if any(not name.startswith(f"{prefix}_") for name, _, _ in enum.values):
        yield f"has values that do not begin with {prefix}_"


def _message(message: Message) -> Iterator[str]:
    if not message.comment:
        yield "needs a comment"
    if message.nested:
        yield "declares types inside itself; declare them beside it"
    if message.event is None:
        return
    package = message.full_name.removesuffix(f".{message.name}")
    if not message.event.type.startswith(f"{package}.") or not SNAKE.fullmatch(message.suffix):
        yield f"needs the type {package}.<what_happened>"
    if not _is_name_of_id(message.event.key, message):
        yield "needs a key: the name of one of its plain string fields"
    if message.event.time != RECORDED and not _is_name_of_time(message.event.time, message):
        yield f"needs a time: the name of one of its plain Timestamps or LocalDates, or {RECORDED}"


def _field(field: Field, message: Message) -> Iterator[str]:
    if field.kind == "unsupported":
        yield "has a type the compiler does not know"
    sealed = field.type_name in python.SEALED
    if sealed and field.repeated:
        yield "is sealed, so it cannot be repeated"
    if sealed and field.subject is None and message.event:
        yield "is sealed, so it needs (relais.options.v1.personal)"
    if field.subject is not None and not sealed:
        yield "is personal, so it must be SealedText or SealedPoint"
    if field.subject is not None and not _is_name_of_id(field.subject, message):
        yield "needs a subject: the name of one of the plain string fields beside it"
    personal = field.subject is not None or sealed
    if message.event is None and personal:
        yield "is personal, so it belongs on the event itself"
    if not personal and looks_personal(field, in_event=message.event is not None):
        yield "looks personal, so it needs (relais.options.v1.personal)"


def _is_name_of_id(name: str, message: Message) -> bool:
    return any(
        field.name == name and field.kind == "string" and not field.optional and not field.repeated
        for field in message.fields
    )


def _is_name_of_time(name: str, message: Message) -> bool:
    return any(
        field.name == name
        and field.type_name in (python.INSTANT, python.DATE)
        and not field.optional
        and not field.repeated
        for field in message.fields
    )


def _events(package: Package) -> Iterator[str]:
    if not re.fullmatch(r"relais\.[a-z_]+\.[a-z_]+\.v[0-9]+", package.name):
        yield "has events, so it must be named relais.<service>.<aggregate>.v<major>"
    suffixes = [message.suffix for message in package.events]
    if repeated := sorted({suffix for suffix in suffixes if suffixes.count(suffix) > 1}):
        yield f"gives several events the same type: {', '.join(repeated)}"
    present = {message.name for message in package.present}
    for message in package.events:
        if message.event and message.event.becomes and message.event.becomes not in present:
            yield f"reads {message.name} as {message.event.becomes}, no event that is recorded now"
    keys = {message.event.key for message in package.events if message.event}
    if len(keys) > 1:
        yield f"has more than one key: {', '.join(sorted(keys))}"


def _forgetting(packages: list[Package]) -> Iterator[str]:
    """Everybody with personal data on record can be forgotten, in the stream that is theirs."""
    keys = {m.event.key for p in packages for m in p.events if m.event and m.suffix == FORGETTING}
    for package in packages:
        subjects = {field.subject for m in package.events for field in m.fields if field.subject}
        for subject in sorted(subjects - keys):
            yield (
                f"{package.name} has personal data of {subject}, so a contract with that key"
                f" needs an event of type <package>.{FORGETTING}"
            )


def _unused(package: Package) -> list[str]:
    used = {field.type_name for message in package.messages for field in message.fields}
    return [value.name for value in package.values if value.full_name not in used]

"""The contracts as protoc understands them, reduced to what the compiler writes about."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc_tools
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto
from grpc_tools import protoc

SCALARS = {
    FieldDescriptorProto.TYPE_STRING: "string",
    FieldDescriptorProto.TYPE_BOOL: "bool",
    FieldDescriptorProto.TYPE_INT32: "int32",
    FieldDescriptorProto.TYPE_INT64: "int64",
    FieldDescriptorProto.TYPE_DOUBLE: "double",
    FieldDescriptorProto.TYPE_BYTES: "bytes",
    FieldDescriptorProto.TYPE_ENUM: "enum",
    FieldDescriptorProto.TYPE_MESSAGE: "message",
}
EVENT = "relais.options.v1.event"
PERSONAL = "relais.options.v1.personal"
OPTIONS_PACKAGE = "relais.options.v1"


class ContractError(ValueError):
    """The contracts cannot be compiled; the message says why and where."""


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    number: int
    kind: str
    """A protobuf scalar, "enum", "message", or "unsupported"."""
    type_name: str
    """The full name of the enum or message; empty for a scalar."""
    optional: bool
    repeated: bool
    subject: str | None
    """The field that says whose data this is; None when the field is not personal."""
    comment: str


@dataclass(frozen=True, slots=True)
class Event:
    """The options that make a message an event."""

    type: str
    key: str
    time: str
    """The field that is its business time, or `RECORDED`."""
    becomes: str = ""
    """The event of the package in whose shape it is read; empty where it is recorded itself."""


@dataclass(frozen=True, slots=True)
class Message:
    name: str
    full_name: str
    fields: tuple[Field, ...]
    event: Event | None
    comment: str
    nested: bool
    """True when it declares messages or enums inside itself."""

    @property
    def suffix(self) -> str:
        """The last part of an event's type, which names its example and its samples."""
        return self.event.type.rpartition(".")[2] if self.event else ""


@dataclass(frozen=True, slots=True)
class Enum:
    name: str
    full_name: str
    values: tuple[tuple[str, int, str], ...]
    """(name, number, comment)."""
    comment: str


@dataclass(frozen=True, slots=True)
class Package:
    """One .proto file. Its path follows from its package name, as buf demands."""

    name: str
    path: str
    messages: tuple[Message, ...]
    enums: tuple[Enum, ...]
    comment: str

    @property
    def events(self) -> tuple[Message, ...]:
        return tuple(message for message in self.messages if message.event)

    @property
    def present(self) -> tuple[Message, ...]:
        """The events that are recorded now."""
        return tuple(one for one in self.events if one.event and not one.event.becomes)

    @property
    def former(self) -> tuple[tuple[Message, Message], ...]:
        """The events that earlier releases recorded, each with the one as which it is read."""
        named = {one.name: one for one in self.present}
        return tuple(
            (one, named[one.event.becomes])
            for one in self.events
            if one.event and one.event.becomes in named
        )

    @property
    def values(self) -> tuple[Message, ...]:
        return tuple(message for message in self.messages if not message.event)

    @property
    def service(self) -> str:
        return self.name.split(".")[1]

    @property
    def aggregate(self) -> str:
        return self.name.split(".")[-2]

    @property
    def version(self) -> str:
        return self.name.split(".")[-1]


def compile_protos(root: Path) -> bytes:
    """Every .proto below `root/relais` as a serialized FileDescriptorSet, imports and comments
    included. Raises ContractError when protoc refuses; protoc writes the reason to stderr."""
    protos = sorted(str(path.relative_to(root)) for path in root.glob("relais/**/*.proto"))
    well_known = Path(grpc_tools.__file__).parent / "_proto"
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch) / "descriptors.binpb"
        command = [
            "protoc",
            f"--proto_path={root}",
            f"--proto_path={well_known}",
            "--include_imports",
            "--include_source_info",
            f"--descriptor_set_out={output}",
            *protos,
        ]
        if protoc.main(command) != 0:
            raise ContractError("protoc refused the contracts")
        return output.read_bytes()


def without_comments(descriptors: bytes) -> bytes:
    """The same descriptors without comments, for the running services: less than half the size."""
    files = descriptor_pb2.FileDescriptorSet.FromString(descriptors)
    for file in files.file:
        file.ClearField("source_code_info")
    content: bytes = files.SerializeToString(deterministic=True)
    return content


def read(descriptors: bytes, options: bytes | None = None) -> list[Package]:
    """Our packages, those of the options left out, in the order of their names.

    Descriptors of a former release are read with the options of today, which `options` has.
    """
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(options or descriptors).file:
        pool.Add(file)
    # The classes of this pool know our options; those of the default pool see unknown fields.
    file_set: type[Any] = message_factory.GetMessageClass(
        pool.FindMessageTypeByName("google.protobuf.FileDescriptorSet")
    )
    event, personal = (pool.FindExtensionByName(name) for name in (EVENT, PERSONAL))
    packages = [
        _Reader(file, event, personal).package()
        for file in file_set.FromString(descriptors).file
        if file.package.startswith("relais.") and file.package != OPTIONS_PACKAGE
    ]
    return sorted(packages, key=lambda package: package.name)


class _Reader:
    """Reads one file descriptor. Paths are those of `SourceCodeInfo.Location`."""

    def __init__(self, file: Any, event: Any, personal: Any) -> None:
        self._file = file
        self._event = event
        self._personal = personal
        self._comments = {
            tuple(location.path): _plain(location.leading_comments)
            for location in file.source_code_info.location
        }

    def package(self) -> Package:
        return Package(
            name=self._file.package,
            path=self._file.name,
            messages=tuple(self._messages()),
            enums=tuple(self._enums()),
            comment=self._comment(2),
        )

    def _comment(self, *path: int) -> str:
        return self._comments.get(path, "")

    def _messages(self) -> Iterator[Message]:
        for index, message in enumerate(self._file.message_type):
            option = message.options.Extensions[self._event]
            declared = message.options.HasExtension(self._event)
            yield Message(
                name=message.name,
                full_name=f"{self._file.package}.{message.name}",
                fields=tuple(self._fields(index, message)),
                event=Event(option.type, option.key, option.time, option.becomes)
                if declared
                else None,
                comment=self._comment(4, index),
                nested=bool(message.nested_type or message.enum_type),
            )

    def _fields(self, index: int, message: Any) -> Iterator[Field]:
        for position, field in enumerate(message.field):
            personal = field.options.HasExtension(self._personal)
            in_oneof = field.HasField("oneof_index") and not field.proto3_optional
            yield Field(
                name=field.name,
                number=field.number,
                kind="unsupported" if in_oneof else SCALARS.get(field.type, "unsupported"),
                type_name=field.type_name.removeprefix("."),
                optional=field.proto3_optional,
                repeated=field.label == FieldDescriptorProto.LABEL_REPEATED,
                subject=field.options.Extensions[self._personal].subject if personal else None,
                comment=self._comment(4, index, 2, position),
            )

    def _enums(self) -> Iterator[Enum]:
        for index, enum in enumerate(self._file.enum_type):
            values = tuple(
                (value.name, value.number, self._comment(5, index, 2, position))
                for position, value in enumerate(enum.value)
            )
            name = f"{self._file.package}.{enum.name}"
            yield Enum(enum.name, name, values, self._comment(5, index))


def _plain(comment: str) -> str:
    return " ".join(line.strip() for line in comment.strip().splitlines())

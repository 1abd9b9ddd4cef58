"""Answers: what a route may tell, declared field by field, and the routes that declare it.

    class TripForDriver(Answer):
        trip_id: str
        status: TripStatus

    @router.get("/trips/{trip_id}")
    async def show_trip(trip_id: Id, context: DriverContext) -> Answered[TripForDriver]:
        ...

An answer is an allow-list: a new field of an event, a state or a row is no field of an answer.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, Literal, Self, TypeVar, Union, get_args, get_origin

from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import to_json
from starlette.responses import Response

from infra.http.direct import served
from infra.http.models import Coded, Named, instant
from infra.http.sheets import MEDIA_TYPES, ListFormat

T = TypeVar("T")

FORMER = Field(json_schema_extra={"deprecated": True})
"""Marks a field that clients of former releases read: another field has its value in the shape that
all APIs share."""
BINARY: Mapping[str, Any] = {"schema": {"type": "string", "format": "binary"}}


class UntypedAnswer(TypeError):
    """A route does not declare what it answers, or declares what may not be shown."""


class Answer(BaseModel):
    """A part of the outward contract: exactly the fields that the caller may see."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        from_attributes=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )

    @classmethod
    def of(cls, source: object) -> Self:
        """The answer with the values that `source` has under the names of its fields."""
        return cls.model_validate(source)


class MoneyShown(Answer):
    """An amount in minor units: 12500 EUR is 125.00 euros."""

    amount_minor: Annotated[int, Field(examples=[12500])]
    currency: Annotated[str, Field(examples=["EUR"])]


def money(amount_minor: int | None, currency: str | None) -> MoneyShown | None:
    """The amount; None where a part of it is not known."""
    if amount_minor is None or currency is None:
        return None
    return MoneyShown(amount_minor=amount_minor, currency=currency)


class PointShown(Answer):
    """A place on earth, WGS 84, in degrees."""

    latitude: float
    longitude: float


class RuleInputShown(Answer):
    """One input of a rule that decided by itself."""

    name: str
    value: str


class RuleShown(Answer):
    """The rule that took an automatic decision, with what it looked at."""

    id: Annotated[str, Coded("Rule")]
    version: int
    inputs: tuple[RuleInputShown, ...]


class Recorded(Answer):
    """The answer of a command whose route has nothing more to show."""

    id: str
    version: Annotated[int | str, Field(examples=[3])]
    """Opaque for drivers; hand it back in `If-Match` as it was given in `ETag`."""


class Listed(Answer, Generic[T]):
    """One page of a list."""

    # Looking for docstrings fails where `Listed[X]` stands on a line that closes a bracket.
    model_config = ConfigDict(use_attribute_docstrings=False)

    items: list[T]
    next: Annotated[
        str | None, Field(description="The `cursor` of the next page; null on the last one.")
    ]


class Answered(Response, Generic[T]):
    """An answer on its way out; a route is annotated with it: `-> Answered[TripForDriver]`."""

    media_type = "application/json"

    def __init__(
        self, answer: T, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(to_json(answer), status, headers)


class Empty(Response):
    """An answer without a body."""

    def __init__(self, status: int = 204, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(None, status, headers)


@dataclass(frozen=True, slots=True)
class Content:
    """Marks a route that answers with bytes: `-> Annotated[Response, Content("text/calendar")]`."""

    type: str
    """The media type."""


# --- Routes that declare their answers ----------------------------------------------------------


class AnswerRoute(APIRoute):
    """A route whose answer is declared by its annotation. Raises `UntypedAnswer` without one."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        answer = inspect.signature(endpoint).return_annotation
        self.answer = get_args(answer)[0] if get_origin(answer) is Answered else None
        status = options.get("status_code") or (204 if answer is Empty else 200)
        declared = _declared(path, answer, status)
        options |= {
            "status_code": status,
            "response_model": None,
            "response_class": Response,
            "responses": {**declared, **(options.get("responses") or {})},
        }
        super().__init__(path, endpoint, **options)
        self.app = served(self)


def _declared(path: str, answer: Any, status: int) -> Mapping[int | str, dict[str, Any]]:
    """The answers of a route, as the framework takes them."""
    if answer is Empty:
        return {}
    if get_origin(answer) is Answered:
        [model] = get_args(answer)
        for fault in faults(model):
            raise UntypedAnswer(f"{path}: {fault}")
        return {status: {"model": model, "content": _sheets(model)}}
    if get_origin(answer) is Annotated and get_args(answer)[0] is Response:
        marks = [mark for mark in answer.__metadata__ if isinstance(mark, Content)]
        if marks:
            return {status: {"content": {mark.type: BINARY for mark in marks}}}
    raise UntypedAnswer(f"{path}: annotate the route with Answered[...], Empty or Content")


def item_of(answer: Any) -> Any:
    """The type of the items of a list; None when the answer is none."""
    if get_origin(answer) in (Union, UnionType):
        return next((item for option in get_args(answer) if (item := item_of(option))), None)
    if inspect.isclass(answer) and issubclass(answer, Listed):
        return answer.__pydantic_generic_metadata__["args"][0]
    return None


def _sheets(answer: Any) -> dict[str, Any]:
    """The other forms of a list: every list can be asked for as a table."""
    if item_of(answer) is None:
        return {}
    csv, xlsx = MEDIA_TYPES[ListFormat.CSV], MEDIA_TYPES[ListFormat.XLSX]
    return {csv: {"schema": {"type": "string"}}, xlsx: BINARY}


class Router(APIRouter):
    """Routes that declare their answers, under one heading of the document."""

    def __init__(self, heading: str, dependencies: Sequence[Any] = ()) -> None:
        super().__init__(tags=[heading], route_class=AnswerRoute, dependencies=list(dependencies))


# --- What may be shown --------------------------------------------------------------------------

_PLAIN = frozenset({str, int, float, bool, date, NoneType})
_MANY = frozenset({list, tuple, set, frozenset, Sequence, AbstractSet})


def faults(
    hint: Any, name: str = "", marks: Sequence[Any] = (), inside: Sequence[Any] = ()
) -> Iterator[str]:
    """Why a type may not stand in an answer, with the field it stands in."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        yield from faults(arguments[0], name, [*marks, *arguments[1:]], inside)
    elif origin in (Union, UnionType) or origin in _MANY:
        for argument in arguments:
            if argument is not Ellipsis:
                yield from faults(argument, name, marks, inside)
    elif origin in (dict, Mapping) and arguments[0] is str:
        yield from faults(arguments[1], name, marks, inside)
    elif inspect.isclass(hint) and issubclass(hint, Answer):
        for field, info in hint.model_fields.items() if hint not in inside else ():
            where = f"{hint.__name__}.{field}"
            yield from faults(info.annotation, where, info.metadata, [*inside, hint])
    elif not _is_plain(hint, origin, marks):
        yield f"{name or 'the answer'} is {_called(hint)}, which no answer may hold"


def _is_plain(hint: Any, origin: Any, marks: Sequence[Any]) -> bool:
    if origin is Literal or hint in _PLAIN:
        return True
    if hint is datetime:
        # Only so are all times shown in UTC.
        return any(isinstance(mark, BeforeValidator) and mark.func is instant for mark in marks)
    if inspect.isclass(hint) and issubclass(hint, IntEnum):
        return any(isinstance(mark, Named) for mark in marks)
    return inspect.isclass(hint) and issubclass(hint, StrEnum)


def _called(hint: Any) -> str:
    return hint.__name__ if inspect.isclass(hint) else str(hint)

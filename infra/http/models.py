"""Bodies in and out: strict models for what comes in, one plain form for what goes out.

JSON names are snake_case, times RFC 3339, days ISO 8601, choices lower-case names, money integer
minor units with their currency.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime
from enum import Enum, IntEnum
from typing import Annotated, Any
from zoneinfo import available_timezones

import phonenumbers
from babel.numbers import list_currencies
from phonenumbers import PhoneNumberType
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema, core_schema

from contracts.common_v1 import Money, Point
from infra.addresses import mailbox
from infra.wording import Unfit

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def instant(text: object) -> datetime:
    """An RFC 3339 time as an aware datetime in UTC. Raises `Unfit`, also for other types."""
    if isinstance(text, datetime) and text.tzinfo is not None:
        return text.astimezone(UTC)
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        raise Unfit("instant")
    try:
        at = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unfit("no_such_time") from error
    if not _has_neighbours(at):
        raise Unfit("no_such_time")
    return at


def _day(text: object) -> date:
    if isinstance(text, date):
        return text
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        raise Unfit("day")
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Unfit("no_such_day") from error
    if not _has_neighbours(day):
        raise Unfit("no_such_day")
    return day


def _has_neighbours(day: date) -> bool:
    """Whether what is reckoned from it is in the calendar too, like its week, or where it is
    another day."""
    return MINYEAR < day.year < MAXYEAR


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise Unfit("one_line")
    return text


def _address(text: str) -> str:
    try:
        return mailbox(text)
    except ValueError as error:
        raise Unfit(_part_at_fault(text)) from error


def _part_at_fault(text: str) -> str:
    name, at, domain = text.rpartition("@")
    if not name or not at:
        return "email"
    try:
        mailbox(f"a@{domain}")
    except ValueError:
        return "email_domain"
    return "email_name"


Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254),
    AfterValidator(_address),
    Field(examples=["ada@example.org"]),
]
"""An address that mail can go to as it was entered; see `mailbox`."""
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
"""A BCP 47 tag of a language, with its country at most."""
Instant = Annotated[datetime, BeforeValidator(instant)]
Day = Annotated[date, BeforeValidator(_day)]


def _no_step(text: str) -> str:
    if text in {".", ".."}:
        raise Unfit("path_step")
    return text


def _no_word(text: str) -> str:
    if text.lower() in RESERVED:
        raise Unfit("reserved_id")
    return text


RESERVED = frozenset({"anybody", "anyone", "nobody", "bootstrap", "system", "me", "mine"})
"""Words that stand, or stood, for something in paths, in records or in code."""
Id = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9._~:-]{1,64}$"), AfterValidator(_no_step)
]
"""Names what there is in paths, streams, Kafka keys and position tokens: no `/`, `@` or comma."""
ChosenId = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$"),
    AfterValidator(_no_word),
]
"""An id that somebody chooses for a new thing; the one rule for all of them.

It has no `:`, so that it is never the name of what acts by itself, like `timer:missions.expiry`.
"""
Reference = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64),
    AfterValidator(_one_line),
]
"""The name an organisation gives a thing of its own, like an order number; nothing personal."""
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=255),
    AfterValidator(_one_line),
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
WebPage = Annotated[str, StringConstraints(max_length=500, pattern=r"^https://[!-~]+$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""An ISO 3166 code of two letters."""


def _time_zone(text: str) -> str:
    if text not in available_timezones():
        raise Unfit("time_zone")
    return text


TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_time_zone)]
"""The IANA name of a time zone."""
Whole = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
"""Fits the int32 of a contract."""


def phone_number(text: str, country: str) -> str:
    """A phone number that exists, as E.164; one without a country code is of that country.

    `country` is of ISO 3166. Raises `Unfit`.
    """
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as error:
        raise Unfit("phone") from error
    if not phonenumbers.is_valid_number(number):
        raise Unfit("no_such_phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def takes_texts(number: str) -> bool:
    """Whether a phone number, as E.164, is a mobile one: others get no text messages, or somebody
    earns with each."""
    kind = phonenumbers.number_type(phonenumbers.parse(number))
    return kind in {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


Phone = Annotated[str, StringConstraints(max_length=40)]
"""A phone number as it was entered; `RequestContext.phone` reads it."""


_CURRENCIES = frozenset(list_currencies())


def _currency(code: str) -> str:
    if code not in _CURRENCIES:
        raise Unfit("no_such_currency")
    return code


Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), AfterValidator(_currency)]
"""The ISO 4217 code of a currency, of today or of the past."""


class Body(BaseModel):
    """A body that comes in: nothing coerced, nothing unknown, nothing changed afterwards."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )


class MoneyBody(Body):
    """An amount in minor units: 12500 EUR is 125.00 euros."""

    amount_minor: Annotated[int, Field(ge=-(10**15), le=10**15, examples=[12500])]
    currency: Annotated[Currency, Field(examples=["EUR"])]

    def money(self) -> Money:
        """The contract's value."""
        return Money(self.amount_minor, self.currency)


class PointBody(Body):
    """A place on earth, WGS 84, in degrees."""

    latitude: Annotated[float, Field(ge=-90, le=90, examples=[48.8566])]
    longitude: Annotated[float, Field(ge=-180, le=180, examples=[2.3522])]

    def point(self) -> Point:
        """The contract's value."""
        return Point(latitude=self.latitude, longitude=self.longitude)


COMPONENT = "x-component"
"""Where a schema says under which name the document shall hold it, once."""
NUMBERS = "x-numbers"
"""Where a named schema says which number stands for which name, for the defaults of fields."""


CODES = "x-codes"
"""Where a schema says which list of codes `/reference` has words for."""


@dataclass(frozen=True, slots=True)
class Coded:
    """Marks codes that anybody may add to: `Annotated[str, Coded("Tag")]`. Those of that list in
    `contracts/words` have words."""

    name: str

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), CODES: self.name}


@dataclass(frozen=True, slots=True)
class Called:
    """Names a choice in the document: `Annotated[Literal["up", "down"], Called("Way")]`."""

    name: str

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), COMPONENT: self.name}


class Named:
    """Marks a contract's enum in a body or an answer: `Annotated[Channel, Named()]` is "app".

    A body takes the names only; an answer also takes the members. The unspecified member cannot
    be named.
    """

    def __init__(self) -> None:
        self._source: type[IntEnum] | None = None

    def __get_pydantic_core_schema__(
        self, source: type[IntEnum], _: GetCoreSchemaHandler
    ) -> CoreSchema:
        self._source = source
        members = {member.name.lower(): member for member in source if member.value}

        def name(value: object) -> object:
            return value.name.lower() if isinstance(value, source) else value

        named = core_schema.no_info_before_validator_function(
            name, core_schema.literal_schema(list(members))
        )
        return core_schema.no_info_after_validator_function(
            members.__getitem__,
            named,
            serialization=core_schema.plain_serializer_function_ser_schema(plain),
        )

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, __: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        assert self._source is not None
        members = {member.name.lower(): member.value for member in self._source if member.value}
        return {
            "type": "string",
            "enum": list(members),
            COMPONENT: self._source.__name__,
            NUMBERS: {str(number): name for name, number in members.items()},
        }


def plain(value: Any) -> Any:
    """The JSON form of events, states and rows: dataclasses become objects."""
    if isinstance(value, Enum):
        return value.name.lower()
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [plain(one) for one in value]
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"no plain form of {type(value).__name__}")

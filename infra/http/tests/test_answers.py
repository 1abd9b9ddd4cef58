"""A route declares what it answers, and only what is declared is told."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Annotated, Any

import pytest
from pydantic import ConfigDict, ValidationError
from starlette.responses import Response

from contracts.common_v1 import Money
from contracts.missions.trip_v1 import Channel, TripExpired
from infra.http.answers import (
    Answer,
    Answered,
    Content,
    Empty,
    Listed,
    MoneyShown,
    Recorded,
    Router,
    UntypedAnswer,
)
from infra.http.models import Instant, Named
from infra.http.tests.stage import Anyone, api, client

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Mood(StrEnum):
    """How a bell sounds."""

    MERRY = "merry"


class Sound(Answer):
    """A bell as it is shown."""

    price: MoneyShown
    mood: Mood
    by: Annotated[Channel, Named()] | None
    at: Instant
    next: "tuple[Sound, ...]" = ()


@dataclass
class Row:
    """A bell as it is stored."""

    price: Money
    mood: str
    at: datetime
    by: Any = None
    secret: str = "never shown"


def row(**changes: Any) -> Row:
    values: dict[str, Any] = {"price": Money(5, "EUR"), "mood": "merry", "at": NOON}
    return Row(**(values | changes))


class TestAnswer:
    def test_it_takes_its_fields_from_a_row_and_no_other(self) -> None:
        assert Sound.of(row()).model_dump().keys() == {"price", "mood", "by", "at", "next"}

    def test_a_field_that_the_row_does_not_have_is_an_error(self) -> None:
        with pytest.raises(ValidationError, match="price"):
            Sound.of(Recorded(id="b1", version=1))

    def test_what_is_not_declared_cannot_be_added(self) -> None:
        with pytest.raises(ValidationError, match="secret"):
            MoneyShown.model_validate({"amount_minor": 1, "currency": "EUR", "secret": 1})

    @pytest.mark.parametrize("by", [Channel.PORTAL, "portal"])
    async def test_it_is_json_with_names_and_times_in_utc(self, by: Any) -> None:
        there = NOON.astimezone(timezone(timedelta(hours=1)))
        answer = Answered(Sound.of(row(by=by, at=there)))
        assert answer.body == (
            b'{"price":{"amount_minor":5,"currency":"EUR"},"mood":"merry","by":"portal",'
            b'"at":"2026-11-23T12:00:00Z","next":[]}'
        )
        assert answer.headers["Content-Type"] == "application/json"

    @pytest.mark.parametrize("by", ["unspecified", "PORTAL", 2])
    def test_what_is_no_name_is_not_shown(self, by: Any) -> None:
        with pytest.raises(ValidationError, match="by"):
            Sound.of(row(by=by))

    def test_it_is_compact_utf_8(self) -> None:
        page = Listed(items=["a", "é"], next=None)
        assert Answered(page).body == '{"items":["a","é"],"next":null}'.encode()

    def test_a_list_is_written_item_by_item(self) -> None:
        page = Listed(items=[MoneyShown(amount_minor=1, currency="EUR")], next=None)
        assert Answered(page).body == b'{"items":[{"amount_minor":1,"currency":"EUR"}],"next":null}'


class WithEvent(Answer):
    """An answer that shows an event as it was recorded."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    event: TripExpired


class WithAnything(Answer):
    """An answer that may hold whatever comes."""

    more: dict[str, Any]


class WithLocalTime(Answer):
    """A time that may be of any zone."""

    times: tuple[datetime, ...]


class WithNumber(Answer):
    """An enumeration as a number."""

    by: Channel | None


class Nested(Answer):
    """An answer with one inside that is none."""

    inner: list[WithAnything]


REFUSED: list[tuple[Any, str]] = [
    (WithEvent, "WithEvent.event is TripExpired"),
    (WithAnything, "WithAnything.more is Any"),
    (WithLocalTime, "WithLocalTime.times is datetime"),
    (WithNumber, "WithNumber.by is Channel"),
    (Nested, "WithAnything.more is Any"),
    (Listed[WithEvent], "WithEvent.event is TripExpired"),
    (TripExpired, "the answer is TripExpired"),
    (dict[str, Any], "the answer is Any"),
]


def declaring(annotation: Any, **options: Any) -> Router:
    routes = Router("Sounds")

    @routes.get("/sounds", **options)
    async def sounds(context: Anyone) -> annotation:
        """Sounds."""
        return Empty()

    return routes


class TestRoute:
    @pytest.mark.parametrize(("answer", "fault"), REFUSED)
    def test_what_an_answer_may_not_hold_is_refused(self, answer: Any, fault: str) -> None:
        with pytest.raises(UntypedAnswer, match=fault):
            declaring(Answered[answer])

    @pytest.mark.parametrize("annotation", [Response, dict[str, Any], None, Answered])
    def test_a_route_that_declares_no_answer_is_refused(self, annotation: Any) -> None:
        with pytest.raises(UntypedAnswer, match="annotate the route"):
            declaring(annotation)

    @pytest.mark.parametrize("answer", [Sound, Listed[Sound], list[Sound], dict[str, Sound], int])
    def test_a_declared_answer_is_in_the_document(self, answer: Any) -> None:
        document = api(extra=declaring(Answered[answer], status_code=202)).openapi()
        responses = document["paths"]["/sounds"]["get"]["responses"]
        [status] = [status for status in responses if status.startswith("2")]
        schema = responses[status]["content"]["application/json"]["schema"]
        assert (status, bool(schema)) == ("202", True)

    async def test_an_answer_may_be_empty(self) -> None:
        app = api(extra=declaring(Empty))
        assert "content" not in app.openapi()["paths"]["/sounds"]["get"]["responses"]["204"]
        async with client(app) as caller:
            answer = await caller.get("/sounds")
        assert (answer.status_code, answer.content) == (204, b"")

    def test_an_answer_may_be_bytes_of_a_type(self) -> None:
        app = api(extra=declaring(Annotated[Response, Content("text/calendar")]))
        [answer] = [
            a
            for s, a in app.openapi()["paths"]["/sounds"]["get"]["responses"].items()
            if s == "200"
        ]
        assert list(answer["content"]) == ["text/calendar"]

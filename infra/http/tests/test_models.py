"""Bodies take what they should and refuse the rest; answers have one plain form."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Any

import pytest
from pydantic import ValidationError

from contracts.common_v1 import Money, Point
from contracts.missions.trip_v1 import Channel
from infra.http.models import (
    Body,
    ChosenId,
    Day,
    Email,
    Id,
    Instant,
    Line,
    MoneyBody,
    Named,
    Phone,
    PointBody,
    phone_number,
    plain,
)
from infra.wording import Unfit

MORNING = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


class Sample(Body):
    id: Id = "T1"
    chosen: ChosenId = "T1"
    at: Instant = MORNING
    day: Day = date(2026, 11, 23)
    point: PointBody = PointBody(latitude=0, longitude=0)
    channel: Annotated[Channel, Named()] = Channel.APP
    phone: Phone = "+33612345678"
    email: Email = "ada@example.org"
    name: Line = "x"


@pytest.mark.parametrize(
    "text",
    ["2026-11-23T08:30:00Z", "2026-11-23t08:30:00.000z", "2026-11-23T09:30:00+01:00"],
)
def test_a_time_with_its_offset_becomes_an_instant(text: str) -> None:
    assert Sample.model_validate({"at": text}).at == MORNING


def point(latitude: Any, longitude: Any) -> dict[str, Any]:
    return {"latitude": latitude, "longitude": longitude}


ACCEPTED: list[tuple[str, Any]] = [
    ("id", "a" * 64),
    ("id", "A1._~:-z"),
    ("id", "..."),
    ("id", "nobody"),
    ("chosen", "a" * 64),
    ("chosen", "1._~-z"),
    ("chosen", "nobody-2"),
    ("day", "2028-02-29"),
    ("day", "0002-01-01"),
    ("day", "9998-12-31"),
    ("point", point(90, 180)),
    ("point", point(-90.0, -180.0)),
    ("channel", "portal"),
    ("phone", "0" * 40),
    ("email", f"{'a' * 64}@example.org"),
    ("email", "o'brien+tag@sub.example.org"),
    ("email", "ada@exämple.org"),
    ("name", "x" * 255),
    ("name", "Élodie O'Brien-Łukasz"),
]
REFUSED: list[tuple[str, Any]] = [
    ("id", ""),
    ("id", "a" * 65),
    ("id", "a/b"),
    ("id", "a@1"),
    ("id", "a,b"),
    ("id", "T1\n"),
    ("id", "é"),
    ("id", "."),
    ("id", ".."),
    ("id", "a\x7f"),
    ("chosen", ""),
    ("chosen", "a" * 65),
    ("chosen", "."),
    ("chosen", ".."),
    ("chosen", "-a"),
    ("chosen", "a\x00"),
    ("chosen", "a\u200b"),
    ("chosen", "timer:a"),
    ("chosen", "anybody"),
    ("chosen", "Nobody"),
    ("chosen", "BOOTSTRAP"),
    ("chosen", "system"),
    ("chosen", "mine"),
    ("at", "2026-11-23"),
    ("at", "2026-11-23 08:30:00Z"),
    ("at", "2026-11-23T08:30Z"),
    ("at", "20261123T083000Z"),
    ("at", "2026-02-30T08:30:00Z"),
    ("at", "2026-11-23T24:30:00Z"),
    ("at", "0001-01-01T00:00:00+14:00"),
    ("at", "0001-12-31T23:59:59Z"),
    ("at", "9999-01-01T00:00:00Z"),
    ("at", "٢٠٢٦-11-23T08:30:00Z"),
    ("day", "2027-02-29"),
    ("day", "0001-12-31"),
    ("day", "9999-01-01"),
    ("day", "2026-W48-1"),
    ("day", "2026-11-23T00:00:00Z"),
    ("day", 20_000),
    ("point", point(90.001, 0)),
    ("point", point(0, -180.001)),
    ("point", point(float("nan"), 0)),
    ("point", point(0, float("inf"))),
    ("point", point("48.8", 0)),
    ("channel", "unspecified"),
    ("channel", "APP"),
    ("channel", 1),
    ("phone", "0" * 41),
    ("email", f"{'a' * 65}@example.org"),
    ("email", f"ada@{'a.' * 124}org"),
    ("email", "other@example.org,ada@example.org"),
    ("email", "other@example.org;ada@example.org"),
    ("email", "(other)ada@example.org"),
    ("email", "mailto:ada@example.org"),
    ("email", "<ada@example.org>"),
    ("email", "Ada <ada@example.org>"),
    ("email", '"ada martin"@example.org'),
    ("email", "zoé@example.org"),
    ("email", "a\u200bda@example.org"),
    ("email", "ada\x7f@example.org"),
    ("email", "ada..martin@example.org"),
    ("email", "ada@example"),
    ("email", "ada@[127.0.0.1]"),
    ("email", "ada@exam\u200bple.org"),
    ("name", ""),
    ("name", "x" * 256),
    ("name", "two\nlines"),
]


@pytest.mark.parametrize(("name", "value"), ACCEPTED)
def test_a_value_at_the_boundary_is_accepted(name: str, value: Any) -> None:
    assert name in Sample.model_validate({name: value}).model_fields_set


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_a_value_past_the_boundary_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=name):
        Sample.model_validate({name: value})


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        (" Ada@Example.ORG ", "Ada@example.org"),
        ("ada@xn--exmple-cua.org", "ada@exämple.org"),
        ("ada@exa\u0308mple.org", "ada@exämple.org"),
    ],
)
def test_an_address_is_kept_as_entered_but_for_its_domain(entered: str, kept: str) -> None:
    assert Sample(email=entered).email == kept


@pytest.mark.parametrize(
    ("entered", "rule"),
    [
        ("nobody", "email"),
        ("@example.org", "email"),
        ("a,b@example.org", "email_name"),
        ("ada@example", "email_domain"),
        ("ada@", "email_domain"),
    ],
)
def test_a_refused_address_says_which_part_is_at_fault(entered: str, rule: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Sample.model_validate({"email": entered})
    [error] = refused.value.errors()
    assert (error["type"], error["ctx"]["error"].rule) == ("value_error", rule)


@pytest.mark.parametrize(
    ("country", "entered", "kept"),
    [
        ("FR", "06 12 34 56 78", "+33612345678"),
        ("MA", "06 12 34 56 78", "+212612345678"),
        ("MA", "05 22 12 34 56", "+212522123456"),
        ("MA", "+33 6 12 34 56 78", "+33612345678"),
        ("FR", "00212 612-345678", "+212612345678"),
        ("CH", "078 123 45 67", "+41781234567"),
        ("MC", "06 12 34 56 78", "+377612345678"),
    ],
)
def test_a_phone_number_is_of_its_country_unless_it_says_another(
    country: str, entered: str, kept: str
) -> None:
    assert phone_number(entered, country) == kept


@pytest.mark.parametrize(
    ("country", "entered", "rule"),
    [
        ("FR", "nobody", "phone"),
        ("FR", "06 12 34 56", "no_such_phone"),
        ("MA", "06 12 34 56", "no_such_phone"),
        ("MA", "01 42 68 53 00", "no_such_phone"),
        ("XX", "06 12 34 56 78", "phone"),
    ],
)
def test_a_phone_number_that_its_country_does_not_have_is_refused(
    country: str, entered: str, rule: str
) -> None:
    with pytest.raises(Unfit) as refused:
        phone_number(entered, country)
    assert refused.value.rule == rule


def test_a_choice_is_a_name_in_the_document_too() -> None:
    schema = Sample.model_json_schema()["properties"]["channel"]
    assert schema["enum"] == [member.name.lower() for member in Channel if member.value]
    assert Sample.model_validate({"channel": "portal"}).channel is Channel.PORTAL


@pytest.mark.requirement("G-02")
def test_money_is_whole_minor_units_with_their_currency() -> None:
    body = MoneyBody.model_validate({"amount_minor": 12_500, "currency": "EUR"})
    assert body.money() == Money(12_500, "EUR")
    assert plain(body.money()) == {"amount_minor": 12_500, "currency": "EUR"}
    for wrong in ({"amount_minor": 125.5}, {"currency": "eur"}, {"amount_minor": 10**15 + 1}):
        with pytest.raises(ValidationError):
            MoneyBody.model_validate({"amount_minor": 1, "currency": "EUR"} | wrong)


@pytest.mark.requirement("G-02")
@pytest.mark.parametrize("code", ["ABC", "EURO", "ZZZ", "€"])
def test_money_has_a_currency_that_exists(code: str) -> None:
    assert MoneyBody(amount_minor=1, currency="CHF").money() == Money(1, "CHF")
    with pytest.raises(ValidationError):
        MoneyBody(amount_minor=1, currency=code)


@dataclass(frozen=True)
class Visit:
    where: Point
    when: datetime
    day: date
    by: Channel
    notes: tuple[str, ...]
    tags: frozenset[str]
    more: dict[str, int]


def test_an_event_has_one_plain_form() -> None:
    paris = timezone(timedelta(hours=1))
    at = datetime(2026, 11, 23, 9, 30, tzinfo=paris)
    visit = Visit(
        Point(latitude=1.5, longitude=2),
        at,
        at.date(),
        Channel.APP,
        ("é",),
        frozenset({"x"}),
        {"n": 1},
    )
    assert plain(visit) == {
        "where": {"latitude": 1.5, "longitude": 2},
        "when": "2026-11-23T08:30:00Z",
        "day": "2026-11-23",
        "by": "app",
        "notes": ["é"],
        "tags": ["x"],
        "more": {"n": 1},
    }


def test_what_has_no_plain_form_is_a_bug() -> None:
    with pytest.raises(TypeError, match="no plain form of object"):
        plain(object())

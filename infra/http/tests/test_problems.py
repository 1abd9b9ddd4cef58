"""Everything that goes wrong is told in one shape, with the fields at fault and no secrets."""

import json
import logging
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Annotated, Any

import psycopg
import pytest
from fastapi import Query
from psycopg_pool import PoolTimeout
from starlette.applications import Starlette
from starlette.routing import Mount

from contracts.common_v1 import Money
from contracts.decisions import Changed, changed
from contracts.missions.trip_v1 import Channel
from infra.catalogues import LANGUAGES
from infra.http.answers import Answered, Empty, Router
from infra.http.auth import Principal
from infra.http.clients import PRINCIPAL
from infra.http.pages import Filters
from infra.http.problems import MOST_ERRORS, Problem, refused, slug_of
from infra.http.request_context import PublicRequest, public
from infra.http.tests.stage import SAYS, RungEnough, TooQuiet, api, client
from infra.personal import SubjectIsForgotten
from infra.store.protocol import EventTooLarge
from infra.texts import UnstorableText

JSON = {"Content-Type": "application/json"}
TRACE = "0af7651916cd43dd8448eb211c80319c"
DEEP = b"[" * 100_000
LONG = "x" * 256
FIRST = date(2030, 5, 1)


class Colours(Filters):
    colour: str | None = None


@dataclass(frozen=True)
class HTTPServerIsOld:
    pass


@pytest.mark.parametrize(
    ("cls", "slug"), [(RungEnough, "rung-enough"), (HTTPServerIsOld, "http-server-is-old")]
)
def test_the_type_of_a_refusal_follows_from_the_name_of_its_class(cls: type, slug: str) -> None:
    assert slug_of(cls) == slug


def test_a_refusal_becomes_what_the_service_says_of_it() -> None:
    found = refused(RungEnough(3), SAYS)
    assert (found.type, found.status_code) == ("urn:relais:problem:rung-enough", 409)
    assert (found.facts, found.errors) == ({"most": 3}, ())
    assert found.sentence(SAYS, "en") == "It was rung 3 times, that is enough."


QUIET = TooQuiet(
    price=Money(12_505, "EUR"),
    first_on=FIRST,
    until=datetime(2030, 5, 1, 22, 30, tzinfo=UTC),
    tones=(Channel.APP, Channel.PORTAL),
    reason="wind",
)
SHOWN = {
    "en": "For €125.05, from May 1, 2030 until May 2, 2030, 12:30\u202fAM CEST,"
    " by the app, the portal: wind",
    "fr": "Pour 125,05\xa0€, du 1 mai 2030 au 2 mai 2030, 00:30 CEST,"
    " par l'application, le portail : wind",
    "de": "Für 125,05\xa0€, vom 1. Mai 2030 bis 2. Mai 2030, 00:30 CEST,"
    " durch die App, das Portal: wind",
    "nl": "Voor €\xa0125,05, van 1 mei 2030 tot 2 mei 2030, 00:30 CEST,"
    " via de app, het portaal: wind",
    "es": "Por 125,05\xa0€, del 1 de mayo de 2030 al 2 de mayo de 2030, 0:30 CEST,"
    " por la aplicación, el portal: wind",
    "it": "Per 125,05\xa0€, dal 1 maggio 2030 al 2 maggio 2030, 00:30 CEST,"
    " tramite l'app, il portale: wind",
    "pt": "Por €\xa0125,05, de 1 de maio de 2030 a 2 de maio de 2030, 00:30 CEST,"
    " por a aplicação, o portal: wind",
    "sv": "För 125,05\xa0€, från 1 maj 2030 till 2 maj 2030, 00:30 CEST,"
    " genom appen, portalen: wind",
    "ar": "مقابل \u2068\u200f125,05\xa0€\u2069، من \u20681 ماي 2030\u2069"
    " إلى \u20682 ماي 2030، 00:30 CEST\u2069،"
    " عبر \u2068التطبيق، البوابة\u2069: \u2068wind\u2069",  # noqa: RUF001 - it is Arabic
    "no": "For 125,05\xa0€, fra 1. mai 2030 til 2. mai 2030, 00:30 CEST,"
    " gjennom appen, portalen: wind",
}


def told(problem: Problem, language: str | None = None, app: object = None) -> dict[str, Any]:
    """The body of the answer to somebody of Paris."""
    headers = [] if language is None else [(b"accept-language", language.encode())]
    caller = Principal("d1", "o1", frozenset())
    scope = {"path": "/bells/b1", "headers": headers, "app": app or api(), PRINCIPAL: caller}
    body: dict[str, Any] = json.loads(bytes(problem.response(scope).body))
    return body


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_shows_its_facts_as_the_language_writes_them(language: str) -> None:
    assert told(refused(QUIET, SAYS), language)["detail"] == SHOWN[language]


def test_the_facts_of_a_sentence_come_as_data_too() -> None:
    assert told(refused(QUIET, SAYS), "de")["facts"] == {
        "price": {"amount_minor": 12_505, "currency": "EUR"},
        "first_on": "2030-05-01",
        "until": "2030-05-01T22:30:00Z",
        "tones": ["app", "portal"],
        "reason": "wind",
    }


def test_a_refusal_for_one_field_names_it_and_says_the_same_of_it() -> None:
    body = told(refused(QUIET, SAYS), "fr")
    [error] = body["errors"]
    assert error == {"field": "/note", "rule": "too-quiet", "detail": body["detail"]}


def test_a_fact_that_is_absent_has_a_sentence_of_its_own() -> None:
    body = told(refused(replace(QUIET, reason=None), SAYS), "sv")
    assert body["detail"] == "Ingen hör den för 125,05\xa0€."
    assert body["facts"]["reason"] is None


async def test_a_problem_is_told_in_the_language_that_was_asked_for() -> None:
    async with client(api(), **{"Accept-Language": "pl, fr-CA;q=0.8, en;q=0.7"}) as caller:
        answer = await caller.post("/bells/b1/rings?loud=1", json={})
    assert answer.json() == {
        "type": "urn:relais:problem:invalid-request",
        "title": "Saisie incorrecte",
        "status": 422,
        "detail": "À corriger : query:loud.",
        "instance": "/bells/b1/rings",
        "errors": [
            {
                "field": "query:loud",
                "rule": "extra_forbidden",
                "detail": "Ceci n'est pas connu ici.",
            }
        ],
    }
    assert answer.headers["Content-Language"] == "fr"
    assert answer.headers["Vary"] == "Accept-Language"


async def test_a_problem_says_where_it_is_explained() -> None:
    async with client(Starlette(routes=[Mount("/tower", api())])) as caller:
        answer = await caller.get("/tower/nowhere")
        assert answer.headers["Link"] == '</tower/problems#no-such-route>; rel="help"'
        page = await caller.get("/tower/problems")
    assert 'id="no-such-route"' in page.text
    assert "<html lang=en dir=ltr>" in page.text


async def test_the_page_of_problems_is_from_right_to_left_in_arabic() -> None:
    async with client(api(), **{"Accept-Language": "ar-MA"}) as caller:
        page = await caller.get("/problems")
    assert page.headers["Content-Language"] == "ar"
    assert "<html lang=ar dir=rtl>" in page.text
    assert "<h1>المشاكل</h1>" in page.text


def test_what_no_api_of_ours_answers_is_told_in_words_of_all() -> None:
    scope = {"path": "/", "headers": [(b"accept-language", b"nb")], "app": Starlette()}
    answer = Problem(404, "no-such-route").response(scope)
    assert json.loads(bytes(answer.body))["detail"] == "Det finnes ingenting på denne adressen."
    assert "Link" not in answer.headers


SHAPES: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    ({"note": LONG}, "Höchstzahl der Zeichen: 255.", {"max_length": 255}),
    ({"count": 2**31}, "Der Wert darf höchstens 2.147.483.647 sein.", {"le": 2**31 - 1}),
    ({"after": "soon"}, "Dies muss eine Uhrzeit mit ihrem Abstand zu UTC sein, etwa", {}),
    ({"channel": "fax"}, "Möglich ist: app, portal.", {"expected": ["app", "portal"]}),
    ({"note": "two\nlines"}, "Dies muss eine einzelne Zeile druckbaren Textes sein.", {}),
]


@pytest.mark.parametrize(("body", "sentence", "facts"), SHAPES)
async def test_a_shape_is_told_in_the_language_with_its_limits_as_data(
    body: dict[str, Any], sentence: str, facts: dict[str, Any]
) -> None:
    async with client(api(), **{"Accept-Language": "de"}) as caller:
        answer = await caller.post("/bells/b1/rings", json=body)
    [error] = answer.json()["errors"]
    assert error["detail"].startswith(sentence)
    assert error.get("facts", {}) == facts


def test_a_decision_on_what_has_changed_is_told_what_stands_now() -> None:
    money = {"amount_minor": 90_000, "currency": "EUR"}
    stale = changed(
        {"quote/price": Money(20_000, "EUR"), "quote/pickup_on": None, "note": "same"},
        {"quote/price": Money(90_000, "EUR"), "quote/pickup_on": FIRST, "note": "same"},
    )
    assert stale is not None
    found = refused(stale, SAYS)
    assert (found.type, found.status_code) == ("urn:relais:problem:changed", 412)
    body = json.loads(bytes(found.response({"path": "/trips/T1/award", "headers": []}).body))
    assert body["now"] == {"/quote/price": money, "/quote/pickup_on": "2030-05-01"}
    assert [(one["field"], one["rule"]) for one in body["errors"]] == [
        ("/quote/price", "changed"),
        ("/quote/pickup_on", "changed"),
    ]


def test_what_is_as_it_was_seen_has_not_changed() -> None:
    assert changed({"price": Money(1, "EUR")}, {"price": Money(1, "EUR")}) is None


def test_what_became_nothing_is_told_as_nothing() -> None:
    found = refused(Changed({"price": 1}, {"price": None}), SAYS)
    assert found.now == {"/price": None}


UNREADABLE: list[tuple[str, bytes, dict[str, str], int, str]] = [
    ("no JSON", b"{", JSON, 400, "malformed-json"),
    ("JSON with a comma too many", b'{"note":"x",}', JSON, 400, "malformed-json"),
    ("no text", b"\xff\xfe{", JSON, 400, "malformed-request"),
    ("endlessly nested", DEEP, JSON, 400, "malformed-request"),
    ("a number of 5000 digits", b'{"count":' + b"9" * 5000 + b"}", JSON, 400, "malformed-request"),
    ("a form", b"note=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415, ""),
    ("text", b"{}", {"Content-Type": "text/plain"}, 415, "unsupported-media-type"),
    ("of no type", b"{}", {}, 415, "unsupported-media-type"),
]


@pytest.mark.parametrize(
    ("_what", "content", "headers", "status", "slug"), UNREADABLE, ids=[u[0] for u in UNREADABLE]
)
async def test_a_body_that_cannot_be_read_is_refused(
    _what: str, content: bytes, headers: dict[str, str], status: int, slug: str
) -> None:
    async with client(api()) as caller:
        answer = await caller.post("/bells/b1/rings", content=content, headers=headers)
    assert answer.status_code == status
    assert answer.json()["type"].startswith("urn:relais:problem:")
    assert answer.json()["type"].endswith(slug)


INVALID: list[tuple[Any, list[tuple[str, str]]]] = [
    (None, [("/", "model_attributes_type")]),
    ([], [("/", "model_attributes_type")]),
    ({"unknown": 1}, [("/unknown", "extra_forbidden")]),
    ({"a/b~c": 1}, [("/a~1b~0c", "extra_forbidden")]),
    ({"note": 5}, [("/note", "string_type")]),
    ({"note": ""}, [("/note", "string_too_short")]),
    ({"note": "   "}, [("/note", "string_too_short")]),
    ({"note": LONG}, [("/note", "string_too_long")]),
    ({"note": "two\nlines"}, [("/note", "value_error")]),
    ({"note": "\ud800"}, [("/note", "string_unicode")]),
    ({"note": "a\0b"}, [("/", "nul")]),
    ({"count": "5"}, [("/count", "int_type")]),
    ({"count": 5.0}, [("/count", "int_type")]),
    ({"count": True}, [("/count", "int_type")]),
    ({"count": 2**31}, [("/count", "less_than_equal")]),
    ({"price": {"amount_minor": 1}}, [("/price/currency", "missing")]),
    ({"price": {"amount_minor": 1, "currency": 978}}, [("/price/currency", "string_type")]),
    ({"after": 1_700_000_000}, [("/after", "value_error")]),
    ({"after": "2026-11-23T08:30:00"}, [("/after", "value_error")]),
    ({"count": None, "note": None}, [("/note", "string_type"), ("/count", "int_type")]),
]


@pytest.mark.parametrize(("body", "errors"), INVALID)
async def test_every_field_that_is_not_as_it_should_be_is_named(
    body: Any, errors: list[tuple[str, str]]
) -> None:
    async with client(api()) as caller:
        answer = await caller.post("/bells/b1/rings", content=_ascii(body), headers=JSON)
    assert answer.status_code == 422
    found = answer.json()["errors"]
    assert [(error["field"], error["rule"]) for error in found] == errors
    assert all(error["detail"] for error in found)


def _ascii(body: Any) -> bytes:
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/bells/a@b", "path:bell_id"),
        (f"/bells/{LONG}", "path:bell_id"),
        ("/bells/b1?as_of=x", "query:as_of"),
    ],
)
async def test_names_and_parameters_are_named_too(path: str, field: str) -> None:
    async with client(api()) as caller:
        answer = await caller.get(path)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_a_nul_in_a_path_goes_no_further() -> None:
    async with client(api()) as caller:
        assert (await caller.get("/bells/b%00")).status_code == 400
        assert (await caller.get("/numbers?cursor=%00")).status_code == 400


@pytest.mark.parametrize("text", ["a\0b", "ab"])
@pytest.mark.parametrize(
    "encoding",
    ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig"],
)
async def test_json_in_another_encoding_than_utf_8_is_refused(encoding: str, text: str) -> None:
    content = json.dumps({"note": text}).encode(encoding)
    async with client(api()) as caller:
        answer = await caller.post("/bells/b1/rings", content=content, headers=JSON)
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        [
            {
                "field": "/",
                "rule": "utf_8",
                "detail": "Send JSON in UTF-8, without a byte order mark.",
            }
        ],
    )


async def test_a_surrogate_alone_is_no_utf_8() -> None:
    content = b'{"note":"\xed\xa0\x80"}'
    async with client(api()) as caller:
        answer = await caller.post("/bells/b1/rings", content=content, headers=JSON)
    assert (answer.status_code, answer.json()["errors"][0]["rule"]) == (400, "utf_8")


@pytest.mark.parametrize(
    ("charset", "taken"),
    [
        ("; charset=utf-8", True),
        (';Charset="UTF-8"; x=y', True),
        ("; x=y; charset=utf8", True),
        ("; charset=utf-16", False),
        ('; x=y; charset="ISO-8859-1"', False),
        ("; charset=", False),
    ],
)
async def test_a_type_may_name_utf_8_and_nothing_else(charset: str, taken: bool) -> None:
    headers = {"Content-Type": f"application/json{charset}"}
    async with client(api()) as caller:
        answer = await caller.post("/bells/b1/rings", content=b'{"note":5}', headers=headers)
    found = answer.status_code, answer.json()["errors"][0]["field"]
    assert found == ((422, "/note") if taken else (400, "header:Content-Type"))


async def test_a_backslash_before_u0000_is_text_like_any_other() -> None:
    async with client(api()) as caller:
        answer = await caller.post("/bells/b1/rings", json={"note": "\\u0000", "count": "x"})
    assert [error["field"] for error in answer.json()["errors"]] == ["/count"]


async def test_endless_errors_are_cut_short() -> None:
    async with client(api()) as caller:
        answer = await caller.post("/bells/b1/rings", json={f"f{n}": 1 for n in range(99)})
    assert len(answer.json()["errors"]) == MOST_ERRORS


async def test_what_was_sent_is_not_sent_back() -> None:
    async with client(api()) as caller:
        answer = await caller.post("/bells/b1/rings", json={"count": "my secret"})
    assert "secret" not in answer.text


async def test_an_unknown_path_is_a_problem_like_any_other() -> None:
    async with client(api()) as caller:
        for path in ("/nowhere", "/bells/b1/"):
            answer = await caller.get(path)
            assert answer.status_code == 404
            assert answer.json()["type"] == "urn:relais:problem:no-such-route"
            assert answer.json()["instance"] == path


async def test_a_method_that_a_path_does_not_know_is_told_which_it_does() -> None:
    async with client(api()) as caller:
        answer = await caller.delete("/bells/b1")
    assert answer.json()["type"] == "urn:relais:problem:method-not-allowed"
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, PUT")


async def test_a_problem_names_the_trace_the_caller_began() -> None:
    async with client(api(), traceparent=f"00-{TRACE}-b7ad6b7169203331-01") as caller:
        assert (await caller.get("/nowhere")).json()["trace_id"] == TRACE


# --- What breaks underneath ---------------------------------------------------------------------


def breaking(error: Exception) -> Router:
    routes = Router("Broken")

    @routes.get("/broken")
    async def broken(context: Annotated[PublicRequest, public()]) -> Empty:
        """Break."""
        raise error

    return routes


async def test_a_crash_tells_nothing_but_where_it_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = api(extra=breaking(ValueError("the password is 1234")))
    with caplog.at_level(logging.ERROR):
        async with client(app) as caller:
            answer = await caller.get("/broken")
    assert answer.status_code == 500
    assert answer.json()["detail"] == "Something went wrong on our side."
    assert "1234" not in answer.text
    assert answer.json()["trace_id"] in caplog.text
    assert "1234" in caplog.text


UNDERNEATH = [
    (psycopg.OperationalError("gone"), 503, "unavailable"),
    (psycopg.errors.ProgramLimitExceeded("too large"), 500, "internal-error"),
    (PoolTimeout("none in time"), 503, "unavailable"),
    (EventTooLarge("5 MB"), 413, "event-too-large"),
    (SubjectIsForgotten(["d1"]), 409, "subject-is-forgotten"),
    (UnstorableText("comment"), 422, "invalid-request"),
]


@pytest.mark.parametrize(("error", "status", "slug"), UNDERNEATH)
async def test_what_the_layers_below_raise_is_told_apart(
    error: Exception, status: int, slug: str
) -> None:
    async with client(api(extra=breaking(error))) as caller:
        answer = await caller.get("/broken")
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:relais:problem:{slug}")
    assert ("Retry-After" in answer.headers) == (status == 503)


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (psycopg.errors.DiskFull("could not extend file\nDETAIL: ada@example.org"), True),
        (psycopg.OperationalError("gone\nDETAIL: ada@example.org"), False),
    ],
)
async def test_a_full_disk_is_named_in_the_log_and_values_are_not(
    caplog: pytest.LogCaptureFixture, error: Exception, named: bool
) -> None:
    async with client(api(extra=breaking(error))) as caller:
        assert (await caller.get("/broken")).status_code == 503
    [written] = [one for one in caplog.records if one.name == "relais.database"]
    assert ("disk is full" in written.getMessage()) is named
    assert "example.org" not in written.getMessage()


@pytest.mark.parametrize("query", ["", "limit=2", "limit=2&upto=3", "cursor=", "&"])
async def test_a_parameter_that_the_route_takes_is_known(query: str) -> None:
    async with client(api()) as caller:
        answer = await caller.get(f"/numbers?{query}")
    assert "extra_forbidden" not in answer.text


@pytest.mark.parametrize("query", ["sort=date", "limit=2&sort=", "Limit=2", "sort"])
async def test_a_parameter_that_the_route_does_not_take_is_refused(query: str) -> None:
    async with client(api()) as caller:
        answer = await caller.get(f"/numbers?{query}")
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["rule"]) == (422, "extra_forbidden")
    assert error["field"] in ("query:sort", "query:Limit")


async def test_every_unknown_parameter_is_named_up_to_a_bound() -> None:
    query = "&".join(f"p{n}=1" for n in range(MOST_ERRORS + 1))
    async with client(api()) as caller:
        answer = await caller.post(f"/bells/b1/rings?{query}", json={})
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == MOST_ERRORS


async def test_strangers_are_not_told_what_a_route_takes() -> None:
    async with client(api(), Authorization="") as caller:
        assert (await caller.get("/numbers?sort=date")).status_code == 401


async def test_filters_declared_as_a_model_are_known_one_by_one() -> None:
    extra = Router("Filters")

    @extra.get("/filtered")
    async def filtered(
        context: Annotated[PublicRequest, public()], given: Annotated[Colours, Query()]
    ) -> Answered[str | None]:
        """The colour that was chosen."""
        return Answered(given.colour)

    async with client(api(extra=extra)) as caller:
        assert (await caller.get("/filtered?colour=red")).json() == "red"
        assert (await caller.get("/filtered?color=red")).status_code == 422

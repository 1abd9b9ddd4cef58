"""The documents of the APIs are those of the code, can be read, and break no client."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.catalogues import Content
from infra.http import browsers
from infra.http.answers import Answer, Answered, Router
from infra.http.tests.stage import Anyone, api
from tools import outside
from tools.openapi import __main__ as command
from tools.openapi import rules, words
from tools.openapi.documents import FOLDER

WITH_GO = shutil.which("go") is not None
WITH_NODE = shutil.which("node") is not None and shutil.which("npm") is not None


class Bell(Answer):
    """A bell as it is shown."""

    note: str


def document(**operation: Any) -> dict[str, Any]:
    """The document of the small API, its first operation changed."""
    made = api().openapi()
    made["paths"]["/bells/{bell_id}/rings"]["post"] |= operation
    return made


def with_property(schema: dict[str, Any]) -> dict[str, Any]:
    made = document()
    made["components"]["schemas"]["Rung"]["properties"]["rung"] = schema
    return made


def with_schema(*texts: str, **fields: Any) -> dict[str, Any]:
    """The document with one more object, of fields that are texts and of these."""
    made = document()
    made["components"]["schemas"]["Thing"] = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in texts} | fields,
    }
    return made


def answering(schema: dict[str, Any]) -> dict[str, Any]:
    return {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}


FORMER = {"type": "string", "deprecated": True}
ANY_TEXT = {"name": "bell_id", "in": "path", "required": True, "schema": {"type": "string"}}

BAD: list[tuple[dict[str, Any], str]] = [
    (document(responses=answering({})), "the answer 200 has no schema"),
    (document(responses={"201": {"description": ""}}), "the answer 201 has no schema"),
    (document(summary=""), "no summary"),
    (document(description=""), "no description"),
    (document(tags=[]), "no tags"),
    (document(parameters=[ANY_TEXT]), "bell_id may be any text"),
    (document(description="Ring a bell (HIF-18)."), "nobody outside knows what HIF-18 is"),
    (document(description="Ring a bell, as C6 has it."), "nobody outside knows what C6 is"),
    (document(summary="Ring a bell (G-07)"), "nobody outside knows what G-07 is"),
    (with_property({"type": "string", "enum": ["a", "b"]}), "an enumeration without a name"),
    (with_property({"title": "Rung"}), "may be anything"),
    (with_property({"type": "array", "items": {}}), "may be anything"),
    (with_schema("amount_minor", "currency", "kind"), "stands in an object with currency alone"),
    (with_schema("net_minor"), "money is an object with amount_minor and currency"),
    (with_schema("departure_city"), "a town is an object with city and postal_code"),
    (with_schema("fixed", "day"), "fixed stands in an object with date alone"),
    (with_schema("latitude", "longitude", "city"), "in an object with longitude alone"),
    (with_schema("status"), "status is an enumeration"),
    (
        with_schema(counter_status={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        "counter_status is an enumeration",
    ),
]


@pytest.mark.parametrize(("bad", "fault"), BAD, ids=[fault for _, fault in BAD])
def test_a_document_that_breaks_a_rule_is_found(bad: dict[str, Any], fault: str) -> None:
    assert any(found.endswith(fault) for found in rules.faults(bad))


GOOD = [
    document(),
    document(responses={"204": {"description": "Nothing"}}),
    document(parameters=[ANY_TEXT | {"schema": {"type": "string", "format": "date"}}]),
    document(description="As RFC 3339 and UTF-8 have it, by SHA-256."),
    with_property({"type": "string", "const": "a"}),
    with_property({"anyOf": [{"type": "integer"}, {"type": "null"}]}),
    with_schema("amount_minor", "currency"),
    with_schema("date", "fixed"),
    with_schema("city", amount_minor=FORMER, net_minor=FORMER, departure_city=FORMER),
    with_schema(status={"const": "open", "type": "string"}),
    with_schema(status={"$ref": "#/components/schemas/ListFormat"}),
]


@pytest.mark.parametrize("good", GOOD)
def test_a_document_that_keeps_to_them_passes(good: dict[str, Any]) -> None:
    assert list(rules.faults(good)) == []


# --- The command --------------------------------------------------------------------------------

WORDS = {
    "AmendmentKind": {"corrected": "right now", "redacted": "gone", "skipped": "passed over"},
    "Channel": {"app": "the app", "portal": "the portal"},
    "ListFormat": {"json": "JSON", "csv": "a table", "xlsx": "a workbook"},
}


def written(root: Path, folder: Path, made: dict[str, Any]) -> Path:
    (root / folder).mkdir(parents=True, exist_ok=True)
    file = root / folder / "bells.yaml"
    file.write_text(yaml.safe_dump(made, sort_keys=False))
    return file


@cache
def events() -> dict[str, str]:
    """Words for the types of events in the history of the small API."""
    found = words.used({"bells": document()})["bells"].enumerations
    return dict.fromkeys(found[words.EVENT_TYPE], "something happened")


def run(task: str, root: Path, labels: Any = WORDS, **options: Any) -> int:
    """The command, over the document of the small API, where people have these words."""
    (root / FOLDER).parent.joinpath("words").mkdir(parents=True, exist_ok=True)
    (root / FOLDER).parent.joinpath("words/texts.yaml").write_text(
        yaml.safe_dump({"labels": {**labels, words.EVENT_TYPE: events()}})
    )
    return command.main([task], root, lambda: {"bells": document(**options)})


class TestCheck:
    def test_what_was_written_is_not_stale(self, tmp_path: Path) -> None:
        assert run("write", tmp_path) == 0
        assert run("check", tmp_path) == 0

    def test_a_document_that_is_not_of_the_code_is_stale(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run("write", tmp_path)
        written(tmp_path, FOLDER, document(summary="Old"))
        assert run("check", tmp_path) == 1
        assert "contracts/http/bells.yaml is stale" in capsys.readouterr().out

    def test_a_document_of_a_service_that_is_gone_is_stale_and_goes(self, tmp_path: Path) -> None:
        run("write", tmp_path)
        gone = tmp_path / "contracts/http/gone.yaml"
        gone.write_text("{}")
        assert run("check", tmp_path) == 1
        assert run("write", tmp_path) == 0
        assert not gone.exists()

    def test_what_breaks_a_rule_fails(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run("write", tmp_path, tags=[])
        assert run("check", tmp_path, tags=[]) == 1
        assert "bells: POST /bells/{bell_id}/rings: no tags" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("labels", "fault"),
        [
            ({"ListFormat": {"json": "JSON", "csv": "a table"}}, "ListFormat.xlsx has no words"),
            ({}, "ListFormat.json has no words"),
            (WORDS | {"Colour": {"red": "red"}}, "no API has Colour.red"),
            ({"ListFormat": {**WORDS["ListFormat"], "pdf": "PDF"}}, "no API has ListFormat.pdf"),
        ],
    )
    def test_each_value_has_words_and_no_other_has(
        self, tmp_path: Path, labels: Any, fault: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run("write", tmp_path)
        assert run("check", tmp_path, labels) == 1
        assert f"contracts/words/texts.yaml: {fault}" in capsys.readouterr().out

    def test_what_apis_read_of_their_words_is_not_stale(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run("write", tmp_path)
        (tmp_path / "contracts/words/used.json").write_text("{}")
        assert run("check", tmp_path) == 1
        assert "contracts/words/used.json is stale" in capsys.readouterr().out

    def test_codes_that_a_document_names_have_words(self) -> None:
        coloured = {"bells": with_property({"type": "string", "x-codes": "Colour"})}
        found = words.used(coloured)
        assert found["bells"].codes == ["Colour"]
        assert "Colour has no words" in words.faults(found, Content())
        colours = {"red": "red", "other": "another one"}
        known = Content(labels={"Colour": colours, words.EVENT_TYPE: events(), **WORDS})
        assert list(words.faults(found, known)) == []

    def test_types_of_events_and_a_status_that_is_the_only_one_have_words(self) -> None:
        made = document()
        gone = {"status": {"type": "string", "const": "forgotten"}}
        made["components"]["schemas"]["Forgotten"] = {"type": "object", "properties": gone}
        found = words.used({"bells": made})
        published = "relais.missions.trip.v1.published"
        named = {"Gone": {"forgotten": "forgotten"}, words.EVENT_TYPE: events(), **WORDS}
        assert list(words.faults(found, Content(labels=named))) == []
        faults = list(words.faults(found, Content(labels=WORDS)))
        assert f"EventType.{published} has no words" in faults
        assert "Gone.forgotten has no words" in faults


def one_more(**options: Any) -> dict[str, Any]:
    """The document of the small API with one more route."""
    extra = Router("More")

    @extra.get("/more", **options)
    async def more(context: Anyone, colour: str | None = None) -> Answered[Bell]:
        """More of it."""
        raise NotImplementedError

    return api(extra=extra).openapi()


def without_an_answers_field() -> dict[str, Any]:
    made = one_more()
    schema = made["components"]["schemas"]["Bell"]
    schema["properties"] = {"tone": schema["properties"].pop("note")}
    schema["required"] = ["tone"]
    return made


def history(*kinds: str) -> dict[str, Any]:
    """The document of an API whose answers are one of these kinds of facts."""
    made = one_more()
    schemas = made["components"]["schemas"]
    for kind in kinds:
        schemas[kind] = {"type": "object", "properties": {"kind": {"const": kind}}}
    facts = [{"$ref": f"#/components/schemas/{kind}"} for kind in kinds]
    schemas["Bell"]["properties"]["facts"] = {"type": "array", "items": {"oneOf": facts}}
    return made


BREAKS = [(document(), "API path removed"), (without_an_answers_field(), "note")]


def compared(root: Path, now: dict[str, Any], expected: int) -> None:
    written(root, command.RELEASED, one_more())
    written(root, FOLDER, now)
    assert command.main(["breaking"], root) == (expected if WITH_GO else 0)


class TestBreaking:
    @pytest.mark.parametrize(("now", "why"), BREAKS)
    def test_what_breaks_a_client_fails(
        self, tmp_path: Path, now: Any, why: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        compared(tmp_path, now, 1)
        said = capsys.readouterr().out
        assert why in said or (not WITH_GO and "go is absent" in said)

    def test_an_api_that_is_gone_breaks_its_clients(self, tmp_path: Path) -> None:
        compared(tmp_path, one_more(), 0)
        (tmp_path / "contracts/http/bells.yaml").unlink()
        assert command.main(["breaking"], tmp_path) == 1

    def test_what_is_added_breaks_nobody(self, tmp_path: Path) -> None:
        written(tmp_path, command.RELEASED, document())
        written(tmp_path, FOLDER, one_more())
        assert command.main(["breaking"], tmp_path) == 0

    def test_one_more_kind_of_fact_in_a_history_breaks_nobody(self, tmp_path: Path) -> None:
        written(tmp_path, command.RELEASED, history("rung", "muted"))
        written(tmp_path, FOLDER, history("rung", "muted", "cast"))
        assert command.main(["breaking"], tmp_path) == 0

    def test_what_is_released_is_what_was_committed(self, tmp_path: Path) -> None:
        file = written(tmp_path, FOLDER, document())
        written(tmp_path, command.RELEASED, one_more())
        assert command.main(["release"], tmp_path) == 0
        assert (tmp_path / command.RELEASED / "bells.yaml").read_text() == file.read_text()


class TestLint:
    def test_a_good_document_passes(self, tmp_path: Path) -> None:
        written(tmp_path, FOLDER, document())
        assert command.main(["lint"], tmp_path) == 0

    def test_a_bad_one_does_not(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        bad = document(parameters=[{"$ref": "#/components/parameters/Nothing"}])
        written(tmp_path, FOLDER, bad)
        assert command.main(["lint"], tmp_path) == (1 if WITH_NODE else 0)
        said = capsys.readouterr().out
        assert "bells.yaml" in said or (not WITH_NODE and "absent" in said)


def alone(task: str, root: Path) -> str:
    """The output of the command where no other program is at hand."""
    program = (
        "import sys; from pathlib import Path; from tools import outside;"
        " outside.FOLDER = Path(sys.argv[2]) / 'programs';"
        " from tools.openapi.__main__ import main;"
        " sys.exit(main([sys.argv[1]], Path(sys.argv[2])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, task, str(root)],
        cwd=outside.ROOT,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_without_go_and_node_it_is_said_that_nothing_was_run(tmp_path: Path) -> None:
    written(tmp_path, command.RELEASED, document())
    written(tmp_path, FOLDER, document())
    assert alone("breaking", tmp_path) == "go is absent: oasdiff not run\n"
    assert alone("lint", tmp_path) == "node is absent: redocly not run\n"


def test_a_page_may_send_and_read_every_header_of_the_documents() -> None:
    documents = [yaml.safe_load(found.read_text()) for found in FOLDER.glob("*.yaml")]
    operations = [
        (method, operation)
        for made in documents
        for item in made["paths"].values()
        for method, operation in item.items()
    ]
    components = [part for made in documents for part in made["components"]["parameters"].values()]
    answers = [answer for _, operation in operations for answer in operation["responses"].values()]
    own = [part for _, operation in operations for part in operation["parameters"]]
    taken = {part["name"] for part in (*components, *own) if part.get("in") == "header"}
    # The gateway of text messages is no page.
    assert taken > {"relais-signature"}
    assert taken - {"relais-signature"} <= {*browsers.TAKEN}
    assert {name for answer in answers for name in answer.get("headers", ())} <= {*browsers.SHOWN}
    assert {method.upper() for method, _ in operations} <= {*browsers.METHODS}

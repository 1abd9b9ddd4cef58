"""Contracts keep their rules, and a contract that breaks one does not compile."""

from pathlib import Path

import pytest

from tests.contract.kit import compiled, event, packages
from tools.compiler import rules
from tools.compiler.__main__ import main

PHONE = "relais.common.v1.SealedText phone = 2"
OF_ID = '[(relais.options.v1.personal) = {subject: "id"}]'
NEEDS_FORGETTING = "so a contract with that key needs an event of type <package>.subject_forgotten"
NEEDS_TIME = (
    ".Happened needs a time: the name of one of its plain Timestamps or LocalDates, or recorded"
)
FORGOTTEN = event("", name="SubjectForgotten", type="subject_forgotten")

BROKEN = [
    (
        event("", type="HappenedToday"),
        ".Happened needs the type relais.test.thing.v1.<what_happened>",
    ),
    (event("", key="uid"), ".Happened needs a key: the name of one of its plain string fields"),
    (
        event("int32 count = 2;", key="count"),
        ".Happened needs a key: the name of one of its plain string fields",
    ),
    (event("", time=""), NEEDS_TIME),
    (event("google.protobuf.Timestamp done_at = 2;", time="made_at"), NEEDS_TIME),
    (event("optional google.protobuf.Timestamp done_at = 2;", time="done_at"), NEEDS_TIME),
    (event("repeated google.protobuf.Timestamp done_at = 2;", time="done_at"), NEEDS_TIME),
    (event("string done_at = 2;", time="done_at"), NEEDS_TIME),
    (event("") + event("", name="Again"), " gives several events the same type: happened"),
    (
        event("string other = 2;")
        + event("string other = 2;", name="Ended", type="ended", key="other"),
        " has more than one key: id, other",
    ),
    (event("float weight = 2;"), ".Happened.weight has a type the compiler does not know"),
    (
        event("map<string, string> tags = 2;"),
        ".Happened declares types inside itself; declare them beside it",
    ),
    (
        event("oneof how { string one = 2; string two = 3; }"),
        ".Happened.one has a type the compiler does not know",
    ),
    (
        event("") + "// Left over.\nmessage Detail { string text = 1; }",
        ".Detail is neither an event nor part of one",
    ),
    (event("").replace("// It happened.", ""), ".Happened needs a comment"),
    (
        event("Mood mood = 2;") + "// How.\nenum Mood { MOOD_GOOD = 0; }",
        ".Mood needs MOOD_UNSPECIFIED = 0",
    ),
    (
        event("Mood mood = 2;") + "// How.\nenum Mood { MOOD_UNSPECIFIED = 0; GOOD = 1; }",
        ".Mood has values that do not begin with MOOD_",
    ),
    (
        event("string phone = 2;"),
        ".Happened.phone looks personal, so it needs (relais.options.v1.personal)",
    ),
    (
        event(f"{PHONE};"),
        ".Happened.phone is sealed, so it needs (relais.options.v1.personal)",
    ),
    (
        event(f"string phone = 2 {OF_ID};") + FORGOTTEN,
        ".Happened.phone is personal, so it must be SealedText or SealedPoint",
    ),
    (
        event(f"repeated {PHONE} {OF_ID};") + FORGOTTEN,
        ".Happened.phone is sealed, so it cannot be repeated",
    ),
    (
        event(f"{PHONE} {OF_ID.replace('id', 'nobody')};") + FORGOTTEN,
        ".Happened.phone needs a subject: the name of one of the plain string fields beside it",
    ),
    (
        event(f"{PHONE} {OF_ID};"),
        f" has personal data of id, {NEEDS_FORGETTING}",
    ),
    (
        event("Contact contact = 2;") + f"// Whom to call.\nmessage Contact {{ {PHONE}; }}",
        ".Contact.phone is personal, so it belongs on the event itself",
    ),
    (
        event("Contact contact = 2;") + "// Whom to call.\nmessage Contact { string phone = 1; }",
        ".Contact.phone looks personal, so it needs (relais.options.v1.personal)",
    ),
]


SOUND_PERSONAL = [
    *("name", "first_name", "last_name", "customer_name", "surname", "iban", "birth_date"),
    *("birthday", "phone", "phone_number", "email", "e_mail", "home_address", "street"),
]
SOUND_HARMLESS = [
    "string product_name",
    "string address_id",
    "bool email_verified",
    "google.protobuf.Timestamp email_sent_at",
]


def test_our_contracts_keep_every_rule() -> None:
    assert rules.complaints(packages()) == []


def test_a_small_contract_keeps_every_rule(tmp_path: Path) -> None:
    good = event(f"{PHONE} {OF_ID};") + FORGOTTEN
    assert rules.complaints(compiled(tmp_path, good)) == []


@pytest.mark.parametrize(
    ("field", "time"),
    [
        ("google.protobuf.Timestamp done_at = 2;", "done_at"),
        ("relais.common.v1.LocalDate done_on = 2;", "done_on"),
        ("google.protobuf.Timestamp recorded_at = 2;", "recorded"),
    ],
)
def test_the_time_that_counts_is_a_field_or_said_to_be_none(
    field: str, time: str, tmp_path: Path
) -> None:
    assert rules.complaints(compiled(tmp_path, event(field, time=time))) == []


@pytest.mark.parametrize(("proto", "complaint"), BROKEN)
def test_a_contract_that_breaks_a_rule_is_told_which(
    proto: str, complaint: str, tmp_path: Path
) -> None:
    assert f"relais.test.thing.v1{complaint}" in rules.complaints(compiled(tmp_path, proto))


@pytest.mark.parametrize("name", SOUND_PERSONAL)
def test_a_name_that_looks_personal_is_noticed(name: str, tmp_path: Path) -> None:
    complaints = rules.complaints(compiled(tmp_path, event(f"string {name} = 2;")))
    needed = "looks personal, so it needs (relais.options.v1.personal)"
    assert complaints == [f"relais.test.thing.v1.Happened.{name} {needed}"]


@pytest.mark.parametrize("field", SOUND_HARMLESS)
def test_a_name_that_only_sounds_personal_is_left_alone(field: str, tmp_path: Path) -> None:
    assert rules.complaints(compiled(tmp_path, event(f"{field} = 2;"))) == []


def test_a_contract_that_breaks_a_rule_does_not_compile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compiled(tmp_path, event("string phone = 2;"))
    assert main(["--root", str(tmp_path)]) == 1
    assert "looks personal" in capsys.readouterr().err
    assert not (tmp_path / "contracts" / "descriptors.binpb").exists()


def test_a_contract_that_is_no_proto_does_not_compile(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    compiled(tmp_path, event(""))
    (tmp_path / "contracts" / "relais" / "broken.proto").write_text("message {")
    assert main(["--root", str(tmp_path)]) == 1
    assert "broken.proto" in capfd.readouterr().err

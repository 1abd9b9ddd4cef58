"""Each fault of a notice, of its texts or of a catalogue is found, and ours have none."""

from pathlib import Path, PurePosixPath

import pytest

from infra.catalogues import LANGUAGES, Entry
from tools.checks.catalogues import updated
from tools.checks.gates import GATES
from tools.checks.source import Tree

FOLDER = PurePosixPath("services/papers/notices")
RULES, TEXTS = FOLDER / "notices.yaml", FOLDER / "texts.yaml"
FRENCH = FOLDER / "locales/fr/LC_MESSAGES/texts.po"
SHARED = PurePosixPath("contracts/words/texts.yaml")
ROOT = Path(__file__).resolve().parents[3]
OURS = {
    path.relative_to(ROOT): path.read_text()
    for folder in (FOLDER, SHARED.parent)
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".yaml", ".po")
}
TRIPS = {
    PurePosixPath("services/missions/notices", name): (
        ROOT / "services/missions/notices" / name
    ).read_text()
    for name in ("notices.yaml", "texts.yaml")
}


def found(gate: str, path: PurePosixPath, old: str, new: str) -> list[str]:
    """The findings of the gate once the first `old` of that file is `new`."""
    files = {PurePosixPath(name): text for name, text in (OURS | TRIPS).items()}
    assert old in files[path]
    files[path] = files[path].replace(old, new, 1)
    if gate == "texts" and path.parts[1] == "papers":
        files = {name: text for name, text in files.items() if "missions" not in name.parts}
    return [str(finding) for finding in GATES[gate](Tree(files))]


@pytest.mark.parametrize("gate", ["notices", "texts"])
def test_ours_have_no_fault(gate: str) -> None:
    assert found(gate, RULES, "to:", "to:") == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("v1.refused", "v1.lost", "no contract has an event"),
        ("papers.paper.v1.refused", "missions.trip.v1.quote_refused", "is of missions"),
        ("to: user_id", "to: person", "no field person that is a str"),
        ("to: user_id", "to: kind", "no field kind that is a str"),
        ("at: refused_at", "at: file_id", "no field file_id that is a datetime"),
        ("at: refused_at", "at: refused_at\n      expires_at: x", "no field x"),
        ("at: refused_at", "at: refused_at\n      address: file_id", "no contact says who user_id"),
        ("at: refused_at", "at: refused_at\n      when: {kind: [cheese]}", "is never"),
        ("at: refused_at", "at: refused_at\n      when: {kind: absent}", "is never"),
        ("at: refused_at", "at: refused_at\n      when: {reason: true}", "is never"),
        ("{paper: paper_id}", "{paper: paper_id, file: file_id}", "speaks of one thing"),
        ("template: paper_refused", "template: lost", "no such template"),
        ("facts: {paper: kind}", "facts: {paper: reason}", "is personal data"),
        ("facts: {paper: kind}", "facts: {paper: file_id}", "needs a label `other`"),
        ("facts: {paper: kind}", "facts: {paper: refused_at}", "needs a label `other`"),
        ("facts: {paper: kind}", "facts: {paper: lost}", "has no field lost"),
        ("facts: {paper: kind}", "facts: {}", "is told of: paper, reason"),
        ("personal: {reason: reason}", "personal: {reason: file_id}", "no personal data about"),
        ("last_day: expires_on", "last_day: paper_id", "is no day"),
        ("topic: papers", "topic: gossip", "GOSSIP"),
        ("topic: papers", "topics: papers", "topic"),
    ],
)
def test_a_notice_that_does_not_fit_its_event_is_found(old: str, new: str, complaint: str) -> None:
    findings = found("notices", RULES, old, new)
    assert all(finding.startswith(f"{RULES}:") for finding in findings)
    assert any(complaint in finding for finding in findings)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("person: trip_id", "person: end", "no field end that is a str"),
        ("email: email", "email: mail", "no field mail that is a str"),
        ("person: trip_id\n    at", "person: x\n    at", "no field x that is a str"),
        ("{trip: trip_id, cause: rule.id}", "{trip: trip_id, cause: rule.what}", "no field rule.w"),
    ],
)
def test_a_contact_and_a_field_of_a_field_have_to_be_there(
    old: str, new: str, complaint: str
) -> None:
    [finding] = found("notices", PurePosixPath("services/missions/notices/notices.yaml"), old, new)
    assert complaint in finding


def test_labels_are_for_just_the_members_of_an_enumeration() -> None:
    findings = found("notices", SHARED, "    w_garage: t", "    garage: t")
    assert len(findings) == 3
    assert all("not just the members of PaperKind" in finding for finding in findings)


@pytest.mark.parametrize(
    ("path", "old", "new", "complaint"),
    [
        (TEXTS, "{reason}", "{cause}", "{cause} is no fact"),
        (TEXTS, "{reason}", "{reason!r}", "is no fact"),
        (TEXTS, "    1:\n", "    2:\n", "without a gap"),
        (TEXTS, "{text: The", "{words: The", "nothing of the kind words"),
        (TEXTS, "subject:", "title:", "title"),
        (TEXTS, "{paper}", "{paper} ", "paper_refused.1.subject is missing"),
        (FRENCH, "msgctxt", "#, fuzzy\nmsgctxt", "not surely"),
        (FRENCH, 'msgstr "Document refusé : {paper}"', 'msgstr ""', "is not translated"),
        (FRENCH, 'msgstr "Document refusé : {paper}"', 'msgstr "Non"', "not show just: paper"),
        (FRENCH, "paper_refused.1.subject", "paper_refused.2.subject", "is missing"),
        (FRENCH, "(n > 1)", "(n != 1)", "the plurals of fr are"),
        (FRENCH, 'msgstr "Document', 'msgstr[x] "Document', "texts: "),
    ],
)
def test_a_text_that_is_not_whole_is_found(
    path: PurePosixPath, old: str, new: str, complaint: str
) -> None:
    findings = found("texts", path, old, new)
    assert any(complaint in finding for finding in findings)


def test_a_language_without_a_catalogue_is_found() -> None:
    english = {path: OURS[Path(path)] for path in (TEXTS, SHARED)}
    findings = [finding.path for finding in GATES["texts"](Tree(english))]
    assert len([path for path in findings if path.is_relative_to(FOLDER)]) == len(LANGUAGES) - 1


def test_two_services_have_no_template_of_one_name() -> None:
    other = PurePosixPath("services/depots/notices/texts.yaml")
    both = {PurePosixPath(name): text for name, text in OURS.items()}
    findings = GATES["texts"](Tree(both | {other: OURS[Path(TEXTS)]}))
    assert any("has a template paper_refused as well" in str(finding) for finding in findings)


def test_a_catalogue_is_brought_to_the_english_texts() -> None:
    kept, gone = Entry("a.1.subject", ("Hello {name}",)), Entry("b.1.subject", ("Bye",))
    plural = Entry("days", ("{count} day", "{count} days"))
    first = updated("", "fr", FOLDER.parts, [kept, gone])
    translated = first.replace('"Hello {name}"\nmsgstr ""', '"Hello {name}"\nmsgstr "Salut {name}"')
    second = updated(translated, "fr", FOLDER.parts, [plural, kept])
    assert 'msgstr "Salut {name}"' in second
    assert 'msgstr[1] ""' in second
    assert "Bye" not in second
    assert updated(second, "fr", FOLDER.parts, [plural, kept]) == second

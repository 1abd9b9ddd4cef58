"""The catalogue and the READMEs say what the services declare."""

from dataclasses import replace

import pytest

from contracts.index import contracts
from infra.host import Service
from services import registry
from tools.catalogue import readmes
from tools.catalogue.__main__ import CATALOGUE, ROOT, documents, main, tables, unread
from tools.catalogue.readers import Reader, readers
from tools.compiler import outputs

SERVICES = registry.services()
READERS = readers(SERVICES)
PACKAGES = outputs.contracts(ROOT)[1]
TOPICS = outputs.promises(ROOT, PACKAGES)
PAGES = dict(documents(PACKAGES, TOPICS, READERS))
INDEX = PAGES[CATALOGUE / "README.md"]
KINDS = [kind for contract in contracts for kind in contract.types]


def named(name: str) -> Reader:
    return next(reader for reader in READERS if reader.full_name == name)


def test_nothing_is_stale_and_every_event_is_read_or_says_why_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out


def test_each_reader_reads_what_it_declares() -> None:
    assert named("accounts.forgetting").types == {"relais.accounts.user.v1.subject_forgotten"}
    assert named("missions.papers").kind == "reaction"
    assert named("papers.files").kind == "lookup"
    assert named("views.partner.trips").package == "relais.missions.trip.v1"
    assert all(reader.purpose for reader in READERS)


@pytest.mark.parametrize("type", [kind.type for kind in KINDS])
def test_the_catalogue_names_every_event_and_its_readers(type: str) -> None:
    row = next(line for line in INDEX.splitlines() if f"| `{type}` |" in line)
    reading = [reader.full_name for reader in READERS if type in reader.types]
    assert row.endswith(f"| {', '.join(reading)} |") or (not reading and "| nobody: " in row)


def test_the_links_of_the_catalogue_lead_to_examples() -> None:
    links = [
        part.partition(")")[0] for text in PAGES.values() for part in text.split("[example](")[1:]
    ]
    assert len(links) == len(KINDS)
    assert all((ROOT / CATALOGUE / link).is_file() for link in links)


def test_the_catalogue_marks_personal_fields() -> None:
    assert "| 2 | `phone` | SealedText | `driver_id` |  |" in PAGES[CATALOGUE / "missions.md"]


def test_an_event_that_nobody_reads_has_to_say_why() -> None:
    deaf = [reader for reader in READERS if reader.package != "relais.papers.paper.v1"]
    found = list(unread(PACKAGES, TOPICS, deaf))
    assert (
        "relais.papers.paper.v1.added: nobody reads it; say why in its topic.yaml (unread)" in found
    )


def test_a_reason_for_what_is_read_is_refused() -> None:
    topic = TOPICS["relais.papers.paper.v1"].model_copy(
        update={"unread": {"added": "Nobody does."}}
    )
    found = list(unread(PACKAGES, {**TOPICS, "relais.papers.paper.v1": topic}, READERS))
    assert found == ["relais.papers.paper.v1.added: is read; its topic.yaml says that it is not"]


def test_a_new_reader_changes_the_readmes_of_both_services_and_the_catalogue() -> None:
    new = replace(named("missions.papers"), service="alerts", name="papers")
    changed = dict(tables(SERVICES, [*READERS, new]))
    before = dict(tables(SERVICES, READERS))
    different = {path.parent.name for path in changed if changed[path] != before[path]}
    assert different == {"alerts", "papers"}
    pages = dict(documents(PACKAGES, TOPICS, [*READERS, new]))
    assert "alerts.papers" in pages[CATALOGUE / "README.md"]


def test_a_readme_without_a_place_for_its_table_is_refused() -> None:
    service: Service = registry.service("papers")
    with pytest.raises(readmes.NoBlock, match="services/papers/README"):
        readmes.completed("# papers\n", service, READERS)

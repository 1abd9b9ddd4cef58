"""python -m tools.catalogue [--check]: writes the catalogue and the READMEs' tables, or names what
is stale; in both cases 1 when an event is read by nobody and its topic file does not say why, or
when a number has no unit."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from infra.host import Service
from services import registry
from tools.catalogue import changes, pages, readmes, units
from tools.catalogue.readers import Reader, readers
from tools.compiler import changes as compared
from tools.compiler import outputs
from tools.compiler.schema import Package
from tools.compiler.topics import Topics

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = Path("docs/catalogue")


def main(arguments: list[str] | None = None) -> int:
    """0: nothing to complain about."""
    parser = argparse.ArgumentParser(prog="python -m tools.catalogue", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, name stale files")
    options = parser.parse_args(arguments)
    services = registry.services()
    descriptors, packages = outputs.contracts(ROOT)
    topics = outputs.promises(ROOT, packages)
    reading = readers(services)
    coming = list(compared.between(compared.released(ROOT, descriptors), packages))
    if found := [*units.unknown(packages), *unread(packages, topics, reading)]:
        print(*found, sep="\n")
        return 1
    files = dict(documents(packages, topics, reading)) | dict(tables(services, reading))
    files |= news(compared.history(ROOT), coming)
    for path, text in files.items():
        if not (ROOT / path).is_file() or (ROOT / path).read_text() != text:
            found += [f"{path}: stale"] if options.check else []
            if not options.check:
                (ROOT / path).parent.mkdir(exist_ok=True)
                (ROOT / path).write_text(text)
                print(f"wrote {path}")
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


def news(
    releases: Sequence[compared.Release], coming: Sequence[compared.Change]
) -> dict[Path, str]:
    """Changes of the contracts, for people and for programs."""
    return {
        CATALOGUE / "changes.md": changes.page(releases, coming),
        CATALOGUE / "changes.json": changes.feed(releases, coming),
    }


def documents(
    packages: Sequence[Package], topics: Topics, reading: Sequence[Reader]
) -> Iterator[tuple[Path, str]]:
    """The pages of the catalogue: of all events, and one for each service that records some."""
    yield CATALOGUE / "README.md", pages.index(packages, topics, reading)
    for service in sorted({package.service for package in packages}):
        own = [package for package in packages if package.service == service]
        yield CATALOGUE / f"{service}.md", pages.page(service, own, topics, reading)


def tables(services: Sequence[Service], reading: Sequence[Reader]) -> Iterator[tuple[Path, str]]:
    """The READMEs of the services, with their tables as they should be."""
    for service in services:
        path = Path(readmes.folder(service) / "README.md")
        yield path, readmes.completed((ROOT / path).read_text(), service, reading)


def unread(packages: Sequence[Package], topics: Topics, reading: Sequence[Reader]) -> Iterator[str]:
    """Complaints about events that nobody reads without a reason given, and about idle reasons."""
    read = {type for reader in reading for type in reader.types}
    for package in packages:
        for message in package.events:
            assert message.event is not None
            excused = message.suffix in topics[package.name].unread
            if message.event.type not in read and not excused:
                yield f"{message.event.type}: nobody reads it; say why in its topic.yaml (unread)"
            if message.event.type in read and excused:
                yield f"{message.event.type}: is read; its topic.yaml says that it is not"


if __name__ == "__main__":
    sys.exit(main())

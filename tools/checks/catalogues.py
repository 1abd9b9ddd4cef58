"""python -m tools.checks.catalogues: brings the catalogues to the English texts.

It adds what is new, to be translated, and drops what is gone. What is translated stays as it is.
"""

import sys
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po, write_po

from infra import catalogues as texts
from infra.catalogues import ENGLISH, LANGUAGES, Entry, placeholders

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("contracts", "infra", "services", "tools")
WIDTH = 98
WHAT = {
    "notices": "notices",
    "customer_page": "page",
    "customer_pages": "pages of customers",
    "prints": "prints",
    "words": "words for values",
}
"""What the texts of a folder of that name are; others are of problems, or of a page of tools."""
HEAD = """\
# {name}: the {what} of {owner}.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""


def main() -> int:
    """Write every catalogue that is not as it should be, and say which."""
    files = (file for part in PARTS for file in (ROOT / part).rglob(texts.FILE))
    for file in sorted(files):
        entries = list(texts.read(file.read_text()).entries())
        for language in (language for language in LANGUAGES if language != ENGLISH):
            path = file.parent / texts.catalogue(language)
            before = path.read_text() if path.exists() else ""
            after = updated(before, language, file.parent.relative_to(ROOT).parts, entries)
            if after != before:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(after)
                print(f"wrote {path.relative_to(ROOT)}")
    return 0


def updated(before: str, language: str, folder: Sequence[str], entries: Iterable[Entry]) -> str:
    """The catalogue of a folder with just these entries, in their order."""
    known = read_po(BytesIO(before.encode()))
    catalog = Catalog(locale=language)
    for entry in entries:
        plural = len(entry.english) > 1
        id = entry.english if plural else entry.english[0]
        found = known.get(entry.english[0], context=entry.context)
        flags = {"python-brace-format"} if any(map(placeholders, entry.english)) else set()
        if found is not None and found.id == id:
            catalog.add(id, found.string, context=entry.context, flags=flags | found.flags)
        else:
            empty = ("",) * catalog.num_plurals if plural else ""
            catalog.add(id, empty, context=entry.context, flags=flags)
    written = BytesIO()
    write_po(written, catalog, width=WIDTH, omit_header=True)
    name = Locale.parse(language).get_display_name("en")
    what = WHAT.get(folder[-1]) or ("page" if folder[0] == "tools" else "problems")
    owner = next(part for part in reversed(folder) if part not in {"http", *WHAT})
    plurals = get_plural(language)
    head = HEAD.format(name=name, what=what, owner=owner, language=language, plurals=plurals)
    return head + written.getvalue().decode().rstrip("\n") + "\n"


if __name__ == "__main__":
    sys.exit(main())

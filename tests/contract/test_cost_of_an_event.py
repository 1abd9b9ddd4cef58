"""An event with its command costs four places: its contract, its decider, its route and its test.

Staff asks for the original of a paper, which nobody could do before. Partners, clearances, files,
the back office and messages read the topic of papers, and none of them changes.

A contract is one place: the message, its example, and, as nobody reads it yet, the reason in
`topic.yaml`. What the tools write from the four places does not count.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import copy2, copytree

import pytest

from tests.contract.kit import ROOT
from tools.catalogue.__main__ import unread
from tools.checks.gates import GATES
from tools.checks.source import Tree
from tools.compiler import outputs
from tools.compiler.schema import Package
from tools.compiler.topics import Topics

CONTRACT = "contracts/relais/papers/paper/v1"
DECIDER = "services/papers/paper/__init__.py"
ROUTE = "services/papers/http/papers.py"
TEST = "services/papers/tests/test_paper.py"

Edits = Mapping[str, Mapping[str, str]]
"""By file, what comes right before which text; before no text, it is a file of its own."""

IN_THE_CONTRACT: Edits = {
    f"{CONTRACT}/events.proto": {
        "// The accepted paper expires soon.": """\
// Staff wants to see the original of the paper.
message OriginalRequested {
  option (relais.options.v1.event) = {
    type: "relais.papers.paper.v1.original_requested"
    key: "paper_id"
    time: "requested_at"
  };

  string paper_id = 1;
  string file_id = 2;
  string requested_by = 3;
  google.protobuf.Timestamp requested_at = 4;
}

""",
    },
    f"{CONTRACT}/examples/original_requested.json": {
        "": """\
{
  "paper_id": "user-ada:liability_insurance",
  "file_id": "file-1",
  "requested_by": "user-lea",
  "requested_at": "2030-05-01T12:00:00Z"
}
""",
    },
    f"{CONTRACT}/topic.yaml": {
        "example: accepted": """\
unread:
  original_requested: Staff asks for the original outside of the platform.
""",
    },
}
IN_THE_CODE: Edits = {
    DECIDER: {
        "    PaperAccepted,\n    PaperAdded,\n": "    OriginalRequested,\n",
        "@dataclass(frozen=True, slots=True)\nclass GiveNotice": """\
@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOriginal:
    organisation_id: str
    seen: Seen
    by: str
    at: datetime


""",
        " | GiveNotice | ExpirePaper\n": " | RequestOriginal",
        "    noticed: int | None = None\n": "    original: OriginalRequested | None = None\n",
        "        case ExpiryNoticeGiven():\n": """\
        case OriginalRequested():
            return replace(paper, original=event)
""",
        "        case GiveNotice():\n": """\
        case RequestOriginal():
            return request_original(command, paper)
""",
        "command: AcceptPaper | RefusePaper": "\n    ",
        ", paper: Paper) -> PaperAdded": " | RequestOriginal",
        ") -> PaperAdded | NoSuchPaper": "\n",
        "def newest(": """\
def request_original(command: RequestOriginal, paper: Paper) -> Decision:
    added = newest(command, paper)
    if not isinstance(added, PaperAdded):
        return added
    if paper.original is not None and paper.original.file_id == added.file_id:
        return []
    return [
        OriginalRequested(
            paper_id=added.paper_id,
            file_id=added.file_id,
            requested_by=command.by,
            requested_at=command.at,
        )
    ]


""",
        "        case PaperAdded() | PaperRefused()": """\
        case OriginalRequested():
            return ()
""",
    },
    ROUTE: {
        "    PaperAccepted,\n    PaperAdded,\n": "    OriginalRequested,\n",
        "        ExpiryNoticeGiven: (": """\
        OriginalRequested: ("paper_id", "file_id", "requested_by", "requested_at"),
""",
        "# --- Answers ---": """\
@router.put("/partners/{user_id}/{kind}/original-request")
async def request_original(
    user_id: Id, kind: Kind, body: SeenBody, context: Staff
) -> Answered[Recorded]:
    \"\"\"Ask the partner for the original of the paper.\"\"\"
    command = paper.RequestOriginal(
        organisation_id=context.principal.organisation_id,
        seen=body.seen(),
        by=context.principal.subject,
        at=context.occurred_at,
    )
    return await context.handle(PAPER, paper.paper_id(user_id, kind), command)


""",
    },
    TEST: {
        "PaperEvent, PaperKind\n": "OriginalRequested, ",
        "\n\nREJECTIONS": """\


def test_staff_asks_for_the_original_once() -> None:
    seen = Seen(file_id="f-1", issued_on=TODAY, expires_on=LAST)
    asking = paper.RequestOriginal(organisation_id="hiflow", seen=seen, by="lea", at=NOON)
    asked = OriginalRequested(
        paper_id=added().paper_id, file_id="f-1", requested_by="lea", requested_at=NOON
    )
    given(added()).when(asking).records(asked)
    given().when(asking).is_rejected(NoSuchPaper())
""",
    },
}
NEW = "relais.papers.paper.v1.original_requested"
TYPED = ("contracts", "services", "tests", "tools")
"""All but `infra`, which knows no service."""
GATED = ("layers", "purity", "shape")


class Copy:
    """A copy of this repository, as it stands, with what the type checker knows of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        asked = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                copy2(ROOT / name, root / name)
        if (ROOT / ".mypy_cache").is_dir():
            copytree(ROOT / ".mypy_cache", root / ".mypy_cache")

    def write(self, edits: Edits) -> None:
        """Insert each text at its one place, or write a new file."""
        for name, insertions in edits.items():
            path = self.root / name
            for anchor, text in insertions.items():
                before = path.read_text() if anchor else ""
                assert before.count(anchor) == 1, f"{name}: {anchor}"
                path.write_text(before.replace(anchor, text + anchor) if anchor else text)

    def run(self, *module: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the copy, or one that looks at the copy."""
        command = (sys.executable, "-m", *module)
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)

    def complaint(self, *module: str) -> str:
        """The words of a program that finds something; else nothing."""
        done = self.run(*module)
        return done.stdout + done.stderr if done.returncode else ""

    def changed(self) -> set[str]:
        """The places that are not as in this repository: a file, or the folder of a contract."""
        return {CONTRACT if name.startswith(CONTRACT) else name for name in self._changed()}

    def _changed(self) -> Iterator[str]:
        for path in self.root.rglob("*"):
            name = path.relative_to(self.root).as_posix()
            if path.is_file() and not name.startswith(".mypy_cache"):
                known = ROOT / name
                if not known.is_file() or known.read_bytes() != path.read_bytes():
                    yield name


@pytest.mark.timeout(600)
def test_an_event_changes_four_places_and_is_missed_in_its_decider_alone(tmp_path: Path) -> None:
    tree = Copy(tmp_path)
    tree.write(IN_THE_CONTRACT)
    assert tree.changed() == {CONTRACT}
    assert tree.complaint("tools.compiler", "--sample") == ""
    missed = tree.run("mypy", "--no-error-summary", *TYPED).stdout
    assert {line.partition(":")[0] for line in missed.splitlines()} == {DECIDER}, missed
    assert "OriginalRequested" in missed
    made = tree.changed()
    tree.write(IN_THE_CODE)
    assert tree.changed() - made == {DECIDER, ROUTE, TEST}
    assert tree.complaint("ruff", "check", DECIDER, ROUTE, TEST) == ""
    assert tree.complaint("ruff", "format", "--check", DECIDER, ROUTE, TEST) == ""
    assert tree.complaint("mypy", *TYPED) == ""
    assert tree.complaint("pytest", "-p", "no:cacheprovider", TEST) == ""
    source = Tree.read(tree.root)
    assert [found for gate in GATED for found in GATES[gate](source)] == []
    assert not [found for found in unread(*promises(tree.root), []) if NEW in found]


def promises(root: Path) -> tuple[list[Package], Topics]:
    """The contracts of that tree, and what their topics promise."""
    _, packages = outputs.contracts(root)
    return packages, outputs.promises(root, packages)

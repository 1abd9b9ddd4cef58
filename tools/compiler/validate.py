"""python -m tools.compiler.validate: contracts/asyncapi.yaml as the parser of AsyncAPI judges it.

Every payload is read by its parser of protobuf, too.
"""

import subprocess
import sys
from pathlib import Path

from tools.outside import ROOT, Absent, NpmLibrary

PARSER = NpmLibrary("@asyncapi/parser@3.6.6", ("@asyncapi/protobuf-schema-parser@3.9.0",))
SCRIPT = Path(__file__).with_name("validate.mjs")


def complaints(document: str) -> str:
    """One a line; empty for a good document. Raises `Absent` without node."""
    command = ["node", str(SCRIPT), str(PARSER.installed())]
    done = subprocess.run(command, input=document, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else done.stdout + done.stderr


def main(root: Path = ROOT) -> int:
    """0: nothing to complain about, or node is absent, which is said."""
    try:
        found = complaints((root / "contracts" / "asyncapi.yaml").read_text())
    except Absent as absent:
        print(absent)
        return 0
    print(found, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

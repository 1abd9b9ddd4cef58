"""Reads the PDF of an invoice; runs as a process of its own.

    python own_reading.py SECONDS BYTES

It reads standard input, and writes JSON: the terms of a Factur-X, or else the text. It imports
nothing of ours, and takes so many seconds of processor and bytes of memory at most.
"""

import json
import resource
import signal
import sys
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

import facturx  # type: ignore[import-untyped]
from pypdf import PdfReader

READ, UNREADABLE, TOO_COSTLY = 0, 3, 4
"""How the process ends; it is killed by SIGPROF when its seconds of processor are over."""
MOST_PAGES: Final = 20
MOST_TEXT: Final = 1_000_000
"""Characters; no invoice says more, and whoever reads them searches them all."""
TERMS: Final = ("BT-1", "BT-2", "BT-5", "BT-109", "BT-110", "BT-112", "BG-4", "BG-7")


def read(pdf: bytes) -> dict[str, Any]:
    """`terms` by the names of EN 16931 where it is a Factur-X, else `text`; of what JSON has.

    Raises any exception when it cannot be opened without a password, or breaks its schema.
    """
    _, xml = facturx.get_facturx_xml_from_pdf(pdf, check_xsd=False)
    if xml:
        terms = facturx.parse_ubl_cii_xml(xml)
        found: dict[str, Any] = {"terms": {name: terms[name] for name in TERMS if name in terms}}
    else:
        pages = PdfReader(BytesIO(pdf)).pages[:MOST_PAGES]
        found = {"text": "\n".join(page.extract_text() for page in pages)[:MOST_TEXT]}
    told: dict[str, Any] = json.loads(json.dumps(found, default=str))
    return told


def main(arguments: Sequence[str]) -> int:
    """Read one document within these bounds."""
    seconds, memory = arguments
    signal.setitimer(signal.ITIMER_PROF, float(seconds))
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    try:
        told = json.dumps(read(sys.stdin.buffer.read()))
    except MemoryError:
        return TOO_COSTLY
    # Readers of PDF raise whatever a broken file leads them to.
    except Exception:  # noqa: BLE001
        return UNREADABLE
    sys.stdout.write(told)
    return READ


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

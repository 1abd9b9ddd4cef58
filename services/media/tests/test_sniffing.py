"""The content of a file counts, not its name."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.media.adapters.sniffing import media_type
from services.media.file import types
from services.media.tests.make import (
    DOC,
    DOCX,
    EXCEL_PART,
    EXE,
    HEIC,
    HTML,
    MOV,
    MP4,
    PDF,
    STRICT,
    WEBM,
    XLS,
    XLSX,
    compound,
    image,
    office,
    zipped,
)

KNOWN = [
    (PDF, "application/pdf"),
    (image("JPEG"), "image/jpeg"),
    (image("PNG"), "image/png"),
    (HEIC, types.HEIC),
    (DOCX, types.WORD),
    (XLSX, types.EXCEL),
    (DOC, types.OLD_WORD),
    (XLS, types.OLD_EXCEL),
    (MP4, "video/mp4"),
    (MOV, "video/quicktime"),
    (WEBM, "video/webm"),
]
MARK = b"\xef\xbb\xbf"
MAIL = b"Content-Type: application/pdf; name=rib.pdf\r\nContent-Transfer-Encoding: binary\r\n\r\n"
OTHER_PROGRAMS = {
    "a PDF after a mark": (MARK + PDF, "application/pdf"),
    "a PDF after a line break": (b"\r\n" + PDF, "application/pdf"),
    "a PDF after the headers of a mail": (MAIL + PDF, "application/pdf"),
    "a PDF that begins where readers look at last": (b"\n" * 1024 + PDF, "application/pdf"),
    "another main part": (office(part="word/document2.xml"), types.WORD),
    "a part in no folder": (office(EXCEL_PART, "book.xml"), types.EXCEL),
    "a part in capitals": (
        office(EXCEL_PART, "xl/workbook.xml", entry="xl/Workbook.xml"),
        types.EXCEL,
    ),
    "a part called as a path": (
        office(EXCEL_PART, "xl/workbook.xml", entry="xl\\workbook.xml"),
        types.EXCEL,
    ),
    "a target from the root": (office(target="/word/document.xml"), types.WORD),
    "the strict form": (office(relationship=STRICT), types.WORD),
    "a type by its ending": (office(declared="Default"), types.WORD),
    "Word with an Excel sheet in it": (office(more={"xl/workbook.xml": "<x/>"}), types.WORD),
    "old Word with an old sheet in it": (
        compound("WordDocument", "ObjectPool", "ObjectPool/Workbook"),
        types.OLD_WORD,
    ),
    "Excel of 1995": (compound("Book"), types.OLD_EXCEL),
}
BOMB = '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
UNKNOWN = {
    "a program": EXE,
    "a page": HTML,
    "a page that names a PDF": HTML + PDF,
    "headers with a page in them": b"Subject: <script>\r\n\r\n" + PDF,
    "a PDF that begins too late": b"\n" * 1025 + PDF,
    "any zip": zipped("a.txt"),
    "a program in a zip": zipped("[Content_Types].xml", "setup.exe"),
    "Word with macros": office(more={"word/vbaProject.bin": "x"}),
    "Excel with macros": office(EXCEL_PART, "xl/workbook.xml", more={"xl/vbaProject.bin": "x"}),
    "a kind with macros": office("application/vnd.ms-word.document.macroEnabled.main+xml"),
    "names without relationships": zipped("[Content_Types].xml", "word/document.xml"),
    "a relationship to nothing": office(target="word/other.xml"),
    "relationships that are no XML": office(more={"_rels/.rels": "<x"}),
    "relationships without measure": office(more={"_rels/.rels": "<x>" + " " * 2**20 + "</x>"}),
    "types with an entity": office(more={"[Content_Types].xml": BOMB}),
    "Word without its types": zipped("word/document.xml"),
    "half a zip": DOCX[: len(DOCX) // 2],
    "old Word and Excel": compound("WordDocument", "Workbook"),
    "a sheet in a folder only": compound("ObjectPool", "ObjectPool/Workbook"),
    "neither of them": DOC[:1000],
    "a moving image": b"GIF89a" + bytes(100),
    "Matroska": bytes.fromhex("1a45dfa3") + bytes(100),
    "one byte": b"%",
}


def found(folder: Path, data: bytes) -> str | None:
    (folder / "content").write_bytes(data)
    return media_type(folder / "content")


@pytest.mark.requirement("G-08")
class TestTypes:
    @pytest.mark.parametrize(("data", "media"), KNOWN, ids=[media for _, media in KNOWN])
    def test_each_type_that_is_taken_is_known_by_its_content(
        self, tmp_path: Path, data: bytes, media: str
    ) -> None:
        assert found(tmp_path, data) == media

    def test_no_type_that_is_taken_is_left_out(self) -> None:
        assert {media for _, media in KNOWN} == types.TAKEN

    @pytest.mark.parametrize(("data", "media"), OTHER_PROGRAMS.values(), ids=OTHER_PROGRAMS.keys())
    def test_a_format_is_known_whichever_program_wrote_it(
        self, tmp_path: Path, data: bytes, media: str
    ) -> None:
        assert found(tmp_path, data) == media

    @pytest.mark.parametrize("data", UNKNOWN.values(), ids=UNKNOWN.keys())
    def test_nothing_else_is_known(self, tmp_path: Path, data: bytes) -> None:
        assert found(tmp_path, data) is None

    @pytest.mark.parametrize(
        ("data", "media"),
        [
            (PDF + DOCX, "application/pdf"),
            (image() + DOCX, "image/jpeg"),
            (image("PNG") + HTML, "image/png"),
        ],
    )
    def test_what_is_two_things_at_once_is_what_it_begins_as(
        self, tmp_path: Path, data: bytes, media: str
    ) -> None:
        assert found(tmp_path, data) == media

    @settings(max_examples=200)
    @given(st.sampled_from(KNOWN), st.integers(0, 5000), st.binary(max_size=8))
    def test_damage_makes_a_file_unknown_at_worst(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        known: tuple[bytes, str],
        at: int,
        damage: bytes,
    ) -> None:
        data, _ = known
        place = at % len(data)
        broken = data[:place] + damage + data[place + len(damage) :]
        folder = tmp_path_factory.getbasetemp()
        assert found(folder, broken) in types.TAKEN | {None}

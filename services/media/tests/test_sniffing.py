"""The content of a file counts, not its name; and a cleaned image tells nothing more."""

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms, ImageOps, PngImagePlugin

from services.media.adapters.sniffing import MOST_PIXELS, cleaned, media_type
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
    heic,
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

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
_RED, _BLUE, _NEITHER = b"rXYZ", b"bXYZ", b"?XYZ"
SWAPPED = SRGB.replace(_RED, _NEITHER).replace(_BLUE, _RED).replace(_NEITHER, _BLUE)
"""A profile in which red means blue."""


def found(folder: Path, data: bytes) -> str | None:
    (folder / "content").write_bytes(data)
    return media_type(folder / "content")


def clean(folder: Path, data: bytes, media: str) -> Image.Image | None:
    """The copy, decoded."""
    (folder / "content").write_bytes(data)
    if not cleaned(folder / "content", media, folder / "copy"):
        return None
    with Image.open(folder / "copy") as opened:
        opened.load()
        return opened


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
        data, media = known
        place = at % len(data)
        broken = data[:place] + damage + data[place + len(damage) :]
        folder = tmp_path_factory.getbasetemp()
        assert found(folder, broken) in types.TAKEN | {None}
        if media in types.IMAGES:
            clean(folder, broken, media)


@pytest.mark.requirement("HIF-39")
class TestCleaning:
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_a_photo_is_turned_as_its_exif_has_it(self, tmp_path: Path, orientation: int) -> None:
        photo = Image.new("RGB", (3, 2))
        photo.putdata([(40 * n, 0, 0) for n in range(6)])
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        target = io.BytesIO()
        photo.save(target, "PNG", exif=exif)
        copy = clean(tmp_path, target.getvalue(), "image/png")
        expected = ImageOps.exif_transpose(Image.open(target))
        assert copy is not None
        assert (copy.size, copy.tobytes()) == (expected.size, expected.tobytes())

    def test_comments_profiles_and_places_are_left_out(self, tmp_path: Path) -> None:
        exif, told = Image.Exif(), io.BytesIO()
        exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (48.0, 51.0, 12.5)
        photo = Image.new("RGB", (9, 9))
        photo.save(told, "JPEG", exif=exif, comment=b"secret", icc_profile=b"secret profile")
        copy = clean(tmp_path, told.getvalue(), "image/jpeg")
        assert copy is not None
        assert copy.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert b"secret" not in (tmp_path / "copy").read_bytes()

    @pytest.mark.parametrize("mode", ["RGB", "RGBA"])
    def test_a_photo_of_a_phone_is_shown_as_every_browser_can(
        self, tmp_path: Path, mode: str
    ) -> None:
        copy = clean(tmp_path, heic(mode), types.HEIC)
        assert copy is not None
        assert (copy.format, copy.size) == ("JPEG", (40, 20))

    @pytest.mark.parametrize(
        ("profile", "colour"), [(SRGB, (200, 100, 50)), (SWAPPED, (50, 100, 200))]
    )
    def test_colours_are_those_that_the_profile_means(
        self, tmp_path: Path, profile: bytes, colour: tuple[int, int, int]
    ) -> None:
        told = io.BytesIO()
        Image.new("RGB", (9, 9), (200, 100, 50)).save(told, "PNG", icc_profile=profile)
        copy = clean(tmp_path, told.getvalue(), "image/png")
        assert copy is not None
        shown = copy.getpixel((4, 4))
        assert isinstance(shown, tuple)
        assert all(abs(one - other) <= 2 for one, other in zip(shown, colour, strict=True))
        assert "icc_profile" not in copy.info

    def test_transparency_outlives_the_conversion(self, tmp_path: Path) -> None:
        told = io.BytesIO()
        Image.new("RGBA", (9, 9), (200, 100, 50, 77)).save(told, "PNG", icc_profile=SWAPPED)
        copy = clean(tmp_path, told.getvalue(), "image/png")
        assert copy is not None
        shown = copy.getpixel((4, 4))
        assert isinstance(shown, tuple)
        assert shown[3] == 77

    def test_texts_of_a_png_are_left_out_and_its_transparency_is_not(self, tmp_path: Path) -> None:
        texts, told = PngImagePlugin.PngInfo(), io.BytesIO()
        texts.add_text("Author", "secret")
        texts.add_itxt("Place", "secret", zip=False)
        Image.new("P", (9, 9)).save(told, "PNG", pnginfo=texts, transparency=0)
        copy = clean(tmp_path, told.getvalue() + b"secret", "image/png")
        assert copy is not None
        assert copy.info == {"transparency": 0}
        assert b"secret" not in (tmp_path / "copy").read_bytes()

    def test_what_follows_an_image_is_left_out(self, tmp_path: Path) -> None:
        assert clean(tmp_path, image() + HTML, "image/jpeg") is not None
        assert HTML not in (tmp_path / "copy").read_bytes()

    def test_exif_that_cannot_be_written_again_is_no_hindrance(self, tmp_path: Path) -> None:
        data = image()
        # The type of the first entry, text, becomes 1.5-like fractions it has no bytes for.
        place = data.index(b"\x01\x0e") + 2
        broken = data[:place] + b"\x00\x0c" + data[place + 2 :]
        assert clean(tmp_path, broken, "image/jpeg") is not None

    @pytest.mark.parametrize(
        "data", [PDF, image("PNG"), image(size=(400, 400))[:-200], b"\xff\xd8"]
    )
    def test_what_is_no_whole_image_of_its_type_has_no_copy(
        self, tmp_path: Path, data: bytes
    ) -> None:
        assert clean(tmp_path, data, "image/jpeg") is None

    @pytest.mark.parametrize(("wide", "taken"), [(10_000, True), (10_001, False)])
    def test_an_image_that_would_fill_the_memory_has_no_copy(
        self, tmp_path: Path, wide: int, taken: bool
    ) -> None:
        assert MOST_PIXELS == 10_000 * 5_000
        target = io.BytesIO()
        Image.new("1", (wide, 5_000)).save(target, "PNG")
        assert (clean(tmp_path, target.getvalue(), "image/png") is not None) is taken

    def test_an_image_that_is_a_bomb_has_no_copy(self, tmp_path: Path) -> None:
        data = bytearray(image("PNG"))
        data[16:24] = (30_000).to_bytes(4, "big") * 2
        assert clean(tmp_path, bytes(data), "image/png") is None

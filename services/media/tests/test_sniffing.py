"""The content of a file counts, not its name; and a cleaned image tells nothing more."""

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageOps, PngImagePlugin

from services.media.adapters.sniffing import MOST_PIXELS, cleaned, media_type
from services.media.file import types
from services.media.tests.make import (
    DOC,
    DOCX,
    EXE,
    HTML,
    MOV,
    MP4,
    PDF,
    WEBM,
    XLS,
    XLSX,
    image,
    office,
)

KNOWN = [
    (PDF, "application/pdf"),
    (image("JPEG"), "image/jpeg"),
    (image("PNG"), "image/png"),
    (DOCX, types.WORD),
    (XLSX, types.EXCEL),
    (DOC, types.OLD_WORD),
    (XLS, types.OLD_EXCEL),
    (MP4, "video/mp4"),
    (MOV, "video/quicktime"),
    (WEBM, "video/webm"),
]
UNKNOWN = {
    "a program": EXE,
    "a page": HTML,
    "a page that names a PDF": HTML + PDF,
    "any zip": office("a.txt"),
    "a program in a zip": office("[Content_Types].xml", "setup.exe"),
    "Word with macros": office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
    "Excel with macros": office("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"),
    "Word and Excel": office("[Content_Types].xml", "word/document.xml", "xl/workbook.xml"),
    "Word without its types": office("word/document.xml"),
    "half a zip": DOCX[: len(DOCX) // 2],
    "old Word and Excel": DOC + XLS,
    "neither of them": DOC[:1000],
    "a moving image": b"GIF89a" + bytes(100),
    "Matroska": bytes.fromhex("1a45dfa3") + bytes(100),
    "one byte": b"%",
}


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

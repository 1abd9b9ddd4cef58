"""A copy of an image tells nothing more than the image, and costs a second of processor at most."""

import asyncio
import io
import os
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms, ImageOps, PngImagePlugin

from services.media.adapters import picture_process, pictures
from services.media.adapters.pictures import MOST_PIXELS, MOST_SIDE, TooLarge, cleaned
from services.media.file import types
from services.media.tests.make import HTML, PDF, heic, image

IMAGES = [(image("JPEG"), "image/jpeg"), (image("PNG"), "image/png"), (heic(), types.HEIC)]

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
_RED, _BLUE, _NEITHER = b"rXYZ", b"bXYZ", b"?XYZ"
SWAPPED = SRGB.replace(_RED, _NEITHER).replace(_BLUE, _RED).replace(_NEITHER, _BLUE)
"""A profile in which red means blue."""


def clean(folder: Path, data: bytes, media: str) -> Image.Image | None:
    """The copy, decoded."""
    (folder / "content").write_bytes(data)
    if not cleaned(folder / "content", media, folder / "copy"):
        return None
    with Image.open(folder / "copy") as opened:
        opened.load()
        return opened


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

    def test_every_type_of_image_that_is_taken_has_copies(self) -> None:
        assert MOST_PIXELS.keys() == types.IMAGES
        assert pictures.HEIC == types.HEIC

    @settings(max_examples=100)
    @given(st.sampled_from(IMAGES), st.integers(0, 5000), st.binary(max_size=8))
    def test_an_image_that_is_damaged_has_no_copy_at_worst(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        known: tuple[bytes, str],
        at: int,
        damage: bytes,
    ) -> None:
        data, media = known
        place = at % len(data)
        folder = tmp_path_factory.getbasetemp()
        try:
            copy = clean(folder, data[:place] + damage + data[place + len(damage) :], media)
        except TooLarge:
            return
        assert copy is None or copy.format in ("JPEG", "PNG")


class TestSize:
    @pytest.mark.parametrize(("media", "kind"), [("image/jpeg", "JPEG"), ("image/png", "PNG")])
    @pytest.mark.parametrize("more", [0, 1])
    def test_an_image_of_more_pixels_than_a_second_is_enough_for_is_not_begun(
        self, tmp_path: Path, media: str, kind: str, more: int
    ) -> None:
        wide = 5_000
        size = (wide, MOST_PIXELS[media] // wide + more)
        target = io.BytesIO()
        Image.new("L", size).save(target, kind)
        if more:
            with pytest.raises(TooLarge):
                clean(tmp_path, target.getvalue(), media)
        else:
            copy = clean(tmp_path, target.getvalue(), media)
            assert copy is not None
            assert max(copy.size) == MOST_SIDE

    def test_an_image_that_is_a_bomb_is_not_begun(self, tmp_path: Path) -> None:
        data = bytearray(image("PNG"))
        data[16:24] = (30_000).to_bytes(4, "big") * 2
        data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
        with pytest.raises(TooLarge):
            clean(tmp_path, bytes(data), "image/png")

    @pytest.mark.parametrize(
        ("size", "copied"),
        [
            ((MOST_SIDE, 10), (MOST_SIDE, 10)),
            ((MOST_SIDE + 2, 10), (MOST_SIDE, 10)),
            ((2 * MOST_SIDE, 512), (MOST_SIDE, 256)),
            ((512, 2 * MOST_SIDE), (256, MOST_SIDE)),
        ],
    )
    def test_a_large_image_has_a_smaller_copy_of_the_same_shape(
        self, tmp_path: Path, size: tuple[int, int], copied: tuple[int, int]
    ) -> None:
        target = io.BytesIO()
        Image.new("RGB", size).save(target, "PNG")
        copy = clean(tmp_path, target.getvalue(), "image/png")
        assert copy is not None
        assert copy.size == copied


class TestProcess:
    """The same in a process of its own, over a photo of 12 megapixels."""

    async def test_a_photo_of_a_phone_is_copied(self, photo: Path) -> None:
        target = photo.with_name("copy")
        assert await picture_process.cleaned(photo, "image/jpeg", target)
        with Image.open(target) as copy:
            assert copy.size == (2_048, 1_536)

    async def test_what_costs_more_processor_than_it_may_is_ended(self, photo: Path) -> None:
        before = children_seconds()
        with pytest.raises(TooLarge):
            await picture_process.cleaned(
                photo, "image/jpeg", photo.with_name("copy"), processor=0.001
            )
        # Most of it is the start of the process.
        assert children_seconds() - before < 1.0

    async def test_what_only_waits_is_ended_too(self, photo: Path) -> None:
        with pytest.raises(TimeoutError):
            await picture_process.cleaned(photo, "image/jpeg", photo.with_name("copy"), wall=0.01)
        assert not is_argument(photo)

    async def test_who_hangs_up_ends_it(self, photo: Path, tmp_path: Path) -> None:
        sleeper = tmp_path / "sleeper.py"
        sleeper.write_text("import time; time.sleep(60)")
        copying = asyncio.create_task(
            picture_process.cleaned(
                photo, "image/jpeg", photo.with_name("copy"), program=str(sleeper)
            )
        )
        while not is_argument(photo):
            await asyncio.sleep(0.01)
        copying.cancel()
        await asyncio.wait([copying])
        assert not is_argument(photo)

    async def test_too_many_pixels_and_no_image_are_told_apart(self, tmp_path: Path) -> None:
        content, target = tmp_path / "content", tmp_path / "copy"
        content.write_bytes(PDF)
        assert not await picture_process.cleaned(content, "image/png", target)
        Image.new("1", (5_001, 5_000)).save(content, "PNG")
        with pytest.raises(TooLarge):
            await picture_process.cleaned(content, "image/png", target)

    async def test_it_has_none_of_our_secrets(self, photo: Path, tmp_path: Path) -> None:
        told, spy = tmp_path / "told", tmp_path / "spy.py"
        spy.write_text(f"import os; open({str(told)!r}, 'w').write(' '.join(os.environ))")
        usual = await asyncio.create_subprocess_exec(sys.executable, spy)
        assert await usual.wait() == 0
        assert "PATH" in told.read_text().split()
        await picture_process.cleaned(photo, "image/jpeg", tmp_path / "copy", program=str(spy))
        assert set(told.read_text().split()) <= {"LC_CTYPE"}


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A JPEG as cameras of phones make them."""
    blocks = Image.frombytes("RGB", (500, 375), os.urandom(500 * 375 * 3))
    blocks.resize((4_000, 3_000)).save(tmp_path / "photo", "JPEG")
    return tmp_path / "photo"


def is_argument(path: Path) -> bool:
    """Whether some process on this machine has that path as an argument."""
    return any(str(path).encode() in _command_line(one) for one in Path("/proc").glob("[0-9]*"))


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""  # It has ended meanwhile.


def children_seconds() -> float:
    """The processor time of all processes that we began and that have ended."""
    times = os.times()
    return times.children_user + times.children_system

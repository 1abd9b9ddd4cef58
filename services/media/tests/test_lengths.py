"""How long videos are, as they are measured."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from services.media.adapters import length_process

FORMATS = {
    "video/mp4": ("mp4", "mpeg4"),
    "video/quicktime": ("mov", "mpeg4"),
    "video/webm": ("webm", "libvpx"),
}


def film(path: Path, media: str, pictures: int, rate: int = 25) -> Path:
    """A video of so many grey pictures."""
    container, codec = FORMATS[media]
    with av.open(path, "w", format=container) as made:
        stream = made.add_stream(codec, rate=rate)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(pictures):
            picture = av.VideoFrame(64, 48, "yuv420p")
            for plane in picture.planes:
                plane.update(b"\x80" * plane.buffer_size)
            picture.pts, picture.time_base = number, Fraction(1, rate)
            made.mux(stream.encode(picture))
        made.mux(stream.encode(None))
    return path


@pytest.mark.requirement("FLB-059", "G-41")
@pytest.mark.parametrize("media", FORMATS)
async def test_a_video_is_as_long_as_its_pictures_are_shown(media: str, tmp_path: Path) -> None:
    assert await length_process.measured(film(tmp_path / "film", media, 75), media) == 3_000
    assert await length_process.measured(film(tmp_path / "more", media, 76), media) == 3_040


async def test_a_video_that_says_to_be_shorter_is_measured_all_the_same(tmp_path: Path) -> None:
    path = film(tmp_path / "film", "video/mp4", 75)
    content = bytearray(path.read_bytes())
    head = content.index(b"mvhd")
    content[head + 20 : head + 24] = (1).to_bytes(4)
    path.write_bytes(content)
    assert await length_process.measured(path, "video/mp4") == 3_000


@pytest.mark.parametrize("content", [b"", b"no video at all", b"\x00\x00\x00\x18ftypmp42"])
async def test_the_length_of_what_cannot_be_read_is_not_known(
    content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "film"
    path.write_bytes(content)
    assert await length_process.measured(path, "video/mp4") is None


async def test_a_video_that_costs_too_much_is_given_up(tmp_path: Path) -> None:
    path = film(tmp_path / "film", "video/mp4", 75)
    assert await length_process.measured(path, "video/mp4", processor=0.000_1) is None

"""Measures how long a video is, without decoding it; runs as a process of its own.

    python lengths.py CONTENT MEDIA_TYPE SECONDS

What the header says may be wrong: the times of the pictures count. It imports nothing of ours.
"""

import signal
import sys
from collections.abc import Sequence
from fractions import Fraction

import av

MEASURED, UNREADABLE = 0, 3
"""How the process ends; it is killed by SIGPROF when its seconds of processor are over."""
_FORMATS = {"video/mp4": "mov", "video/quicktime": "mov", "video/webm": "matroska"}


def milliseconds(content: str, media: str) -> int | None:
    """From the first picture to the end of the last, rounded up; None when there is no picture, or
    it cannot be read."""
    first: Fraction | None = None
    last = Fraction(0)
    try:
        with av.open(content, format=_FORMATS[media]) as found:
            [stream, *_] = found.streams.video or [None]
            if stream is None or stream.time_base is None:
                return None
            for packet in found.demux(stream):
                if packet.pts is None:
                    continue
                begins = packet.pts * stream.time_base
                first = begins if first is None else min(first, begins)
                last = max(last, begins + (packet.duration or 0) * stream.time_base)
    except (av.FFmpegError, ValueError, OverflowError):
        return None
    return None if first is None else -int((first - last) * 1000 // 1)


def main(arguments: Sequence[str]) -> int:
    """Measure one content within so many seconds of processor, and write the number."""
    content, media, seconds = arguments
    signal.setitimer(signal.ITIMER_PROF, float(seconds))
    found = milliseconds(content, media)
    if found is None:
        return UNREADABLE
    sys.stdout.write(str(found))
    return MEASURED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

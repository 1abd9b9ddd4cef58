"""The types of file that are taken, and how large each may be (G-08)."""

from dataclasses import dataclass

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OLD_WORD = "application/msword"
OLD_EXCEL = "application/vnd.ms-excel"

HEIC = "image/heic"
"""The type of photo that the cameras of many phones make."""

SHOWN = frozenset({"image/jpeg", "image/png"})
"""Images that every browser shows; the public copy of any other is one of them."""
IMAGES = SHOWN | {HEIC}
DOCUMENTS = frozenset({"application/pdf", WORD, EXCEL, OLD_WORD, OLD_EXCEL})
VIDEOS = frozenset({"video/mp4", "video/quicktime", "video/webm"})
TAKEN = IMAGES | DOCUMENTS | VIDEOS


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most bytes of a document or image, and of a video."""

    document: int
    video: int

    def of(self, media_type: str) -> int:
        """The most bytes a file of this type may have."""
        return self.video if media_type in VIDEOS else self.document


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The most files somebody may have, and the most bytes all of them together."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """The quota of each person, and of each organisation with all its people."""

    person: Quota
    organisation: Quota

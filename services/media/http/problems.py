"""The one place where a rule that says no becomes an HTTP answer.

A rejection whose cause is one field of the request names it in its attribute `field`.
"""

from collections.abc import Mapping
from typing import assert_never

from contracts.media.file_v1 import RefusalReason
from infra.http.problems import FieldError, Problem
from services.media import file

Rejection = file.Rejection

_REFUSED: Mapping[RefusalReason, tuple[str, str]] = {
    RefusalReason.TYPE: ("/media_type", "The content is not of the type that was announced."),
    RefusalReason.SIZE: ("/size_bytes", "The content has more bytes or pixels than its type may."),
    RefusalReason.HASH: ("/sha256", "The content is not the one that was announced; send it anew."),
    RefusalReason.VIRUS: ("/", "The content was found to be harmful."),
}
"""The field of the announcement that the content does not keep to, and a sentence."""


def turned_away(reason: RefusalReason) -> Problem:
    """422: the content arrived and is not kept, with the rule it breaks."""
    field, detail = _REFUSED[reason]
    errors = [FieldError(field, reason.name.lower(), detail)]
    return Problem(422, "file-is-refused", detail, errors=errors)


def problem(rejection: Rejection) -> tuple[int, str]:
    """The status and the sentence of a rejection.

    404 says that there is no such thing, 409 that it is not possible now, 422 that it never is.
    """
    match rejection:
        case file.NoSuchFile():
            return 404, "There is no such file."
        case file.TypeNotTaken(media_type=media_type):
            return 422, f"Files of type {media_type} are not taken."
        case file.SizeNotPossible(size_bytes=size, limit=limit):
            return 422, f"A file of this type has 1 to {limit} bytes, not {size}."
        case file.OnlyImagesArePublic(media_type=media_type):
            return 422, f"Only images can be public, not {media_type}."
        case file.UploadIsOver(status=status):
            return 409, f"The upload is over: {status}."
        case file.NotComplete(offset=offset, size_bytes=size):
            return 409, f"{offset} of {size} bytes have arrived."
        case file.WrongOffset(expected=expected):
            return 409, f"The next byte expected is number {expected}."
        case file.PieceTooLong(size_bytes=size):
            return 422, f"The file was announced with {size} bytes; this is more."
        case file.PieceTooShort(least=least):
            return 422, f"A piece that is not the last one has at least {least} bytes."
        case file.QuotaIsFull(whose=whose, unit=unit, most=most):
            return 409, f"All files of one {whose} together are at most {most} {unit}."
        case file.FileIsHeld(by=by):
            return 409, f"The file is kept: {by} relies on it."
        case unhandled:
            assert_never(unhandled)

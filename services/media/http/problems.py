"""The rules of media that say no, and where it says to people what they mean: `texts.yaml`."""

from collections.abc import Mapping

from contracts.media.file_v1 import RefusalReason
from infra.http.problems import FieldError, Problem
from infra.wording import Wording
from services.media import file

Rejection = file.Rejection
WORDING = Wording(__package__, Rejection)

_REFUSED: Mapping[RefusalReason, str] = {
    RefusalReason.TYPE: "/media_type",
    RefusalReason.SIZE: "/size_bytes",
    RefusalReason.HASH: "/sha256",
    RefusalReason.VIRUS: "/",
}
"""The field of the announcement that the content does not keep to."""


def turned_away(reason: RefusalReason) -> Problem:
    """422: the content arrived and is not kept, with the rule it breaks."""
    errors = [FieldError(_REFUSED[reason], reason.name.lower())]
    return Problem(422, "file-is-refused", errors=errors)

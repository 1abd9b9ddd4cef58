from typing import get_args

import pytest

from infra.testing.problems import said_everywhere, told
from services.media import file
from services.media.http.problems import WORDING, Rejection

REJECTIONS: list[Rejection] = [
    file.NoSuchFile(),
    file.TypeNotTaken("image/gif"),
    file.SizeNotPossible(size_bytes=1001, limit=1000),
    file.OnlyImagesArePublic("application/pdf"),
    file.UploadIsOver("abandoned"),
    file.NotComplete(offset=699, size_bytes=700),
    file.NoDigest(),
    file.WrongOffset(350),
    file.PieceTooLong(700),
    file.PieceTooShort(65_536),
    file.QuotaIsFull(whose="person", unit="bytes", most=7_000),
    file.FileIsHeld("invoice-inv-t-1"),
]


def test_every_rejection_has_its_sentence() -> None:
    assert {type(rejection) for rejection in REJECTIONS} == set(get_args(Rejection))
    assert all(told(rejection, WORDING)[0] in {404, 409, 422} for rejection in REJECTIONS)


@pytest.mark.parametrize(
    ("rejection", "facts"),
    [
        (file.TypeNotTaken("image/gif"), ["image/gif"]),
        (file.SizeNotPossible(size_bytes=1001, limit=1000), ["1 to 1,000", "1,001"]),
        (file.OnlyImagesArePublic("application/pdf"), ["application/pdf"]),
        (file.UploadIsOver("abandoned"), ["abandoned"]),
        (file.NotComplete(offset=699, size_bytes=700), ["699 of 700"]),
        (file.WrongOffset(350), ["350"]),
        (file.PieceTooLong(700), ["700"]),
        (file.PieceTooShort(65_536), ["65,536"]),
        (file.QuotaIsFull(whose="person", unit="bytes", most=7_000), ["a person", "7,000 bytes"]),
        (file.FileIsHeld("invoice-inv-t-1"), ["invoice-inv-t-1"]),
    ],
)
def test_a_sentence_names_the_facts(rejection: Rejection, facts: list[str]) -> None:
    assert all(fact in told(rejection, WORDING)[1] for fact in facts)


def test_a_rule_about_one_field_names_it() -> None:
    named = {type(each): getattr(each, "field", None) for each in REJECTIONS}
    assert {kind.__name__: field for kind, field in named.items() if field} == {
        "TypeNotTaken": "media_type",
        "SizeNotPossible": "size_bytes",
        "OnlyImagesArePublic": "visibility",
    }


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda each: type(each).__name__)
def test_a_rejection_is_told_in_every_language(rejection: Rejection) -> None:
    assert said_everywhere(rejection, WORDING)

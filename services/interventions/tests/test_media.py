"""How many files a case holds, and how they are shown."""

from dataclasses import replace

import pytest

from contracts.interventions.case_v1 import (
    CaseDeleted,
    InternalMessageKind,
    Mark,
    MediaKind,
    Shape,
    ShapeKind,
    SubjectForgotten,
)
from services.interventions import case
from services.interventions.case.media import (
    MediaIdTaken,
    NoSuchMedia,
    OnlyPhotosAreAnnotated,
    TakeOutMedia,
    TooManyFiles,
    VideoNotMeasured,
    VideosTooLong,
    VideoTooLong,
)
from services.interventions.tests.make import (
    CASE,
    GROUP,
    LATER,
    close,
    create,
    delete,
    history,
    leave_internal,
    place,
    state,
)

CIRCLE = Shape(
    kind=ShapeKind.CIRCLE,
    marks=(
        Mark(x_basis_points=5_000, y_basis_points=5_000),
        Mark(x_basis_points=6_000, y_basis_points=5_000),
    ),
    colour="d0021b",
)
VIDEO = MediaKind.VIDEO


def accepted(*commands: case.Command) -> bool:
    """Whether the last of these is carried out after the others."""
    *before, last = commands
    return isinstance(CASE.given(*history(*before)).answer(last), list)


@pytest.mark.requirement("FLB-059", "G-41")
def test_the_fiftieth_photo_is_taken_and_the_fifty_first_is_not() -> None:
    photos = [place(f"p{n}", private=n % 2 == 0) for n in range(49)]
    assert accepted(create(), *photos, place("fiftieth"))
    full = history(create(), *photos, place("fiftieth"))
    CASE.given(*full).when(place("more")).is_rejected(TooManyFiles(MediaKind.PHOTO, 50))


@pytest.mark.requirement("FLB-059", "G-41", "FLB-061")
def test_a_photo_that_was_taken_out_makes_room() -> None:
    photos = [place(f"p{n}") for n in range(50)]
    out = TakeOutMedia(organisation_id=GROUP, media_id="p7", by="lea", at=LATER)
    assert accepted(create(), *photos, out, place("another"))


@pytest.mark.requirement("FLB-059", "T-11")
def test_a_video_has_three_hundred_seconds_and_no_more() -> None:
    assert accepted(create(), place("v", VIDEO, seconds=300))
    given = CASE.given(*history(create()))
    given.when(place("v", VIDEO, seconds=300.001)).is_rejected(VideoTooLong(301, 300))


@pytest.mark.requirement("FLB-059", "T-11", "G-41")
def test_the_videos_of_a_case_have_six_hundred_seconds_together() -> None:
    first = place("v1", VIDEO, seconds=300, private=True)
    assert accepted(create(), first, place("v2", VIDEO, seconds=300))
    full = history(create(), first, place("v2", VIDEO, seconds=300))
    CASE.given(*full).when(place("v3", VIDEO, seconds=1)).is_rejected(VideosTooLong(601, 600))


def test_a_video_of_unknown_length_is_not_taken() -> None:
    CASE.given(*history(create())).when(place("v", VIDEO)).is_rejected(VideoNotMeasured())


def test_a_video_is_shown_otherwise_without_counting_twice() -> None:
    first, second = (place(one, VIDEO, seconds=300) for one in ("v1", "v2"))
    assert accepted(
        create(), first, second, place("v1", VIDEO, seconds=300, private=True, at=LATER)
    )


@pytest.mark.requirement("FLB-062")
def test_figures_are_drawn_on_photos_in_their_order_and_on_nothing_else() -> None:
    line = Shape(kind=ShapeKind.FREE_HAND, marks=CIRCLE.marks, colour="000000")
    found = state(create(), place("p", shapes=(CIRCLE, line)))
    assert isinstance(found, case.Pending)
    assert found.dossier.placed[0].shapes == (CIRCLE, line)
    given = CASE.given(*history(create()))
    given.when(place("v", VIDEO, seconds=3, shapes=(CIRCLE,))).is_rejected(
        OnlyPhotosAreAnnotated(VIDEO)
    )


@pytest.mark.requirement("FLB-060", "SM-20")
def test_a_private_photo_is_for_colleagues_until_it_is_made_public() -> None:
    private = state(create(), place("p", private=True))
    assert isinstance(private, case.Pending)
    assert private.dossier.public == ()
    public = state(create(), place("p", private=True), place("p", at=LATER))
    assert isinstance(public, case.Pending)
    assert len(public.dossier.public) == 1


def test_an_id_stays_that_of_its_file() -> None:
    other = TakeOutMedia(organisation_id=GROUP, media_id="p9", by="lea", at=LATER)
    given = CASE.given(*history(create(), place("p1")))
    given.when(other).is_rejected(NoSuchMedia("p9"))
    moved = history(create(), place("p1"))
    stranger = place("p1")
    object.__setattr__(stranger, "file_id", "another")
    CASE.given(*moved).when(stranger).is_rejected(MediaIdTaken("p1"))


@pytest.mark.requirement("G-38")
def test_the_video_of_an_internal_message_stays_hidden_when_another_message_replaces_it() -> None:
    video = place("m-2", VIDEO, seconds=3)
    left = leave_internal(InternalMessageKind.TEXT_VIDEO, media_id="m-2")
    none = replace(leave_internal(InternalMessageKind.NONE), at=LATER)
    for commands in ((video, left), (left, video), (video, left, none)):
        found = state(create(), place("m-1"), *commands)
        assert isinstance(found, case.Pending)
        assert [one.media_id for one in found.dossier.public] == ["m-1"]


@pytest.mark.requirement("FLB-107", "G-50")
def test_a_case_that_ends_names_every_file_that_ever_was_in_it() -> None:
    out = TakeOutMedia(organisation_id=GROUP, media_id="p1", by="lea", at=LATER)
    forget = case.ForgetCase(organisation_id=GROUP, at=LATER)
    there = (create(), place("p1"), place("p2", private=True), out)
    forgotten, deleted = history(*there, forget)[-1], history(*there, close(), delete())[-1]
    assert isinstance(forgotten, SubjectForgotten)
    assert isinstance(deleted, CaseDeleted)
    assert forgotten.file_ids == deleted.file_ids == ("file-p1", "file-p2")

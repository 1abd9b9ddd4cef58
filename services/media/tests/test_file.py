from dataclasses import replace
from datetime import timedelta
from functools import reduce
from typing import get_args

import pytest

from contracts.media.file_v1 import FileEvent, Purpose, RefusalReason, Visibility
from contracts.timers import CancelTimer, SetTimer
from infra.testing.spec import Spec
from services.media import file
from services.media.file import (
    ABANDON,
    LIFETIME,
    AbandonUpload,
    Command,
    FileIsHeld,
    NoSuchFile,
    OnlyImagesArePublic,
    RemoveFile,
    SizeNotPossible,
    TypeNotTaken,
    UploadIsOver,
    types,
)
from services.media.file.types import Limits
from services.media.tests.make import (
    COPY,
    LATER,
    LIMITS,
    NOON,
    SECOND,
    abandoned,
    content,
    copied,
    finish,
    held,
    hold,
    refused,
    release,
    released,
    removed,
    start,
    started,
    stored,
    unshare,
    unshared,
)

given = Spec(file.decide, file.evolve, file.initial).given
PUBLIC = Visibility.PUBLIC
JPEG = "image/jpeg"
REMOVE = RemoveFile(organisation_id="hiflow", by="ada", at=LATER)
ENDS: list[FileEvent] = [stored(), refused(RefusalReason.VIRUS), abandoned(), removed()]
"""Each way an upload ends."""


def readers(*events: FileEvent) -> frozenset[str]:
    return file.readers(reduce(file.evolve, events, file.initial))


@pytest.mark.requirement("G-08")
class TestAnnouncing:
    @pytest.mark.parametrize("media", sorted(types.TAKEN))
    def test_documents_images_and_videos_are_taken(self, media: str) -> None:
        given().when(start(media)).records(started(media))

    @pytest.mark.parametrize(
        "media",
        [
            "application/x-msdownload",
            "application/vnd.ms-word.document.macroenabled.12",
            "image/gif",
            "image/svg+xml",
            "text/html",
            "video/x-msvideo",
        ],
    )
    def test_nothing_else_is(self, media: str) -> None:
        given().when(start(media)).is_rejected(TypeNotTaken(media))

    @pytest.mark.parametrize(
        ("media", "limit"), [("application/pdf", 1000), (JPEG, 1000), ("video/mp4", 5000)]
    )
    def test_a_file_may_have_as_many_bytes_as_its_type_may(self, media: str, limit: int) -> None:
        given().when(start(media, 1)).records(started(media, 1))
        given().when(start(media, limit)).records(started(media, limit))
        for size in (0, limit + 1):
            given().when(start(media, size)).is_rejected(
                SizeNotPossible(size_bytes=size, limit=limit)
            )

    @pytest.mark.parametrize("media", sorted(types.IMAGES))
    def test_an_image_can_be_public(self, media: str) -> None:
        given().when(start(media, visibility=PUBLIC)).records(started(media, visibility=PUBLIC))

    @pytest.mark.parametrize("media", sorted(types.TAKEN - types.IMAGES))
    def test_what_is_no_image_cannot(self, media: str) -> None:
        given().when(start(media, visibility=PUBLIC)).is_rejected(OnlyImagesArePublic(media))

    def test_the_same_announcement_again_is_known_even_after_the_limits_fell(self) -> None:
        again = replace(start(at=LATER), limits=Limits(document=1, video=1))
        for end in ENDS:
            given(started(), end).when(again).records_nothing()

    def test_another_announcement_of_the_same_id_is_not_told_whose_it_is(self) -> None:
        for other in (start(organisation="atlas"), start(size=701), start("image/png")):
            given(started()).when(other).is_rejected(NoSuchFile())


@pytest.mark.requirement("G-08")
class TestFinishing:
    def test_what_was_announced_is_kept(self) -> None:
        given(started()).when(finish()).records(stored())

    def test_a_public_image_is_kept_with_its_copy(self) -> None:
        history = started(JPEG, visibility=PUBLIC)
        command = finish(content(media=JPEG), COPY)
        given(history).when(command).records(stored(JPEG, visibility=PUBLIC), copied())

    def test_an_image_that_cannot_be_cleaned_is_not_published(self) -> None:
        history = started(JPEG, visibility=PUBLIC)
        command = finish(content(media=JPEG), None)
        given(history).when(command).records(refused(RefusalReason.TYPE))

    def test_an_image_of_too_many_pixels_is_turned_away_for_its_size(self) -> None:
        history = started(JPEG, visibility=PUBLIC)
        command = finish(replace(content(media=JPEG), too_large=True), None)
        given(history).when(command).records(refused(RefusalReason.SIZE))

    @pytest.mark.parametrize("media", [None, "image/png", "application/msword"])
    def test_a_content_of_another_type_than_declared_is_turned_away(
        self, media: str | None
    ) -> None:
        given(started()).when(finish(content(media=media))).records(refused(RefusalReason.TYPE))

    @pytest.mark.parametrize("found", [content("cd" * 32), content(size=699), content(size=701)])
    def test_what_arrived_otherwise_than_it_was_sent_is_turned_away(
        self, found: file.Found
    ) -> None:
        given(started()).when(finish(found)).records(refused(RefusalReason.HASH))

    def test_a_virus_is_turned_away_whatever_type_it_has(self) -> None:
        for media in ("application/pdf", None):
            command = finish(content(media=media, virus=True))
            given(started()).when(command).records(refused(RefusalReason.VIRUS))

    @pytest.mark.parametrize(("media", "size"), [("application/pdf", 700), ("video/mp4", 4000)])
    def test_the_limits_of_the_day_it_is_complete_count(self, media: str, size: int) -> None:
        found = content(media=media, size=size)
        exact, under = Limits(document=700, video=4000), Limits(document=699, video=3999)
        decided = given(started(media, size))
        decided.when(finish(found, limits=exact)).records(stored(media, size))
        decided.when(finish(found, limits=under)).records(refused(RefusalReason.SIZE))

    def test_the_first_reason_is_the_one_that_is_told(self) -> None:
        worst = content("cd" * 32, media=None, virus=True)
        given(started()).when(finish(worst)).records(refused(RefusalReason.HASH))


class TestFinishingWhatIsOver:
    def test_a_stored_file_is_not_replaced(self) -> None:
        other = finish(content("cd" * 32))
        given(started(), stored()).when(other).is_rejected(UploadIsOver("stored"))

    def test_a_refused_one_stays_refused(self) -> None:
        history = given(started(), refused(RefusalReason.VIRUS))
        history.when(finish(content(virus=True))).records_nothing()
        history.when(finish()).is_rejected(UploadIsOver("refused"))
        history.when(finish(content(media=None))).is_rejected(UploadIsOver("refused"))

    def test_an_abandoned_or_removed_one_does_not_come_back(self) -> None:
        given(started(), abandoned()).when(finish()).is_rejected(UploadIsOver("abandoned"))
        given(started(), stored(), removed()).when(finish()).is_rejected(UploadIsOver("removed"))


class TestRemoving:
    def test_a_file_is_removed_while_it_arrives_and_once_it_is_kept(self) -> None:
        given(started()).when(REMOVE).records(removed())
        given(started(), stored()).when(REMOVE).records(removed())
        given(started(JPEG, visibility=PUBLIC), stored(), copied()).when(REMOVE).records(removed())

    @pytest.mark.parametrize("end", ENDS[1:])
    def test_what_is_gone_already_needs_no_removing(self, end: FileEvent) -> None:
        given(started(), end).when(REMOVE).records_nothing()

    def test_who_asked_is_recorded_when_a_person_is_forgotten(self) -> None:
        forgetting = RemoveFile(organisation_id="hiflow", by="media.forgetting", at=LATER)
        expected = replace(removed(), removed_by="media.forgetting")
        given(started(), stored()).when(forgetting).records(expected)


class TestHolding:
    def test_what_something_relies_on_is_removed_by_nobody(self) -> None:
        kept = (started(), stored(), held("invoice-inv-t-1"))
        given(*kept).when(REMOVE).is_rejected(FileIsHeld("invoice-inv-t-1"))
        given(started(), held(), stored()).when(REMOVE).is_rejected(FileIsHeld("trip-t-1"))

    def test_it_goes_with_who_is_forgotten(self) -> None:
        given(started(), stored(), held()).when(replace(REMOVE, forgetting=True)).records(removed())

    def test_it_is_held_once_by_each(self) -> None:
        given(started(), stored()).when(hold()).records(held())
        given(started(), stored(), held()).when(hold()).records_nothing()
        given(started(), stored(), held()).when(hold("paper-p")).records(held("paper-p"))

    def test_what_is_not_there_or_of_another_organisation_is_not_held(self) -> None:
        given().when(hold()).records_nothing()
        given(started(), removed()).when(hold()).records_nothing()
        given(started(), stored()).when(hold(organisation="other")).records_nothing()
        given(started(), stored()).when(hold(organisation=None)).records(held())

    @pytest.mark.requirement("G-50", "G-92")
    def test_it_goes_once_nothing_relies_on_it_any_more(self) -> None:
        gone = replace(removed(), removed_by="trip-t-1")
        theirs = (started(), stored(), held())
        given(*theirs).when(release()).records(released(), gone)
        given(*theirs, held("case-J2")).when(release()).records(released())
        last = replace(removed(), removed_by="case-J2")
        both = (*theirs, held("case-J2"), released())
        given(*both).when(release("case-J2")).records(released("case-J2"), last)

    def test_only_who_holds_it_lets_go_of_it(self) -> None:
        theirs = (started(), stored(), held())
        given(*theirs).when(release("case-J2")).records_nothing()
        given(*theirs).when(release(organisation="other")).records_nothing()
        given(started(), stored()).when(release()).records_nothing()
        given(*theirs, released(), removed()).when(release()).records_nothing()

    @pytest.mark.requirement("HIF-26")
    def test_only_what_was_sent_for_a_mission_is_read_by_its_driver(self) -> None:
        theirs = (started(purpose=Purpose.MISSION), stored())
        given(*theirs).when(hold(reader="bob")).records(held(reader="bob"))
        given(started(), stored()).when(hold(reader="bob")).records(held())
        assert readers(*theirs, held(reader="bob")) == {"bob"}

    def test_what_was_sent_to_support_is_read_by_who_has_the_request(self) -> None:
        theirs = (started(purpose=Purpose.OTHER), stored())
        given(*theirs).when(hold(reader="lea")).records(held(reader="lea"))

    def test_a_removed_attachment_stays_held_and_is_read_no_more(self) -> None:
        shared = (started(purpose=Purpose.MISSION), stored(), held(reader="bob"))
        given(*shared).when(unshare()).records(unshared())
        given(*shared).when(unshare("eve")).records_nothing()
        given(*shared).when(hold()).records_nothing()
        given(*shared, unshared()).when(hold(reader="bob")).records(held(reader="bob"))
        given(*shared, unshared()).when(REMOVE).is_rejected(FileIsHeld("trip-t-1"))
        assert not readers(*shared, unshared())


@pytest.mark.requirement("G-08")
class TestGivingUp:
    def test_an_upload_is_given_up_when_its_time_is_over_and_not_before(self) -> None:
        end = NOON + LIFETIME
        given(started()).when(AbandonUpload(end - SECOND)).records_nothing()
        given(started()).when(AbandonUpload(end)).records(abandoned())

    @pytest.mark.parametrize("end", ENDS)
    def test_what_is_over_is_not_given_up(self, end: FileEvent) -> None:
        given(started(), end).when(AbandonUpload(NOON + LIFETIME)).records_nothing()

    def test_the_timer_is_set_once_and_cancelled_by_every_other_end(self) -> None:
        assert file.timers(started()) == (SetTimer(ABANDON, NOON + LIFETIME),)
        for event in (stored(), refused(RefusalReason.TYPE), removed()):
            assert file.timers(event) == (CancelTimer(ABANDON),)
        assert file.timers(abandoned()) == file.timers(copied()) == ()

    def test_a_timer_that_comes_due_is_a_command(self) -> None:
        due = NOON + timedelta(hours=24)
        assert file.on_timer(ABANDON, "f-1", due) == AbandonUpload(due)
        with pytest.raises(LookupError):
            file.on_timer("another", "f-1", due)


class TestWhoseFile:
    @pytest.mark.parametrize(
        "command",
        [finish(), REMOVE, AbandonUpload(NOON + LIFETIME)],
        ids=lambda c: type(c).__name__,
    )
    def test_what_was_never_announced_does_not_exist(self, command: Command) -> None:
        given().when(command).is_rejected(NoSuchFile())

    @pytest.mark.parametrize("end", [None, *ENDS])
    def test_another_organisation_sees_no_file(self, end: FileEvent | None) -> None:
        history = given(started(), *([end] if end else []))
        history.when(finish(organisation="atlas")).is_rejected(NoSuchFile())
        history.when(RemoveFile(organisation_id="atlas", by="eve", at=LATER)).is_rejected(
            NoSuchFile()
        )


def state(*history: FileEvent) -> file.File:
    return reduce(file.evolve, history, file.initial)


class TestHistory:
    def test_every_end_has_its_status(self) -> None:
        found = [state(started(), end) for end in ENDS[1:]]
        names = [each.status for each in found if isinstance(each, file.Gone)]
        assert names == ["refused", "abandoned", "removed"]

    def test_a_copy_belongs_to_a_stored_file_only(self) -> None:
        kept = state(started(JPEG), stored(JPEG), copied())
        assert kept == file.Stored(upload=started(JPEG), stored=stored(JPEG), public=copied())
        assert state(started(), removed(), copied()) == state(started(), removed())

    def test_nothing_is_made_of_a_history_without_its_beginning(self) -> None:
        for event in get_args(FileEvent)[1:]:
            others = [copied(), held(), unshared(), released()]
            example = next(e for e in [*ENDS, *others] if isinstance(e, event))
            assert state(example) == file.initial


def test_each_type_has_the_limit_of_its_kind() -> None:
    by_limit = {media: LIMITS.of(media) for media in types.TAKEN}
    assert {media for media, limit in by_limit.items() if limit == LIMITS.video} == types.VIDEOS

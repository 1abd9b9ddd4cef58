"""The routes of media, over a real store and a local folder."""

import asyncio
import base64
import io
from pathlib import Path
from typing import get_args

import pytest
from fastapi.routing import APIRoute
from PIL import Image

from infra.http.app import admissions
from infra.testing.routes import Existing
from infra.tokens import Role
from services.media.file import Unshare
from services.media.http import router
from services.media.tests.caller import announcement, served
from services.media.tests.make import EXE, NOON, PDF, image, sha256

MIB = 1024 * 1024
EVERY_ROLE: tuple[Role, ...] = get_args(Role)


@pytest.mark.requirement("G-08")
@pytest.mark.requirement("HIF-42")
async def test_a_file_goes_up_in_pieces_and_comes_back_whole(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent()
        assert await api.status(file) == ("stored", None)
        answer = await api.ask("GET", f"/files/{file}/content")
        assert answer.content == PDF
        assert answer.headers["Content-Type"] == "application/pdf"
        assert "Attestation%20fiscale.pdf" in answer.headers["Content-Disposition"]


def repr_digest(data: bytes) -> str:
    """The header of RFC 9530."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256(data))).decode()}:"


class TestSending:
    async def test_an_upload_goes_on_where_it_stopped(self, database: str, tmp_path: Path) -> None:
        async with served(database, tmp_path) as api:
            file = await api.start(PDF, "application/pdf")
            await api.piece(file, 0, PDF[:1000])
            told = await api.ask("HEAD", f"/uploads/{file}")
            assert told.headers["Upload-Offset"] == "1000"
            assert told.headers["Upload-Length"] == str(len(PDF))
            assert (await api.complete(file)).status_code == 409
            assert (await api.piece(file, 1000, PDF[1000:])).json()["offset"] == len(PDF)
            assert (await api.complete(file)).json()["status"] == "stored"

    async def test_a_piece_at_a_wrong_place_is_told_the_right_one(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            file = await api.start(PDF, "application/pdf")
            await api.piece(file, 0, PDF[:1000])
            for start in (999, 1001):
                answer = await api.piece(file, start, b"x")
                assert answer.status_code == 409
                assert answer.json()["type"] == "urn:relais:problem:wrong-offset"
                assert "number 1,000" in answer.json()["detail"]
            assert (await api.piece(file, 0, b"other")).status_code == 409

    async def test_the_same_piece_again_changes_nothing(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            file = await api.start(PDF, "application/pdf")
            await api.piece(file, 0, PDF[:1000])
            await api.piece(file, 1000, PDF[1000:1500])
            again = await api.piece(file, 0, PDF[:1000])
            assert (again.status_code, again.json()["offset"]) == (200, 1500)
            assert (await api.piece(file, 1500, b"")).json()["offset"] == 1500
            assert len(api.kept(file)) == 2

    async def test_a_piece_ends_with_the_file_and_has_a_megabyte_at_most(
        self, database: str, tmp_path: Path
    ) -> None:
        data = PDF + bytes(MIB)
        async with served(database, tmp_path) as api:
            file = await api.start(data, "application/pdf")
            assert (await api.piece(file, 0, data[: MIB + 1])).status_code == 413
            assert (await api.piece(file, 0, data[:MIB])).is_success
            assert (await api.piece(file, MIB, data[MIB:] + b"x")).status_code == 422
            assert (await api.piece(file, MIB, data[MIB:])).is_success
            assert (await api.complete(file)).json()["status"] == "stored"

    async def test_the_digest_may_come_with_the_last_piece(
        self, database: str, tmp_path: Path
    ) -> None:
        digest = {"Repr-Digest": repr_digest(PDF)}
        async with served(database, tmp_path) as api:
            file = await api.start(PDF, "application/pdf", sha256=None)
            assert (await api.ask("GET", f"/files/{file}")).json()["sha256"] == ""
            assert (await api.piece(file, 0, PDF[:1000], headers=digest)).is_success
            assert (await api.piece(file, 1000, PDF[1000:])).is_success
            missing = await api.complete(file)
            assert missing.status_code == 409
            assert missing.json()["type"] == "urn:relais:problem:no-digest"
            assert (await api.piece(file, 1000, PDF[1000:], headers=digest)).is_success
            stored = (await api.complete(file)).json()
            assert (stored["status"], stored["sha256"]) == ("stored", sha256(PDF))

    async def test_content_without_the_digest_of_its_last_piece_is_turned_away(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            file = await api.start(PDF, "application/pdf", sha256=None)
            for wrong in ("sha-256=:abc=:", f"sha-512=:{'A' * 43}=:", "sha256"):
                bad = await api.piece(file, 0, PDF, headers={"Repr-Digest": wrong})
                assert bad.status_code == 422
                assert bad.json()["errors"][0]["field"] == "header:Repr-Digest"
            digest = {"Repr-Digest": repr_digest(PDF[1:])}
            assert (await api.piece(file, 0, PDF, headers=digest)).is_success
            assert (await api.complete(file)).json()["errors"][0]["rule"] == "hash"
            assert await api.status(file) == ("refused", "hash")
            announced = await api.start(PDF, "application/pdf")
            assert (await api.piece(announced, 0, PDF, headers=digest)).is_success
            assert (await api.complete(announced)).json()["status"] == "stored"

    async def test_an_upload_that_was_broken_off_is_completed_after_a_restart(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            file = await api.start(PDF, "application/pdf")
            await api.piece(file, 0, PDF[:1000])
        async with served(database, tmp_path) as api:
            offset = int((await api.ask("HEAD", f"/uploads/{file}")).headers["Upload-Offset"])
            await api.piece(file, offset, PDF[offset:])
            assert (await api.complete(file)).json()["status"] == "stored"
            assert (await api.ask("GET", f"/files/{file}/content")).content == PDF

    async def test_a_repeated_announcement_is_one_upload(
        self, database: str, tmp_path: Path
    ) -> None:
        body, key = announcement(PDF, "application/pdf"), {"Idempotency-Key": "once"}
        async with served(database, tmp_path) as api:
            first = await api.ask("POST", "/uploads", body, headers=key)
            again = await api.ask("POST", "/uploads", body, headers=key)
            assert (again.status_code, again.json()) == (201, first.json())
            other = await api.ask("POST", "/uploads", body | {"name": "b"}, headers=key)
            assert other.json()["type"] == "urn:relais:problem:idempotency-key-reused"

    async def test_completing_again_answers_the_same(self, database: str, tmp_path: Path) -> None:
        async with served(database, tmp_path) as api:
            file = await api.sent()
            assert (await api.complete(file)).json()["status"] == "stored"
            late = await api.piece(file, len(PDF), b"x")
            assert late.status_code == 409
            assert late.json()["detail"] == "The upload is over: stored."
            assert (await api.ask("HEAD", f"/uploads/{file}")).status_code == 404

    async def test_who_completes_at_the_same_time_is_told_to_try_again_or_the_same(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            file = await api.start(PDF, "application/pdf")
            await api.piece(file, 0, PDF)
            answers = await asyncio.gather(*(api.complete(file) for _ in range(4)))
            assert {answer.status_code for answer in answers} <= {200, 409}
            assert await api.status(file) == ("stored", None)
            history = (await api.ask("GET", f"/files/{file}/history")).json()["items"]
            assert len(history) == 2


@pytest.mark.requirement("G-08")
class TestWhatIsNotTaken:
    async def test_a_file_that_is_too_large_is_refused_when_it_is_announced(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path, document_bytes=1000, video_bytes=2000) as api:
            for media, limit in (("application/pdf", 1000), ("video/mp4", 2000)):
                body = announcement(PDF, media)
                good = await api.ask("POST", "/uploads", body | {"size_bytes": limit})
                assert good.status_code == 201
                bad = await api.ask("POST", "/uploads", body | {"size_bytes": limit + 1})
                assert bad.status_code == 422
                assert bad.json()["type"] == "urn:relais:problem:size-not-possible"
                assert f"1 to {limit:,} bytes, not {limit + 1:,}" in bad.json()["detail"]

    async def test_a_type_that_is_not_taken_is_refused_when_it_is_announced(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            body = announcement(EXE, "application/x-msdownload")
            answer = await api.ask("POST", "/uploads", body)
            assert answer.json()["type"] == "urn:relais:problem:type-not-taken"

    @pytest.mark.parametrize(
        ("data", "media", "name"),
        [
            (EXE, "image/jpeg", "photo.jpg"),
            (PDF, "image/jpeg", "photo.jpg"),
            (image("PNG"), "image/jpeg", "photo.jpg"),
            (image("JPEG"), "application/pdf", "paper.pdf"),
        ],
    )
    async def test_a_content_that_is_not_what_it_is_called_is_turned_away(
        self, database: str, tmp_path: Path, data: bytes, media: str, name: str
    ) -> None:
        async with served(database, tmp_path) as api:
            file = await api.refused("type", data, media, name=name)
            assert (await api.ask("GET", f"/files/{file}/content")).status_code == 404

    async def test_a_content_that_was_damaged_on_its_way_is_turned_away(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            file = await api.refused("hash", sha256=sha256(b"another"))
            assert "original" not in api.kept(file)


class TestDownloading:
    RANGES = (
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=2000-", 2000, len(PDF)),
        ("bytes=2000-999999", 2000, len(PDF)),
        (f"bytes={len(PDF) - 1}-", len(PDF) - 1, len(PDF)),
        ("bytes=-5", len(PDF) - 5, len(PDF)),
        ("bytes=0-", 0, len(PDF)),
        ("bytes=-999999", 0, len(PDF)),
    )

    async def test_a_range_of_a_file_is_sent_alone(self, database: str, tmp_path: Path) -> None:
        async with served(database, tmp_path) as api:
            content = f"/files/{await api.sent()}/content"
            for wanted, start, end in self.RANGES:
                answer = await api.ask("GET", content, headers={"Range": wanted})
                assert (wanted, answer.status_code) == (wanted, 206)
                assert answer.content == PDF[start:end]
                assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(PDF)}"
                assert answer.headers["Content-Length"] == str(end - start)

    async def test_a_range_beyond_the_end_is_told_the_size(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            content = f"/files/{await api.sent()}/content"
            for wanted in (f"bytes={len(PDF)}-", f"bytes={len(PDF)}-{len(PDF) + 9}", "bytes=-0"):
                answer = await api.ask("GET", content, headers={"Range": wanted})
                assert answer.status_code == 416
                assert answer.headers["Content-Range"] == f"bytes */{len(PDF)}"

    async def test_what_is_not_one_range_of_bytes_is_answered_with_everything(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            content = f"/files/{await api.sent()}/content"
            for wanted in ("bytes=5-3", "bytes=-", "bytes=0-1,4-5", "lines=0-1", "bytes=a-b"):
                answer = await api.ask("GET", content, headers={"Range": wanted})
                assert (wanted, answer.status_code, answer.content) == (wanted, 200, PDF)
                assert "Content-Range" not in answer.headers

    async def test_who_has_the_content_is_not_sent_it_again(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            content = f"/files/{await api.sent()}/content"
            etag = (await api.ask("GET", content)).headers["ETag"]
            for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
                answer = await api.ask("GET", content, headers={"If-None-Match": known})
                assert (known, answer.status_code, answer.content) == (known, 304, b"")
            other = await api.ask("GET", content, headers={"If-None-Match": '"other"'})
            assert other.status_code == 200

    async def test_a_range_of_another_content_is_not_joined_to_this_one(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            content = f"/files/{await api.sent()}/content"
            etag = (await api.ask("GET", content)).headers["ETag"]
            same = {"Range": "bytes=0-3", "If-Range": etag}
            assert (await api.ask("GET", content, headers=same)).status_code == 206
            other = {"Range": "bytes=0-3", "If-Range": '"other"'}
            assert (await api.ask("GET", content, headers=other)).content == PDF

    async def test_a_browser_neither_runs_nor_keeps_what_somebody_sent(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            file = await api.sent(name='é"x.pdf')
            answer = await api.ask("GET", f"/files/{file}/content")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Security-Policy"] == "sandbox"
            assert answer.headers["Cache-Control"] == "private, no-store"
            named = answer.headers["Content-Disposition"]
            assert named == "attachment; filename*=UTF-8''%C3%A9%22x.pdf"


def kept_here(file_id: str, empty: str) -> Existing:
    """A file of Ada's, stored or on its way, for which one route has nothing."""
    return Existing(
        ids={"file_id": file_id},
        words={"start": "1000"},
        bodies={
            "POST /files/{file_id}/links": {},
            "PUT /uploads/{file_id}/pieces/{start}": PDF[1000:],
        },
        owners={"driver": "ada"},
        for_all=[empty],
    )


class TestWhoSeesIt:
    @pytest.mark.requirement("G-01")
    async def test_strangers_find_no_trace_of_a_file_or_an_upload(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            upload, file = await api.start(PDF, "application/pdf"), await api.sent()
            await api.piece(upload, 0, PDF[:1000])
            # What is over is no upload, and what is under way has no content yet.
            for id, empty in (
                (file, "HEAD /uploads/{file_id}"),
                (upload, "GET /files/{file_id}/content"),
            ):
                existing = kept_here(id, empty)
                await existing.is_hidden_from(api)
                await existing.is_hidden_from(api, "ada", "strangers")
                await existing.is_hidden_from(api, "bob", "hiflow", ("driver",))
            assert await api.status(file) == ("stored", None)
            assert (await api.piece(upload, 1000, PDF[1000:])).is_success

    async def test_nobody_else_adds_to_an_upload_or_passes_a_file_on(
        self, database: str, tmp_path: Path
    ) -> None:
        async with served(database, tmp_path) as api:
            upload, file = await api.start(PDF, "application/pdf"), await api.sent()
            for who, org in (("bob", "hiflow"), ("ada", "atlas")):
                sent = await api.piece(upload, 0, PDF, who=who, org=org)
                assert sent.status_code == 404
                link = await api.ask("POST", f"/files/{file}/links", {}, who=who, org=org)
                assert link.status_code == 404

    async def test_staff_of_the_organisation_see_it(self, database: str, tmp_path: Path) -> None:
        async with served(database, tmp_path) as api:
            content = f"/files/{await api.sent()}/content"
            for role in ("logistics", "administration", "billing"):
                assert (await api.ask("GET", content, who="lea", roles=(role,))).content == PDF
            assert (await api.ask("GET", content, who="lea", roles=("analyst",))).status_code == 404
            assert (await api.client.get(content)).status_code == 401


@pytest.mark.requirement("HIF-26")
async def test_the_driver_of_a_mission_reads_its_attachment_and_nothing_more(
    database: str, tmp_path: Path
) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent(purpose="mission")
        content = f"/files/{file}/content"
        assert (await api.ask("GET", content, who="bob")).status_code == 404
        await api.hold(file, None, by="trip-t-1", reader="bob")
        assert (await api.ask("GET", content, who="bob")).content == PDF
        assert (await api.ask("GET", f"/files/{file}", who="bob")).is_success
        assert (await api.ask("GET", content, who="eve")).status_code == 404
        assert (await api.ask("GET", content, who="bob", org="atlas")).status_code == 404
        for method, path in (("DELETE", ""), ("GET", "/history"), ("POST", "/links")):
            answer = await api.ask(method, f"/files/{file}{path}", {}, who="bob")
            assert answer.status_code == 404
        await api.follow(Unshare(file_id=file, by="trip-t-1", reader_id="bob", at=NOON))
        assert (await api.ask("GET", content, who="bob")).status_code == 404


async def test_support_reads_what_it_was_sent_by_another_organisation(
    database: str, tmp_path: Path
) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent(purpose="other")
        content = f"/files/{file}/content"
        await api.hold(file, None, by="request-Q1", reader="lea")
        assert (await api.ask("GET", content, who="lea", org="relais")).content == PDF
        assert (await api.ask("GET", content, who="eve", org="relais")).status_code == 404
        mine, theirs = [
            (await api.ask("GET", f"/files/{file}", who=who, org=org)).json()
            for who, org in (("ada", "hiflow"), ("lea", "relais"))
        ]
        assert mine["user_id"] == "ada"
        assert theirs == mine | {"user_id": ""}
        answer = await api.ask("DELETE", f"/files/{file}", who="lea", org="relais")
        assert answer.status_code == 404
        await api.follow(Unshare(file_id=file, by="request-Q1", reader_id="lea", at=NOON))
        assert (await api.ask("GET", content, who="lea", org="relais")).status_code == 404


@pytest.mark.requirement("G-20")
@pytest.mark.parametrize("role", ["analyst", "pending", "rejected"])
async def test_whoever_may_ask_support_reads_the_file_it_answers_with(
    database: str, tmp_path: Path, role: Role
) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent(purpose="other")
        for path in (f"/files/{file}", f"/files/{file}/content"):
            assert (await api.ask("GET", path, None, "nadia", (role,), "anfa")).status_code == 404
        await api.hold(file, None, by="request-Q1", reader="nadia")
        answer = await api.ask("GET", f"/files/{file}/content", None, "nadia", (role,), "anfa")
        assert answer.content == PDF
        assert (await api.ask("GET", f"/files/{file}", None, "nadia", (role,), "anfa")).is_success


async def test_what_something_relies_on_is_not_removed(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent()
        await api.hold(file, "hiflow", by="invoice-inv-t-1")
        people: tuple[tuple[str, Role], ...] = (("ada", "driver"), ("lea", "administration"))
        for who, role in people:
            answer = await api.ask("DELETE", f"/files/{file}", who=who, roles=(role,))
            assert (answer.status_code, "invoice-inv-t-1" in answer.text) == (409, True)
        await api.swept()
        assert (await api.ask("GET", f"/files/{file}/content")).content == PDF


async def test_every_route_admits_its_roles_and_nobody_else(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        routes = [one for one in router(api.running).routes if isinstance(one, APIRoute)]
        for route in routes:
            [(_, admission)] = admissions([route])
            path = route.path.format(file_id="nothing", start=0, token="x", archive="x", sheet="x")
            method = next(iter(route.methods or ()))
            nobody = await api.client.request(method, path)
            assert (nobody.status_code == 401) is (admission.roles is not None), path
            for role in EVERY_ROLE:
                asked = await api.ask(method, path, roles=(role,))
                admitted = admission.roles is None or role in admission.roles
                assert (asked.status_code != 403) is admitted, (path, role)


@pytest.mark.requirement("HIF-39")
class TestPublicCopies:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    async def test_the_public_copy_tells_nothing_and_the_original_stays_private(
        self, database: str, tmp_path: Path, kind: str
    ) -> None:
        photo, media = image(kind, where="Rue de Rivoli"), f"image/{kind.lower()}"
        async with served(database, tmp_path) as api:
            file = await api.sent(photo, media, purpose="photo", visibility="public")
            copy = await api.client.get(f"/public/{file}")
            assert copy.headers["Content-Type"] == media
            assert b"Rivoli" in photo
            assert b"Rivoli" not in copy.content
            opened = Image.open(io.BytesIO(copy.content))
            assert (opened.size, dict(opened.getexif())) == ((20, 40), {})
            assert (await api.client.get(f"/files/{file}/content")).status_code == 401
            assert (await api.ask("GET", f"/files/{file}/content")).content == photo

    async def test_it_has_the_address_the_file_names(self, database: str, tmp_path: Path) -> None:
        async with served(database, tmp_path) as api:
            file = await api.sent(image(), "image/jpeg", visibility="public")
            shown = (await api.ask("GET", f"/files/{file}")).json()
            answer = await api.client.get(shown["public_address"].removeprefix("/media"))
            assert answer.status_code == 200
            etag = {"If-None-Match": answer.headers["ETag"]}
            again = await api.client.get(f"/public/{file}", headers=etag)
            assert again.status_code == 304

    async def test_a_private_image_has_none(self, database: str, tmp_path: Path) -> None:
        async with served(database, tmp_path) as api:
            file = await api.sent(image(), "image/jpeg")
            private = await api.client.get(f"/public/{file}")
            nothing = await api.client.get("/public/nothing")
            assert private.status_code == nothing.status_code == 404
            assert private.text.replace(file, "nothing") == nothing.text

    async def test_an_image_of_which_half_is_missing_is_not_published(
        self, database: str, tmp_path: Path
    ) -> None:
        broken = image(size=(400, 400))[:-200]
        async with served(database, tmp_path) as api:
            file = await api.refused("type", broken, "image/jpeg", visibility="public")
            assert (await api.client.get(f"/public/{file}")).status_code == 404

    async def test_an_image_of_too_many_pixels_is_turned_away_and_leaves_no_bytes(
        self, database: str, tmp_path: Path
    ) -> None:
        large = image("PNG", size=(5_001, 5_000))
        async with served(database, tmp_path) as api:
            file = await api.refused("size", large, "image/png", visibility="public")
            await api.swept()
            assert api.kept(file) == []


async def test_a_removed_file_is_given_to_nobody(database: str, tmp_path: Path) -> None:
    async with served(database, tmp_path) as api:
        file = await api.sent(image(), "image/jpeg", visibility="public")
        assert (await api.ask("DELETE", f"/files/{file}")).is_success
        assert (await api.ask("DELETE", f"/files/{file}")).is_success
        assert (await api.ask("GET", f"/files/{file}/content")).status_code == 404
        assert (await api.client.get(f"/public/{file}")).status_code == 404
        assert await api.status(file) == ("removed", None)

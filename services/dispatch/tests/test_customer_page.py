"""The page of a request over HTTP, in a browser that runs no script."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from contracts.dispatch.job_v1 import ReviewsPublished
from contracts.media.file_v1 import Purpose
from infra import upload_passes
from infra.commands import CommandContext
from infra.http.customer_pages import threads
from infra.testing.following import NOON, file, follow
from infra.testing.pages import forms, words
from infra.testing.serving import KEY
from infra.tokens import issue
from services.dispatch import request
from services.dispatch.aggregates import CONTRACT, JOB, REQUEST
from services.dispatch.request import ForgetRequest
from services.dispatch.tests import serving
from services.dispatch.tests.serving import (
    MANAGES,
    PROVIDERS,
    euros,
    in_days,
    proposal,
    suspended,
    text,
)


class Visitor(serving.Caller):
    """Looks at the page of a request, and fills in its forms."""

    here: str = ""
    session: str = ""

    async def look(self, query: str = "") -> httpx.Response:
        return await self.client.get(f"{self.here}{query}", headers=self.beside)

    @property
    def beside(self) -> dict[str, str]:
        return {"Cookie": f"__Host-relais-access={self.session}"} if self.session else {}

    async def send(
        self, act: str, page: httpx.Response, number: int = 0, **entered: str
    ) -> httpx.Response:
        """Send a form of the page, the first one of that act unless told, with what was entered."""
        fields = forms(page, act)[number] | entered
        return await self.client.post(
            f"{self.here}/{act}?lang=en", data=fields, headers=self.beside
        )

    async def choose(self, page: httpx.Response, number: int = 0) -> httpx.Response:
        """Choose the provider that stands at that place, for the first of its times."""
        return await self.send("choice", page, number, slot=in_days(11).isoformat())

    async def answered(self) -> str:
        """A request that three providers answered, and whose customer has it before their eyes."""
        request_id = await self.created()
        await self.proposed(request_id, *PROVIDERS)
        self.here = await self.page(request_id)
        return request_id

    async def done(self, job_id: str) -> None:
        """The provider reports that the job is done, with a photo."""
        body = {"report": "All clean", "file_ids": ["f-photo"]}
        answer = await self.by("eclat", "PUT", f"/jobs/{job_id}/completion", body)
        assert answer.is_success, answer.text

    async def agreed(self, request_id: str) -> list[str]:
        """The jobs of the first visits of a weekly contract that came of a request."""
        body = {"request_id": request_id, "rule": "FREQ=WEEKLY", "minute": 540}
        body |= {"first_day": str(in_days(20).date()), "price": euros(9_000)}
        made = await self.ask("POST", "/contracts", body | {"vat_basis_points": 2_000})
        assert made.status_code == 201, made.text
        await self.time_passes(in_days(14) + timedelta(hours=12))
        await self.work(CONTRACT, made.json()["id"])
        path = f"/contracts/{made.json()['id']}/visits?since={in_days(20).date()}&days=14"
        items = (await self.ask("GET", path)).json()["items"]
        ids = [one["job_id"] for one in items if one["job_id"] is not None]
        for id in ids:
            facts = await self.running.commands.history(JOB, id)
            await follow(self.running, *(one.event for one in facts))
        return ids


@asynccontextmanager
async def visiting(database: str) -> AsyncIterator[Visitor]:
    async with serving.served(database) as made:
        visitor = Visitor(made.client, made.running)
        visitor.user, visitor.roles, visitor.organisation = "sophie", MANAGES, "agora"
        yield visitor


@pytest.mark.requirement("SM-24", "G-62")
async def test_the_page_says_what_was_asked_for_and_how_far_it_is(database: str) -> None:
    async with visiting(database) as awa:
        request_id = await awa.created()
        awa.here = await awa.page(request_id)
        early = await awa.look("?lang=en")
        await awa.proposed(request_id, "eclat", "vitrex")
        waits, arabic = await awa.look("?lang=en"), await awa.look("?lang=ar")
    assert (early.status_code, early.headers["content-language"]) == (200, "en")
    said = words(early)
    for shown in ("Agora", "windows", "12 rue des Tanneurs", "59000 Lille", "Six windows"):
        assert shown in said
    assert "Providers were asked" in said
    assert "The first proposals are here. We send them to you together." in words(waits)
    assert "Eclat" not in waits.text
    assert 'dir="rtl"' in arabic.text


@pytest.mark.requirement("OGU-04", "OGU-05", "N-25")
async def test_proposals_stand_side_by_side_with_all_that_is_compared(database: str) -> None:
    async with visiting(database) as awa:
        request_id = await awa.created()
        price = {"price": euros(8_000), "unit": "hour", "scope": "By the hour"}
        await awa.by("eclat", "PUT", f"/offers/{request_id}/proposal", proposal(**price))
        early = proposal(slots=[text(in_days(10))], scope="Inside only")
        await awa.by("vitrex", "PUT", f"/offers/{request_id}/proposal", early)
        await awa.by("clair", "PUT", f"/offers/{request_id}/proposal", proposal())
        await follow(awa.running, *(marked("clair", n, mark) for n, mark in enumerate((5, 4))))
        await follow(awa.running, marked("clair", 9, 1, of="forum"))
        awa.here = await awa.page(request_id)
        page = words(await awa.look("?lang=en"))
        orders = {one: await awa.look(f"?lang=en&sort={one}") for one in ("time", "rating")}
        wrong = await awa.look("?sort=name")
    for shown in ("These providers would come", "€96.00 including VAT, per hour", "€80.00"):
        assert shown in page
    for shown in ("By the hour", "Inside only", "€144.00 including VAT", "4.5 of 5 (2 reviews)"):
        assert shown in page
    assert page.count("Nothing yet") == 2
    assert names(page) == ["Eclat", "Vitrex", "Clair"]
    assert names(words(orders["time"])) == ["Vitrex", "Eclat", "Clair"]
    assert names(words(orders["rating"])) == ["Clair", "Eclat", "Vitrex"]
    assert wrong.status_code == 422


def marked(provider: str, number: int, mark: int | None, of: str = "agora") -> ReviewsPublished:
    return ReviewsPublished(
        job_id=f"J-{number}",
        organisation_id=of,
        request_id=f"R-{number}",
        provider_id=provider,
        provider_mark=mark,
        customer_mark=None,
        published_at=NOON,
    )


def names(said: str) -> list[str]:
    """The providers in the order in which their proposals stand."""
    shown = said.partition("Best rating")[2].partition("What you asked for")[0]
    return sorted((one.title() for one in PROVIDERS), key=shown.index)


@pytest.mark.requirement("SM-24", "SM-25")
async def test_the_customer_chooses_on_the_page_and_sees_who_comes_when(database: str) -> None:
    async with visiting(database) as awa:
        request_id = await awa.answered()
        page = await awa.look("?lang=en")
        nothing = await awa.send("choice", page)
        gone = await awa.choose(page)
        assert (nothing.status_code, gone.status_code) == (422, 303)
        assert gone.headers["location"] == f"/dispatch{awa.here}?lang=en"
        assert "Please choose when they should come." in words(nothing)
        soon = words(await awa.look("?lang=en"))
        await awa.work(REQUEST, request_id)
        later = words(await awa.look("?lang=en"))
    for said in (soon, later):
        for shown in ("Clair was chosen.", "It is planned.", "Chosen"):
            assert shown in said
        assert "Choose this provider" not in said


@pytest.mark.requirement("SM-24")
async def test_of_two_devices_one_chooses_and_the_other_sees_whom(database: str) -> None:
    async with visiting(database) as awa:
        await awa.answered()
        one, other, third = [await awa.look("?lang=en") for _ in range(3)]
        won, same, lost = await awa.choose(one), await awa.choose(other), await awa.choose(third, 2)
        assert (won.status_code, same.status_code, lost.status_code) == (303, 303, 409)
    assert "Somebody was chosen before. Your choice was not recorded" in words(lost)
    assert "Clair was chosen." in words(lost)


@pytest.mark.requirement("SM-24", "SM-25")
async def test_a_proposal_that_is_another_one_by_now_is_not_chosen(database: str) -> None:
    async with visiting(database) as awa:
        request_id = await awa.answered()
        for changed in (
            {"price": euros(12_001)},
            {"vat_basis_points": 1_000},
            {"scope": "Five windows"},
            {"slots": [text(in_days(11))]},
            {"valid_until": text(in_days(8))},
        ):
            page = await awa.look("?lang=en")
            [form] = [one for one in forms(page, "choice") if one["provider"] == "clair"]
            body = proposal(**changed)
            answer = await awa.by("clair", "PUT", f"/offers/{request_id}/proposal", body)
            assert answer.is_success, answer.text
            late = await awa.client.post(
                f"{awa.here}/choice?lang=en", data=form | {"slot": in_days(11).isoformat()}
            )
            assert late.status_code == 412, changed
            assert "This is not as you saw it any more. Nothing was recorded." in words(late)
        assert (await awa.choose(await awa.look())).status_code == 303


@pytest.mark.parametrize(
    "slot",
    ["", "soon", "2030-05-01T10:00", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"],
)
async def test_a_time_that_is_none_is_not_chosen(database: str, slot: str) -> None:
    async with visiting(database) as awa:
        await awa.answered()
        refused = await awa.send("choice", await awa.look(), slot=slot)
        assert refused.status_code == 422, words(refused)
        assert "Please choose when they should come. Nothing was recorded." in words(refused)


@pytest.mark.requirement("OGU-18", "G-65")
async def test_a_provider_that_was_suspended_since_is_not_chosen_on_the_page(
    database: str,
) -> None:
    async with visiting(database) as awa:
        await awa.answered()
        page = await awa.look("?lang=en")
        await follow(awa.running, suspended("clair"))
        refused = await awa.choose(page)
        assert (refused.status_code, (await awa.choose(page, 1)).status_code) == (409, 303)
    assert "This provider can no longer come. Please choose another one." in words(refused)


@pytest.mark.requirement("SM-24")
async def test_the_customer_withdraws_a_request_until_somebody_is_chosen(database: str) -> None:
    async with visiting(database) as awa:
        await awa.answered()
        page = await awa.look("?lang=en")
        assert (await awa.send("withdrawal", page)).status_code == 303
        said = await awa.look("?lang=en")
        late = await awa.choose(page)
        assert (late.status_code, forms(said, "withdrawal")) == (409, [])
        await awa.answered()
        page = await awa.look("?lang=en")
        assert (await awa.choose(page)).status_code == 303
        refused = await awa.send("withdrawal", page)
    assert "The request is withdrawn." in words(said)
    assert "Choose this provider" not in words(said)
    assert "The request was withdrawn before." in words(late)
    assert (refused.status_code, "Somebody was chosen before" in refused.text) == (409, True)


@pytest.mark.requirement("SM-25")
async def test_the_page_follows_the_job_to_its_report(database: str) -> None:
    async with visiting(database) as awa:
        request_id, job_id = await awa.chosen()
        awa.here = await awa.page(request_id)
        leaves = {"arrival_expected_at": text(datetime.now(UTC) + timedelta(minutes=30))}
        assert (await awa.by("eclat", "PUT", f"/jobs/{job_id}/departure", leaves)).is_success
        way = words(await awa.look("?lang=en"))
        await awa.done(job_id)
        done = await awa.look("?lang=en")
    assert "Somebody is on the way to you." in way
    assert "Expected at" in way
    for shown in ("It is done.", "Done on", "€144.00 including VAT", "All clean"):
        assert shown in words(done)
    assert "/media/links/p.f-photo." in done.text
    assert "Cancel the job" not in done.text


@pytest.mark.requirement("SM-25")
async def test_both_review_and_nobody_sees_the_others_before(database: str) -> None:
    async with visiting(database) as awa:
        request_id, job_id = await awa.chosen()
        awa.here = await awa.page(request_id)
        await awa.done(job_id)
        page = await awa.look("?lang=en")
        nothing = await awa.send("review", page, comment="Nice people")
        assert (nothing.status_code, "Nice people" in nothing.text) == (422, True)
        assert (await awa.send("review", page, mark="6")).status_code == 422
        given = await awa.send("review", nothing, mark="4", comment="Nice people")
        waits = words(await awa.look("?lang=en"))
        other = await awa.send("review", page, mark="1")
        theirs = {"mark": 5, "comment": "Friendly"}
        assert (await awa.by("eclat", "PUT", f"/jobs/{job_id}/review", theirs)).is_success
        both = words(await awa.look("?lang=en"))
    assert (given.status_code, other.status_code) == (303, 409)
    assert "You have reviewed before." in words(other)
    assert (
        "Thank you. Your review is shown with the provider\N{RIGHT SINGLE QUOTATION MARK}s, or on"
        in waits
    )
    assert "Your review 4 of 5 Nice people" in waits
    assert "Your review 4 of 5 Nice people The provider" in both
    assert "review 5 of 5 Friendly" in both
    assert ("Friendly" in waits, "Thank you." in both) == (False, False)


@pytest.mark.requirement("SM-25")
async def test_the_customer_cancels_the_job_and_no_other_one_by_an_old_page(database: str) -> None:
    async with visiting(database) as awa:
        request_id, job_id = await awa.chosen()
        awa.here = await awa.page(request_id)
        page = await awa.look("?lang=en")
        other = await awa.send("job-cancellation", page, shown="J-other")
        assert other.status_code == 412
        assert (await awa.send("job-cancellation", page)).status_code == 303
        await awa.work(JOB, job_id)
        said = words(await awa.look("?lang=en"))
        fields = {"key": "later", "shown": job_id, "mark": "5"}
        again = await awa.client.post(f"{awa.here}/review?lang=en", data=fields)
    assert "You cancelled it." in said
    assert "looking for another one" not in said
    assert (again.status_code, "The job was cancelled before." in again.text) == (409, True)


@pytest.mark.requirement("SM-24")
async def test_who_cannot_come_is_replaced_on_the_same_page(database: str) -> None:
    async with visiting(database) as awa:
        request_id, job_id = await awa.chosen()
        awa.here = await awa.page(request_id)
        cancels = {"cause": "illness"}
        path = f"/jobs/{job_id}/cancellation"
        assert (await awa.by("eclat", "PUT", path, cancels)).is_success
        before = words(await awa.look("?lang=en"))
        await awa.work(JOB, job_id)
        after = words(await awa.look("?lang=en"))
        await awa.proposed(request_id, "vitrex")
        again = await awa.look("?lang=en")
        assert (await awa.choose(again)).status_code == 303
        chosen = words(await awa.look("?lang=en"))
    for said in (before, after):
        assert "The provider who was to come cannot. We are looking for another one" in said
        assert "llness" not in said
    assert "These providers would come instead." in words(again)
    assert "Vitrex was chosen." in chosen


@pytest.mark.requirement("OGU-28")
async def test_the_page_leads_to_the_thread_with_whoever_has_the_job(database: str) -> None:
    async with visiting(database) as awa:
        request_id, job_id = await awa.chosen()
        awa.here = await awa.page(request_id)
        there = await awa.look("?lang=en")
        cancels = {"cause": "illness"}
        await awa.by("eclat", "PUT", f"/jobs/{job_id}/cancellation", cancels)
        replaced = await awa.look("?lang=en")
    path = threads.path_of_job(awa.running.settings.masters, job_id)
    assert f'<a href="{path}?lang=en">Write to Eclat</a>' in there.text
    assert threads.PAGE_OF_JOB not in replaced.text


async def test_a_colleague_or_another_site_does_nothing_as_the_customer(database: str) -> None:
    async with visiting(database) as awa:
        await awa.answered()
        page = await awa.look("?lang=en")
        awa.session = issue(KEY, "sophie", "agora", MANAGES)
        colleague = await awa.choose(page)
        awa.session = ""
        fields = forms(page, "withdrawal")[0]
        elsewhere = {"Sec-Fetch-Site": "cross-site"}
        other = await awa.client.post(f"{awa.here}/withdrawal", data=fields, headers=elsewhere)
        still = words(await awa.look("?lang=en"))
        made_up = await awa.client.get(f"{awa.here[:-2]}zz")
    assert (colleague.status_code, other.status_code, made_up.status_code) == (403, 403, 404)
    assert "You are signed in at the marketplace, not as the customer." in words(colleague)
    assert "These providers would come." in still
    policy = page.headers["content-security-policy"]
    assert ("unsafe" in policy, "form-action 'self'" in policy) == (False, True)
    assert page.headers["cache-control"] == "no-store"


async def test_nobody_is_shown_a_customer_who_was_forgotten(database: str) -> None:
    async with visiting(database) as awa:
        request_id = await awa.answered()
        command = ForgetRequest(request_id=request_id, organisation_id="agora", at=NOON)
        context = CommandContext(UUID(int=1), "c", "c", "sophie", "agora", NOON, "")
        await awa.running.commands.handle(REQUEST, request_id, command, context)
        gone = await awa.look("?lang=en")
    assert gone.status_code == 410
    assert "Tanneurs" not in gone.text


@pytest.mark.requirement("SM-25")
async def test_visits_of_a_contract_stand_on_the_page_of_their_request(database: str) -> None:
    async with visiting(database) as awa:
        request_id, _ = await awa.chosen()
        awa.here = await awa.page(request_id)
        before = await awa.look("?lang=en")
        [visit_id] = await awa.agreed(request_id)
        page = await awa.look("?lang=en")
        [_, form] = forms(page, "job-cancellation")
        assert (form["shown"], len(forms(before, "job-cancellation"))) == (visit_id, 1)
        assert (await awa.send("job-cancellation", page, 1)).status_code == 303
        after = await awa.look("?lang=en")
    assert ("Regular visits" in words(before), "Regular visits" in words(page)) == (False, True)
    assert "You cancelled it." in words(after).partition("Regular visits")[2]
    assert len(forms(after, "job-cancellation")) == 1


MINE, ANOTHERS, PDF = (f"{n:032x}" for n in (1, 2, 3))


async def sent(visitor: Visitor, request_id: str) -> None:
    """Files arrived at `media`: a photo and a document of the customer, a photo of another one."""
    for id, owner, media_type in (
        (MINE, request_id, "image/jpeg"),
        (PDF, request_id, "application/pdf"),
        (ANOTHERS, "another", "image/jpeg"),
    ):
        one = file(id, f"link:{owner}.page", "agora", Purpose.OTHER)
        await follow(visitor.running, replace(one, media_type=media_type))


@pytest.mark.requirement("SM-24")
async def test_a_photo_that_was_sent_is_added_and_who_is_asked_sees_it(database: str) -> None:
    async with visiting(database) as awa:
        request_id = await awa.created()
        awa.here = await awa.page(request_id)
        await sent(awa, request_id)
        plain = await awa.look("?lang=en")
        [action] = re.findall(r'action="(/media/passes/[^"?]+/files)', plain.text)
        given = upload_passes.read(awa.running.settings.masters, action.split("/")[3])
        assert given is not None
        known = (given.owner, given.organisation_id, given.back)
        assert known == (f"link:{request_id}.page", "agora", f"/dispatch{awa.here}")
        page = await awa.look(f"?lang=en&files={MINE}")
        assert "Photos that were sent: 1" in words(page)
        assert (await awa.send("photos", page)).status_code == 303
        assert f"/media/links/p.{MINE}." in (await awa.look()).text
        offer = (await awa.by("eclat", "GET", f"/offers/{request_id}")).json()
        shown = (await awa.ask("GET", f"/requests/{request_id}")).json()
        [photo] = offer["photos"]
        assert (photo["file_id"], shown["photos"]) == (MINE, offer["photos"])
        assert photo["url"].startswith(f"/media/links/p.{MINE}.")


@pytest.mark.parametrize(
    ("file_id", "status", "said"),
    [
        (ANOTHERS, 422, "A photo is not there any more"),
        (PDF, 422, "This file is not a photo"),
        # It may have been sent just now.
        ("f" * 32, 425, "Please try once more"),
        ("", 422, "Please choose a photo first"),
        ("../x", 422, "Please choose a photo first"),
    ],
    ids=["of another one", "a document", "nothing", "none", "no id"],
)
async def test_only_a_photo_of_ones_own_is_added(
    database: str, file_id: str, status: int, said: str
) -> None:
    async with visiting(database) as awa:
        request_id = await awa.created()
        awa.here = await awa.page(request_id)
        await sent(awa, request_id)
        page = await awa.look(f"?lang=en&files={MINE}")
        refused = await awa.send("photos", page, files=file_id)
        assert (refused.status_code, said in words(refused)) == (status, True)
        state = (await awa.running.commands.load(REQUEST, request_id)).state
        assert isinstance(state, request.Open)
        assert state.dossier.photos == ()


async def test_the_page_says_why_a_photo_was_not_taken_and_colleagues_send_none(
    database: str,
) -> None:
    async with visiting(database) as awa:
        request_id = await awa.created()
        awa.here = await awa.page(request_id)
        assert "Photos have at most 10 MB" in words(await awa.look("?lang=en&unfit=size"))
        assert (await awa.look("?unfit=nonsense")).status_code == 422
        awa.session = issue(KEY, "sophie", "agora", MANAGES)
        assert "/media/passes/" not in (await awa.look()).text

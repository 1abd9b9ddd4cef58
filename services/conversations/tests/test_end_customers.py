"""Threads of end customers with the provider of their job: over HTTP, and on their page."""

from typing import Any

import httpx
import pytest

from contracts.dispatch.job_v1 import JobCancelled
from contracts.dispatch.request_v1 import SubjectForgotten
from contracts.media.file_v1 import Purpose
from infra import upload_passes
from infra.http.customer_pages import threads
from infra.testing.following import file, follow
from infra.testing.serving import KEY
from infra.tokens import issue
from services.conversations.adapters.ending import Ending
from services.conversations.tests.serving import Caller, fact, served, show_threads, written

OPERATOR: Any = {"who": "sophie", "roles": ("marketplace_manager",), "org": "agora"}
VITREX: Any = {"who": "marion", "roles": ("provider_manager",), "org": "vitrex"}
ECLAT: Any = {"who": "yann", "roles": ("provider_manager",), "org": "eclat"}
PHOTO = "a" * 32


async def opens(caller: Caller, **who: Any) -> httpx.Response:
    return await caller.ask("POST", "/job-threads", {"job_id": "B1"}, **who)


async def opened(caller: Caller) -> str:
    """The path of the thread, opened by the provider and in the service's own table."""
    answer = await opens(caller, **VITREX)
    assert answer.status_code == 201, answer.text
    path = f"/threads/{answer.json()['id']}"
    await show_threads(caller, path)
    return path


async def says(caller: Caller, path: str, message: str, read: int, **who: Any) -> httpx.Response:
    body = {"message": message, "read": read}
    return await caller.ask("POST", f"{path}/messages", body, **who)


async def passes(caller: Caller, *, replaced: bool) -> None:
    """The job is cancelled, and the service looks what is over."""
    await follow(caller.running, fact(JobCancelled, job_id="B1", replaced=replaced))
    await Ending(caller.running).turn()


@pytest.mark.requirement("OGU-28", "N-26", "G-69")
async def test_a_customer_and_their_provider_write_and_the_operator_sees_it(database: str) -> None:
    async with served(database) as caller:
        page = caller.page_of_job()
        assert "Messages with Vitrex" in (await caller.client.get(f"{page}?lang=en")).text
        sent = await caller.fills_in(f"{page}/messages", message="<b>Which</b> floor?")
        assert (sent.status_code, sent.headers["location"]) == (303, f"/conversations{page}")
        path = await opened(caller)
        assert (await says(caller, path, "The third one.", 1, **VITREX)).is_success
        assert (await says(caller, path, "And there is a lift.", 2, **OPERATOR)).is_success
        shown = (await caller.ask("GET", path, **VITREX)).json()
        read = (await caller.client.get(f"{page}?lang=en")).text
    told = [(one["author_id"], one["message"]) for one in shown["messages"]]
    answers = [("marion", "The third one."), ("sophie", "And there is a lift.")]
    assert told == [(None, "<b>Which</b> floor?"), *answers]
    assert (shown["kind"], shown["matter"]) == ("end_customer", {"kind": "job", "matter_id": "B1"})
    assert (shown["counterpart_id"], shown["opened_by"]) == ("vitrex", None)
    them = {"recipient_id": "customer", "name": "Awa Diop", "language": "fr", "reachable": True}
    assert shown["customer"] == them
    assert read.index("&lt;b&gt;Which") < read.index("Vitrex, ") < read.index("Agora, ")


@pytest.mark.requirement("OGU-28", "G-69")
async def test_strangers_neither_open_nor_read_the_thread_of_a_job(database: str) -> None:
    async with served(database) as caller:
        path = await opened(caller)
        for who in (
            ECLAT,
            OPERATOR | {"org": "elsewhere"},
            OPERATOR | {"org": "vitrex"},
            VITREX | {"org": "agora"},
        ):
            refused = await opens(caller, **who)
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "/job_id")
            assert (await caller.ask("GET", path, **who)).status_code == 404, who
            assert (await says(caller, path, "Hello", 0, **who)).status_code == 404, who
        assert (await opens(caller, **(VITREX | {"roles": ("driver",)}))).status_code == 403
        unknown = await caller.ask("POST", "/job-threads", {"job_id": "B9"}, **OPERATOR)
        assert unknown.status_code == 422


@pytest.mark.requirement("OGU-28")
async def test_a_provider_loses_the_thread_when_its_job_passes_to_another(database: str) -> None:
    async with served(database) as caller:
        path, page = await opened(caller), caller.page_of_job()
        assert (await says(caller, path, "On Monday.", 0, **VITREX)).is_success
        await passes(caller, replaced=True)
        assert (await caller.ask("GET", path, **VITREX)).status_code == 404
        assert (await says(caller, path, "Or not.", 1, **VITREX)).status_code == 404
        assert (await opens(caller, **VITREX)).status_code == 422
        assert (await caller.ask("GET", path, **OPERATOR)).json()["end"] == "passed_on"
        read = (await caller.client.get(f"{page}?lang=en")).text
        assert ("On Monday." in read, "<textarea" in read) == (True, False)
        refused = await caller.fills_in(f"{page}/messages", message="Who comes?")
        assert refused.status_code == 409
        assert len(await written(caller, path)) == 1


async def test_what_was_written_about_a_job_that_is_cancelled_is_still_read(database: str) -> None:
    async with served(database) as caller:
        path = await opened(caller)
        await passes(caller, replaced=False)
        assert (await caller.ask("GET", path, **VITREX)).json()["end"] == "matter_over"
        assert (await says(caller, path, "Sorry.", 0, **VITREX)).status_code == 409
        for who in (VITREX, OPERATOR):
            assert (await opens(caller, **who)).status_code == 409


async def test_a_customer_cannot_begin_a_thread_about_a_job_that_is_over(database: str) -> None:
    async with served(database) as caller:
        page = caller.page_of_job()
        await follow(caller.running, fact(JobCancelled, job_id="B1", replaced=True))
        assert "<textarea" not in (await caller.client.get(page)).text
        refused = await caller.fills_in(f"{page}/messages", message="Who comes?")
        assert (refused.status_code, "Who comes?" in refused.text) == (409, False)


@pytest.mark.requirement("G-50", "OGU-28")
async def test_a_forgotten_customer_leaves_no_thread_and_no_page(database: str) -> None:
    async with served(database) as caller:
        path, page = await opened(caller), caller.page_of_job()
        await caller.fills_in(f"{page}/messages", message="Which floor?")
        [message] = await written(caller, path)
        assert message.user_id == "Q1"
        await follow(caller.running, fact(SubjectForgotten, request_id="Q1"))
        await Ending(caller.running).turn()
        assert (await caller.ask("GET", path, **VITREX)).status_code == 404
        assert (await caller.ask("GET", path, **OPERATOR)).status_code == 404
        assert (await caller.client.get(page)).status_code == 404
        assert (await opens(caller, **VITREX)).status_code == 422


async def test_a_link_that_was_made_up_opens_no_thread_of_a_job(database: str) -> None:
    async with served(database) as caller:
        made_up = f"{threads.PAGE_OF_JOB.removeprefix('/conversations')}/B1.AAAA"
        assert (await caller.client.get(made_up)).status_code == 404
        of_case = caller.page().replace("/page/", "/job/")
        assert (await caller.client.get(of_case)).status_code == 404


@pytest.mark.requirement("OGU-28")
@pytest.mark.parametrize("organisation", ["agora", "vitrex"])
async def test_people_of_the_other_sides_are_not_taken_for_the_customer(
    database: str, organisation: str
) -> None:
    async with served(database) as caller:
        page, path = caller.page_of_job(), await opened(caller)
        session = issue(KEY, "lea", organisation, ("provider_manager",))
        caller.client.headers["Cookie"] = f"__Host-relais-access={session}"
        refused = await caller.fills_in(f"{page}/messages", message="Is it mine?")
        assert (refused.status_code, "data-opened" in refused.text) == (403, False)
        assert "/media/passes/" not in (await caller.client.get(page)).text
        assert await written(caller, path) == ()


@pytest.mark.requirement("OGU-28")
async def test_a_photo_of_the_customer_goes_with_a_message_in_any_browser(database: str) -> None:
    async with served(database) as caller:
        await follow(caller.running, file(PHOTO, "link:B1.thread", "agora", Purpose.OTHER))
        page, path = caller.page_of_job(), await opened(caller)
        looked = await caller.client.get(page)
        assert "set-cookie" not in looked.headers
        token = looked.text.partition('action="/media/passes/')[2].partition("/")[0]
        given = upload_passes.read(caller.running.settings.masters, token)
        assert given is not None
        assert (given.owner, given.organisation_id) == ("link:B1.thread", "agora")
        assert (await caller.fills_in(f"{page}/messages", files=PHOTO)).status_code == 303
        [message] = (await caller.ask("GET", path, **VITREX)).json()["messages"]
        assert [one["file_id"] for one in message["files"]] == [PHOTO]

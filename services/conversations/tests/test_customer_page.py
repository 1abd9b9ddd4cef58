"""The page of a thread over HTTP, in a browser that runs no script."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from starlette.requests import Request

from contracts.interventions.case_v1 import LinkTaken
from contracts.media.file_v1 import FileStored, Purpose
from infra import upload_passes
from infra.http.customer_pages.browsers import COOKIE, browser_of
from infra.testing.following import file, follow
from infra.testing.serving import KEY
from infra.tokens import issue
from services.conversations.tests.make import CASE, GROUP
from services.conversations.tests.serving import (
    Caller,
    counts,
    fact,
    licensed,
    served,
    show_threads,
    written,
)


@pytest.mark.requirement("FLB-124", "G-51")
async def test_a_customer_writes_and_reads_without_a_script(database: str) -> None:
    async with served(database) as caller:
        page = caller.page()
        empty = await caller.client.get(page)
        assert "a encore écrit." in empty.text
        assert empty.headers["Cache-Control"] == "no-store"
        sent = await caller.fills_in(f"{page}/messages", message="<b>Can it</b> wait?")
        assert (sent.status_code, sent.headers["location"]) == (303, f"/conversations{page}")
        again = await caller.fills_in(f"{page}/messages", message="<b>Can it</b> wait?")
        assert again.status_code == 303
        await caller.writes("lea", await caller.thread(), "Until June.", 1)
        read = (await caller.client.get(f"{page}?lang=ar")).text
        assert 'dir="rtl"' in read
        assert read.count("&lt;b&gt;Can it&lt;/b&gt; wait?") == 1
        assert read.index("wait?") < read.index("Until June.")


async def test_what_cannot_be_sent_stays_entered_and_says_why(database: str) -> None:
    async with served(database) as caller:
        page = caller.page()
        for message, text in (("", "4 000 caractères"), ("!" * 4_001, "4 000 caractères")):
            refused = await caller.fills_in(f"{page}/messages", message=message)
            assert refused.status_code == 422
            assert text in refused.text
        await follow(caller.running, licensed())
        unlicensed = await caller.fills_in(f"{page}/messages", "k-2", message="Hello?")
        assert unlicensed.status_code == 403
        assert "Hello?</textarea>" in unlicensed.text


@pytest.mark.requirement("FLB-124")
async def test_the_page_before_the_eyes_is_read_and_fetching_it_is_not(database: str) -> None:
    async with served(database) as caller:
        page, path = caller.page(), await caller.thread()
        await show_threads(caller, path)
        await caller.writes("lea", path, "The parts are here.")
        await caller.client.get(page)
        assert (await caller.shown("lea", path))["read_by_others"] == 0
        told = await caller.fills_in(f"{page}/opened", shown="1")
        assert told.status_code == 204
        assert (await caller.shown("lea", path))["read_by_others"] == 1
        assert await counts(caller, "lea", path) == (1, 0)
        assert (await caller.client.get(f"{page}/count")).text == "0"


@pytest.mark.requirement("FLB-124")
async def test_a_colleague_who_writes_on_the_page_is_not_taken_for_the_customer(
    database: str,
) -> None:
    async with served(database) as caller:
        page, path = caller.page(), await caller.thread()
        session = issue(KEY, "lea", GROUP, ("administrative_agent",))
        caller.client.headers["Cookie"] = f"__Host-relais-access={session}"
        refused = await caller.fills_in(f"{page}/messages", message="Is it mine?")
        assert (refused.status_code, "data-opened" in refused.text) == (403, False)
        assert "et non en tant que client" in refused.text
        assert "Is it mine?</textarea>" in refused.text
        assert await written(caller, path) == ()


@pytest.mark.requirement("FLB-070", "FLB-124")
async def test_a_forwarded_link_reads_the_thread_and_writes_nothing(database: str) -> None:
    async with served(database) as caller:
        page, path = caller.page(), await caller.thread()
        await caller.writes("lea", path, "The parts are here.")
        await follow(caller.running, taken_by("a" * 24))
        caller.client.headers["Cookie"] = f"{COOKIE}={'b' * 24}"
        read = (await caller.client.get(page)).text
        assert "The parts are here." in read
        assert "<textarea" not in read
        refused = await caller.fills_in(f"{page}/messages", message="Is it mine?")
        assert refused.status_code == 422
        assert (await caller.fills_in(f"{page}/opened", shown="1")).status_code == 204
        assert (await caller.shown("lea", path))["read_by_others"] == 0
        caller.client.headers["Cookie"] = f"{COOKIE}={'a' * 24}"
        sent = await caller.fills_in(f"{page}/messages", "k-2", message="Is it mine?")
        assert sent.status_code == 303
        assert [one.message for one in await written(caller, path)][1:] == ["Is it mine?"]


def taken_by(secret: str) -> LinkTaken:
    """The link of the customer was first opened in the browser that keeps that secret."""
    scope = {"type": "http", "headers": [(b"cookie", f"{COOKIE}={secret}".encode())]}
    digest = browser_of(Request(scope), CASE, "customer.1")
    taken: LinkTaken = fact(LinkTaken, case_id=CASE, link_id="customer.1", browser_digest=digest)
    return taken


HOLDER = f"link:{CASE}.customer.1"
PHOTO, DOCUMENT, OF_COLLEAGUE, OF_DRIVER = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)


def passes_in(caller: Caller, text: str) -> list[upload_passes.UploadPass]:
    """The passes on a page, which lead to its form for files."""
    found = re.findall(r'action="/media/passes/([^"/]+)/files"', text)
    masters = caller.running.settings.masters
    return [one for token in found if (one := upload_passes.read(masters, token))]


@pytest.mark.requirement("G-51")
async def test_the_page_gives_a_pass_for_files_of_who_holds_its_link(database: str) -> None:
    async with served(database) as caller:
        page = caller.page()
        [given] = passes_in(caller, (await caller.client.get(page)).text)
        assert (given.owner, given.organisation_id) == (HOLDER, GROUP)
        assert given.back == f"/conversations{page}"
        left = given.expires_at - datetime.now(UTC)
        assert timedelta(minutes=59) < left <= timedelta(hours=1)


@pytest.mark.requirement("G-51")
async def test_files_go_with_a_message_and_the_adviser_sees_them(database: str) -> None:
    async with served(database) as caller:
        await follow(caller.running, *(sent(one) for one in (PHOTO, DOCUMENT)))
        page, path = caller.page(), await caller.thread()
        added = await caller.client.get(f"{page}?files={PHOTO},{DOCUMENT}&lang=en")
        assert "File 2 goes with your message." in added.text
        assert f'name="files" value="{PHOTO},{DOCUMENT}"' in added.text
        assert f'href="/conversations{page}?files={DOCUMENT}&amp;lang=en"' in added.text
        done = await caller.fills_in(f"{page}/messages", files=f"{PHOTO},{DOCUMENT}")
        assert (done.status_code, done.headers["location"]) == (303, f"/conversations{page}")
        [message] = (await caller.shown("lea", path))["messages"]
        assert (message["message"], message["author_id"]) == ("", None)
        assert [one["file_id"] for one in message["files"]] == [PHOTO, DOCUMENT]
        assert (await caller.client.get(page)).text.count("/media/links/p.") == 2


@pytest.mark.parametrize("named", [OF_COLLEAGUE, OF_DRIVER, "e" * 32])
async def test_a_file_that_they_did_not_send_goes_with_no_message(
    database: str, named: str
) -> None:
    async with served(database) as caller:
        await follow(
            caller.running,
            file(OF_COLLEAGUE, "lea", GROUP, Purpose.OTHER),
            file(OF_DRIVER, f"link:{CASE}.driver.1", GROUP, Purpose.OTHER),
        )
        page, path = caller.page(), await caller.thread()
        refused = await caller.fills_in(f"{page}/messages", message="See this.", files=named)
        assert refused.status_code in (422, 425)
        assert "See this.</textarea>" in refused.text
        assert f'name="files" value="{named}"' in refused.text
        assert await written(caller, path) == ()


async def test_the_page_says_why_a_file_was_not_taken(database: str) -> None:
    async with served(database) as caller:
        page = caller.page()
        for why in upload_passes.Unfit:
            shown = await caller.client.get(f"{page}?unfit={why}&lang=en")
            assert (shown.status_code, shown.text.count('role="alert"')) == (200, 1)
        assert (await caller.client.get(f"{page}?unfit=other")).status_code == 422


@pytest.mark.requirement("FLB-070", "G-51")
async def test_who_only_reads_gets_no_pass_and_sends_no_file(database: str) -> None:
    async with served(database) as caller:
        await follow(caller.running, taken_by("a" * 24), sent(PHOTO))
        page, path = caller.page(), await caller.thread()
        caller.client.headers["Cookie"] = f"{COOKIE}={'b' * 24}"
        assert passes_in(caller, (await caller.client.get(page)).text) == []
        assert (await caller.fills_in(f"{page}/messages", files=PHOTO)).status_code == 422
        session = issue(KEY, "lea", GROUP, ("administrative_agent",))
        caller.client.headers["Cookie"] = f"__Host-relais-access={session}"
        assert passes_in(caller, (await caller.client.get(page)).text) == []
        assert await written(caller, path) == ()


def sent(file_id: str) -> FileStored:
    """A file that the customer sent by the pass of their page."""
    return file(file_id, HOLDER, GROUP, Purpose.OTHER)

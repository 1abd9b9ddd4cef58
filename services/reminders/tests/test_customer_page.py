"""The page of a reminder over HTTP, in a browser that runs no script."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx
import pytest

from contracts.reminders.reminder_v1 import (
    ContactRequested,
    ReminderAnswered,
    ReminderChoice,
    ReminderRead,
    RemindersDeclined,
    WorkAccepted,
    WorkRefused,
)
from infra.testing.following import follow
from infra.testing.pages import hidden, words
from infra.testing.serving import KEY
from infra.tokens import issue
from infra.vault import Vault
from services.reminders import reminder
from services.reminders.adapters.links import CUSTOMER, of_reminders
from services.reminders.aggregates import REMINDER
from services.reminders.tests.make import (
    BELT,
    GROUP,
    ID,
    PADS,
    PENDING,
    SENT,
    TWO,
    change_works,
    close,
    compose,
    end_work,
    stop,
    take_down,
)
from services.reminders.tests.serving import ERASED, Caller, served, settings

Fact = TypeVar("Fact")
LINK = "https://lumen.example/book"


class Visitor(Caller):
    """Looks at the page of a reminder, and fills in its forms."""

    token: str = ""
    session: str = ""

    @property
    def beside(self) -> dict[str, str]:
        return {"Cookie": f"__Host-relais-access={self.session}"} if self.session else {}

    async def look(self, query: str = "") -> httpx.Response:
        return await self.client.get(f"/page/{self.token}{query}", headers=self.beside)

    async def send(self, act: str, page: httpx.Response, *works: str) -> httpx.Response:
        """Send the form of a page with these works chosen."""
        fields = hidden(page.text)
        fields |= {f"work.{one}": "want" for one in works}
        return await self.client.post(f"/page/{self.token}/{act}", data=fields, headers=self.beside)

    async def recorded(self, kind: type[Fact]) -> list[Fact]:
        facts = await self.running.commands.history(REMINDER, ID)
        return [fact.event for fact in facts if isinstance(fact.event, kind)]


@asynccontextmanager
async def visiting(database: str, *commands: reminder.Command) -> AsyncIterator[Visitor]:
    """Somebody with the link of a reminder, after these commands; the dealership has a link for
    appointments."""
    async with served(database, settings(booking_link=LINK)) as made:
        visitor = Visitor(made.client, made.running)
        await visitor.has(REMINDER, ID, *commands)
        vault = Vault(made.running.pool, made.running.settings.masters)
        visitor.token = await of_reminders(vault).token(ID, CUSTOMER)
        yield visitor


@pytest.mark.requirement("FLB-158")
async def test_whoever_has_the_link_is_shown_the_works_in_their_language(database: str) -> None:
    async with visiting(database, *PENDING, compose("À très vite."), *SENT[1:]) as claire:
        page = await claire.look()
        other = await claire.look("?lang=ar")
    said = words(page)
    for shown in (
        "Lumen Lille",
        "Peugeot",
        "Belt",
        "Pads",
        "640,00",
        "À très vite.",
        "30 juin 2030",
    ):
        assert shown in said
    assert (page.status_code, page.headers["content-language"]) == (200, "fr")
    assert 'dir="rtl"' in other.text
    assert "unsafe" not in page.headers["content-security-policy"]


@pytest.mark.requirement("FLB-123")
async def test_whoever_was_erased_has_no_page_whatever_they_answered(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        page = await claire.look()
        await claire.send("booking", page, "belt")
        assert (await claire.look()).status_code == 200
        await follow(claire.running, ERASED)
        gone = await claire.look()
        refused = await claire.send("contact", page)
        assert (gone.status_code, refused.status_code) == (410, 410)
        assert "Belt" not in words(gone)
        assert await claire.recorded(ContactRequested) == []


@pytest.mark.requirement("SM-17")
async def test_fetching_is_not_reading_and_colleagues_read_nothing(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        page = await claire.look()
        claire.session = issue(KEY, "lea", GROUP, ("administrative_agent",))
        assert (await claire.send("opened", page)).status_code == 204
        assert await claire.recorded(ReminderRead) == []
        claire.session = ""
        for _ in range(2):
            assert (await claire.send("opened", page)).status_code == 204
        assert len(await claire.recorded(ReminderRead)) == 1


@pytest.mark.requirement("FLB-160", "FLB-161")
async def test_a_colleague_who_fills_in_the_form_is_not_taken_for_the_customer(
    database: str,
) -> None:
    async with visiting(database, *SENT) as lea:
        page = await lea.look()
        lea.session = issue(KEY, "lea", GROUP, ("administrative_agent",))
        for act in ("booking", "refusal", "contact", "stop"):
            answer = await lea.send(act, page, BELT)
            assert (answer.status_code, "data-opened" in answer.text) == (403, False)
            assert "et non en tant que client" in words(answer)
        for kind in (ReminderRead, ReminderAnswered, ContactRequested, RemindersDeclined):
            assert await lea.recorded(kind) == []


@pytest.mark.requirement("FLB-159", "FLB-161")
async def test_what_was_chosen_is_accepted_and_the_way_to_appointments_shown(
    database: str,
) -> None:
    async with visiting(database, *SENT) as claire:
        page = await claire.look()
        sent = await claire.send("booking", page, BELT)
        assert (sent.status_code, sent.headers["location"]) == (
            303,
            f"/reminders/page/{claire.token}",
        )
        [accepted] = await claire.recorded(WorkAccepted)
        [refused] = await claire.recorded(WorkRefused)
        after = await claire.look()
        late = await claire.send("refusal", page)
    assert (accepted.work.work_id, refused.work.work_id) == (BELT, PADS)
    assert f'class="button" href="{LINK}"' in after.text
    assert "/refusal" not in after.text
    assert late.status_code == 422


@pytest.mark.requirement("FLB-159")
async def test_choosing_nothing_is_no_appointment(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        page = await claire.send("booking", await claire.look())
        assert await claire.recorded(ReminderAnswered) == []
    assert page.status_code == 422
    assert "Veuillez choisir un travail" in words(page)


@pytest.mark.requirement("FLB-159")
async def test_without_a_link_for_appointments_none_are_offered(database: str) -> None:
    async with served(database) as made:
        claire = Visitor(made.client, made.running)
        await claire.has(REMINDER, ID, *SENT)
        vault = Vault(made.running.pool, made.running.settings.masters)
        claire.token = await of_reminders(vault).token(ID, CUSTOMER)
        page = await claire.look()
        assert "/booking" not in page.text
        assert (await claire.send("booking", page, BELT)).status_code == 409


@pytest.mark.requirement("FLB-160")
async def test_all_works_are_refused_by_one_button(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        assert (await claire.send("refusal", await claire.look())).status_code == 303
        [answered] = await claire.recorded(ReminderAnswered)
        after = words(await claire.look())
    assert answered.choice is ReminderChoice.REFUSED_ALL
    assert "Nous avons noté que vous ne souhaitez pas ces travaux." in after


@pytest.mark.requirement("FLB-162", "N-19")
async def test_whoever_wants_to_be_called_says_so_and_has_not_answered(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        assert (await claire.send("contact", await claire.look())).status_code == 303
        assert len(await claire.recorded(ContactRequested)) == 1
        assert await claire.recorded(ReminderAnswered) == []
        after = await claire.look()
    assert "/refusal" in after.text
    assert "/contact" not in after.text


@pytest.mark.requirement("FLB-161")
async def test_whoever_wants_no_reminders_says_so_without_anything_else(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        assert (await claire.send("stop", await claire.look())).status_code == 303
        [declined] = await claire.recorded(RemindersDeclined)
        after = words(await claire.look())
    assert "par aucun canal" in declined.wording
    assert "C'est noté." in after


@pytest.mark.requirement("FLB-158")
@pytest.mark.parametrize(
    "commands",
    [SENT, (*SENT, stop()), (*SENT, close())],
    ids=["sent", "stopped", "deleted"],
)
async def test_the_button_of_a_mail_program_ends_reminders_once_and_leads_nowhere(
    database: str, commands: tuple[Any, ...]
) -> None:
    form = {"List-Unsubscribe": "One-Click"}
    async with visiting(database, *commands) as claire:
        here = f"/page/{claire.token}"
        answers = [
            await claire.client.post(here, data=form),
            await claire.client.post(here, data=form),
            await claire.client.post(here, files={name: (None, form[name]) for name in form}),
        ]
        [declined] = await claire.recorded(RemindersDeclined)
        assert await claire.recorded(ReminderRead) == []
    assert [(one.status_code, one.content) for one in answers] == [(204, b"")] * 3
    assert declined.wording == "List-Unsubscribe=One-Click"


@pytest.mark.requirement("FLB-158")
@pytest.mark.parametrize(
    "form", [{}, {"List-Unsubscribe": "one-click"}, {"list-unsubscribe": "One-Click"}]
)
async def test_what_only_follows_the_link_of_a_mail_ends_nothing(
    database: str, form: dict[str, str]
) -> None:
    async with visiting(database, *SENT) as claire:
        assert (await claire.look()).status_code == 200
        refused = await claire.client.post(f"/page/{claire.token}", data=form)
        assert await claire.recorded(RemindersDeclined) == []
    [error] = refused.json()["errors"]
    assert (refused.status_code, error["field"]) == (422, "/List-Unsubscribe")
    assert error["rule"] == "literal_error"


@pytest.mark.requirement("FLB-158")
@pytest.mark.parametrize("commands", [PENDING, (*PENDING, close())], ids=["unsent", "deleted"])
async def test_a_made_up_link_and_one_that_nobody_was_sent_end_nothing(
    database: str, commands: tuple[Any, ...]
) -> None:
    form = {"List-Unsubscribe": "One-Click"}
    async with visiting(database, *commands) as claire:
        unsent = await claire.client.post(f"/page/{claire.token}", data=form)
        made_up = await claire.client.post(f"/page/{claire.token[:-8]}AAAAAAAA", data=form)
        assert await claire.recorded(RemindersDeclined) == []
    assert [unsent.status_code, made_up.status_code] == [404, 404]


@pytest.mark.requirement("FLB-158")
@pytest.mark.parametrize("end", [stop(), close()], ids=["stopped", "deleted"])
async def test_the_page_of_a_reminder_that_is_over_still_ends_reminders(
    database: str, end: reminder.Command
) -> None:
    async with visiting(database, *SENT, end) as claire:
        page = await claire.look()
        assert (await claire.send("stop", page)).status_code == 303
        assert len(await claire.recorded(RemindersDeclined)) == 1
        after = await claire.look()
        assert (await claire.send("refusal", page)).status_code == 410
        assert await claire.recorded(ReminderAnswered) == []
    assert (page.status_code, after.status_code) == (410, 410)
    assert "Belt" not in page.text
    assert "/stop" not in after.text
    assert "C'est noté." in words(after)


async def test_a_form_of_other_works_is_not_taken(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        page = await claire.look()
        await claire.has(REMINDER, ID, change_works(*TWO[:1]))
        again = await claire.send("booking", page, PADS)
        assert await claire.recorded(ReminderAnswered) == []
    assert again.status_code == 412


async def test_works_that_are_done_are_shown_no_more(database: str) -> None:
    async with visiting(database, *SENT, end_work()) as claire:
        said = words(await claire.look())
    assert "Pads" in said
    assert "Belt" not in said


@pytest.mark.requirement("FLB-162")
async def test_what_an_adviser_entered_is_shown(database: str) -> None:
    async with visiting(database, *SENT, take_down(BELT)) as claire:
        said = words(await claire.look())
    assert "Nous avons noté ce que vous nous avez dit." in said


@pytest.mark.parametrize(
    ("commands", "status"),
    [
        ((*SENT, stop()), 410),
        ((*SENT, close()), 410),
        (PENDING, 404),
    ],
    ids=["stopped", "closed", "not sent"],
)
async def test_there_is_no_page_of_what_is_over_or_was_not_sent(
    database: str, commands: tuple[Any, ...], status: int
) -> None:
    async with visiting(database, *commands) as claire:
        page = await claire.look()
    assert page.status_code == status
    assert "Belt" not in page.text


async def test_nobody_makes_up_a_link_or_sends_a_form_from_elsewhere(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        page, good = await claire.look(), claire.token
        claire.token = good[:-2] + ("AA" if not good.endswith("AA") else "BB")
        assert (await claire.look()).status_code == 404
        headers = {"Sec-Fetch-Site": "cross-site"}
        fields = hidden(page.text)
        other = await claire.client.post(f"/page/{good}/refusal", data=fields, headers=headers)
    assert other.status_code == 403

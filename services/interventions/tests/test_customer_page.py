"""The page of a customer over HTTP, in a browser that runs no script."""

import re

import pytest

from contracts.dealerships.dealership_v1 import Licence, LicencesChanged
from contracts.interventions.case_v1 import (
    AnswerOrigin,
    CaseAnswered,
    CaseRead,
    CodeAsked,
    CodeMistaken,
    ContactRequested,
    LineAccepted,
    LineRefused,
    Module,
    VersionFixed,
    WorkLevel,
)
from infra.http.customer_pages import threads
from infra.testing.following import follow
from infra.testing.pages import words
from infra.testing.serving import KEY
from infra.tokens import issue
from services.interventions.tests.make import (
    GROUP,
    ID,
    LILLE,
    LINK,
    NOON,
    PENDING,
    SENT,
    close,
    create,
    list_work,
    name_customer,
    place,
    price,
    revise,
    send,
    share,
    take_down,
    terms,
)
from services.interventions.tests.visiting import PAGE, visiting

TWO = (*PENDING, list_work("tyres", WorkLevel.ADVISED), send(works=2, proposed=24_000))
CODED = (*PENDING, send(how=terms(code_above=5_000)))
MINE = "Merci. Votre réponse a été enregistrée"


@pytest.mark.requirement("FLB-002", "FLB-042")
async def test_whoever_has_the_link_is_shown_the_case(database: str) -> None:
    async with visiting(database, *PENDING, place(), place("m-2", private=True), share()) as lea:
        page = await lea.look()
    assert (page.status_code, page.headers["content-type"]) == (200, PAGE)
    said = words(page)
    for shown in ("Bonjour Claire Moreau,", "Lumen Lille", "Peugeot", "À très vite.", "120,00"):
        assert shown in said
    assert "p.file-m-1." in page.text
    assert "p.banner-1." in page.text
    assert "p.spring-1." in page.text
    assert 'href="/interventions/page-assets/colours/9c1c2e.css"' in page.text
    assert "file-m-2" not in page.text


@pytest.mark.requirement("FLB-101")
async def test_a_page_is_kept_by_nobody_and_runs_nothing_but_its_own(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        headers = (await claire.look()).headers
    policy = headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex, nofollow, noarchive"


@pytest.mark.requirement("FLB-101")
async def test_fetching_the_page_is_not_reading_it(database: str) -> None:
    async with visiting(database, *SENT) as robot:
        await robot.look()
        await robot.client.head(f"/page/{robot.token}")
        assert await robot.recorded(CaseRead) == []


@pytest.mark.requirement("G-43")
async def test_having_the_page_before_the_eyes_is_reading_it(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        page = await claire.look()
        for _ in range(2):
            assert (await claire.send("opened", page)).status_code == 204
        [read] = await claire.recorded(CaseRead)
    assert (read.version, read.recipient_id) == (1, "customer")


@pytest.mark.requirement("FLB-101")
async def test_a_colleague_with_the_link_reads_nothing(database: str) -> None:
    token = issue(KEY, "lea", GROUP, ("administrative_agent",))
    session = {"Cookie": f"__Host-relais-access={token}"}
    async with visiting(database, *SENT) as lea:
        lea.beside = session
        page = await lea.look()
        assert "data-opened" not in page.text
        assert (await lea.send("opened", page)).status_code == 204
        assert await lea.recorded(CaseRead) == []
        other = issue(KEY, "omar", "elsewhere", ("driver",))
        lea.beside = {"Cookie": f"__Host-relais-access={other}"}
        assert "data-opened" in (await lea.look()).text


@pytest.mark.requirement("FLB-071", "FLB-103")
async def test_a_colleague_who_fills_in_the_form_is_not_taken_for_the_customer(
    database: str,
) -> None:
    token = issue(KEY, "lea", GROUP, ("administrative_agent",))
    async with visiting(database, *SENT) as lea:
        page = await lea.look()
        lea.beside = {"Cookie": f"__Host-relais-access={token}"}
        for act, entered in (("answer", {"work__pads": "accept"}), ("contact", {})):
            answer = await lea.send(act, page, **entered)
            assert (answer.status_code, "data-opened" in answer.text) == (403, False)
            assert "ce n'est donc pas la réponse du client" in words(answer)
        assert [*await lea.recorded(CaseRead), *await lea.recorded(CaseAnswered)] == []
        assert await lea.recorded(ContactRequested) == []


@pytest.mark.requirement("FLB-071")
async def test_each_work_is_decided_by_one_form(database: str) -> None:
    async with visiting(database, *TWO) as claire:
        page = await claire.look()
        chosen = {"work__pads": "accept", "work__tyres": "refuse"}
        claire.beside = {"User-Agent": "phone"}
        sent = await claire.send("answer", page, **chosen)
        assert (sent.status_code, sent.headers["location"]) == (
            303,
            f"/interventions/page/{claire.token}",
        )
        [accepted] = await claire.recorded(LineAccepted)
        [refused] = await claire.recorded(LineRefused)
        [answered] = await claire.recorded(CaseAnswered)
        said = words(await claire.look())
    assert (accepted.work.work_id, accepted.version, accepted.device) == ("pads", 1, "phone")
    assert (refused.work.work_id, refused.risk_acknowledged) == ("tyres", False)
    assert (answered.origin, answered.accepted.including_vat.amount_minor) == (
        AnswerOrigin.LINK,
        12_000,
    )
    assert MINE in said
    assert "Accepté : Pads" in said
    assert "Refusé : Tyres" in said


@pytest.mark.requirement("FLB-071")
async def test_who_answers_without_a_script_has_read_the_page(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        page = await claire.look()
        await claire.send("answer", page, work__pads="accept")
        assert len(await claire.recorded(CaseRead)) == 1


@pytest.mark.requirement("G-81")
async def test_a_work_that_nobody_decided_on_is_asked_for(database: str) -> None:
    async with visiting(database, *TWO) as claire:
        sent = await claire.send("answer", await claire.look(), work__pads="accept")
        assert sent.status_code == 422
        assert "Acceptez ou refusez chaque travail." in words(sent)
        assert 'name="work.pads" value="accept" required checked' in sent.text
        assert await claire.recorded(CaseAnswered) == []


async def test_an_urgent_work_is_refused_by_who_knows_the_risk(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        page = await claire.look()
        sent = await claire.send("answer", page, work__pads="refuse")
        assert sent.status_code == 422
        assert "Confirmez que vous en connaissez le risque." in words(sent)
        known = {"work__pads": "refuse", "risk__pads": "known"}
        assert (await claire.send("answer", sent, **known)).status_code == 303
        [refused] = await claire.recorded(LineRefused)
    assert refused.risk_acknowledged


async def test_an_answer_to_what_is_not_shown_any_more_is_not_taken(database: str) -> None:
    async with visiting(database, *PENDING, share()) as claire:
        page = await claire.look()
        await claire.has(list_work("pads", priced=price(15_000), at=send().at.replace(hour=11)))
        sent = await claire.send("answer", page, work__pads="accept")
        assert sent.status_code == 412
        assert "Cette page a changé" in words(sent)
        assert "150,00" in words(sent)
        assert await claire.recorded(VersionFixed) == []
        assert await claire.recorded(CaseAnswered) == []
        assert (await claire.send("answer", sent, work__pads="accept")).status_code == 303
        [fixed] = await claire.recorded(VersionFixed)
    assert fixed.proposed.including_vat.amount_minor == 15_000


async def test_a_new_version_says_what_has_changed(database: str) -> None:
    later = send().at.replace(hour=11)
    again = (revise(), list_work("pads", priced=price(9_000), at=later))
    async with visiting(database, *SENT, *again, send(proposed=9_000, id="again")) as claire:
        assert (await claire.look()).status_code == 410
        await claire.holds("customer.2")
        said = words(await claire.look())
    assert "Pads : 90,00 € au lieu de 120,00 €, TVA comprise" in said.replace("\xa0", " ")


async def test_above_the_amount_of_the_dealership_a_code_is_asked_for(database: str) -> None:
    async with visiting(database, *CODED) as claire:
        page = await claire.look()
        sent = await claire.send("answer", page, work__pads="accept")
        assert (sent.status_code, await claire.recorded(CaseAnswered)) == (422, [])
        told = await claire.send("code", sent, work__pads="accept")
        assert "Le code arrive sur votre téléphone." in words(told)
        assert 'value="accept" required checked' in told.text
        [asked] = await claire.recorded(CodeAsked)
        wrong = f"{(int(asked.code) + 1) % 10**6:06}"
        mistaken = await claire.send("answer", told, work__pads="accept", code=wrong)
        assert mistaken.status_code == 422
        assert len(await claire.recorded(CodeMistaken)) == 1
        right = await claire.send("answer", mistaken, work__pads="accept", code=asked.code)
        assert right.status_code == 303
        [answered] = await claire.recorded(CaseAnswered)
    assert answered.code_given


async def test_whoever_guesses_the_code_with_one_form_is_stopped_as_well(database: str) -> None:
    async with visiting(database, *CODED) as claire:
        page = await claire.look()
        told = await claire.send("code", page, work__pads="accept")
        [asked] = await claire.recorded(CodeAsked)
        wrong = f"{(int(asked.code) + 1) % 10**6:06}"
        for _ in range(2):
            await claire.send("answer", told, work__pads="accept", code=wrong)
        right = await claire.send("answer", told, work__pads="accept", code=asked.code)
        assert (right.status_code, await claire.recorded(CaseAnswered)) == (422, [])
        for _ in range(4):
            told = await claire.send("answer", await claire.look(), work__pads="accept", code=wrong)
        assert len(await claire.recorded(CodeMistaken)) == 5
        often = await claire.send("answer", told, work__pads="accept", code=asked.code)
        assert (often.status_code, await claire.recorded(CaseAnswered)) == (409, [])


@pytest.mark.requirement("FLB-071")
async def test_the_same_form_sent_twice_is_one_answer(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        page = await claire.look()
        for _ in range(2):
            assert (await claire.send("answer", page, work__pads="accept")).status_code == 303
        known = {"work__pads": "refuse", "risk__pads": "known"}
        assert (await claire.send("answer", page, **known)).status_code == 422
        assert len(await claire.recorded(CaseAnswered)) == 1


@pytest.mark.requirement("FLB-071")
async def test_of_two_answers_the_first_stands(database: str) -> None:
    async with visiting(database, *TWO) as claire:
        page, other = await claire.look(), await claire.look()
        await claire.send("answer", page, work__pads="accept", work__tyres="refuse")
        late = await claire.send("answer", other, work__pads="accept", work__tyres="accept")
        assert late.status_code == 409
        assert "Une autre réponse a été enregistrée avant." in words(late)
        assert len(await claire.recorded(CaseAnswered)) == 1


@pytest.mark.requirement("G-83")
async def test_who_asks_to_be_called_is_told_so(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        assert (await claire.send("contact", await claire.look())).status_code == 303
        assert len(await claire.recorded(ContactRequested)) == 1
        assert "Vous avez demandé à être rappelé." in words(await claire.look())


@pytest.mark.requirement("FLB-111", "FLB-039")
async def test_a_seller_is_replied_to_with_words(database: str) -> None:
    sales = (create(Module.DIRECT_MESSAGE), name_customer(), send(works=0, proposed=0))
    async with visiting(database, *sales) as claire:
        empty = await claire.send("reply", await claire.look(), reply="  ")
        assert (empty.status_code, await claire.recorded(CaseAnswered)) == (422, [])
        sent = await claire.send("reply", empty, reply="Est-elle encore là ? <b>")
        assert sent.status_code == 303
        page = await claire.look()
        [answered] = await claire.recorded(CaseAnswered)
    assert answered.reply == "Est-elle encore là ? <b>"
    assert "Est-elle encore là ? &lt;b&gt;" in page.text


@pytest.mark.requirement("G-44")
@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        ((close(),), 410, "Elle n'est plus disponible."),
        ((revise(),), 410, "Ce lien ne fonctionne plus."),
    ],
)
async def test_a_page_that_is_no_more_tells_nothing(
    database: str, more: tuple[object, ...], status: int, said: str
) -> None:
    async with visiting(database, *SENT, *more) as claire:  # type: ignore[arg-type]
        page = await claire.look("?lang=fr")
    assert page.status_code == status
    assert said in words(page)
    assert "Moreau" not in page.text
    assert "Lumen" not in page.text


@pytest.mark.requirement("G-43")
async def test_a_link_that_was_made_up_opens_nothing(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        claire.token = claire.token[:-1] + ("A" if claire.token[-1] != "A" else "B")
        page = await claire.look("?lang=en")
        sent = await claire.send("answer", page, key="k", work__pads="accept")
    assert (page.status_code, sent.status_code) == (404, 404)
    assert "Please check the address" in words(page)


async def test_a_form_of_another_site_is_not_taken(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        claire.beside = {"Sec-Fetch-Site": "cross-site"}
        sent = await claire.send("answer", await claire.look(), work__pads="accept")
        assert (sent.status_code, await claire.recorded(CaseAnswered)) == (403, [])


@pytest.mark.requirement("FLB-101")
async def test_a_preview_is_the_same_page_and_nothing_comes_of_it(database: str) -> None:
    async with visiting(database, *SENT) as lea:
        page, preview = await lea.look(), await lea.preview("administrative_agent")
        assert words(preview) == words(page)
        assert "form-action 'none'" in preview.headers["content-security-policy"]
        assert await lea.recorded(CaseRead) == []


@pytest.mark.requirement("FLB-101")
async def test_a_preview_is_for_those_who_may_read_the_case(database: str) -> None:
    async with visiting(database, *SENT) as lea:
        assert (await lea.preview("administrative_agent", at="GLYON")).status_code == 404
        assert (await lea.preview("sales_representative")).status_code == 404
        assert (await lea.preview("administrative_agent", org="rival")).status_code == 404
        assert (await lea.preview("driver")).status_code == 403
        assert (await lea.preview("dealership_manager", at=LILLE)).status_code == 200


@pytest.mark.requirement("FLB-101")
async def test_a_preview_needs_what_sending_needs(database: str) -> None:
    async with visiting(database, create(), name_customer(email=None, phone=None)) as lea:
        assert (await lea.preview("administrative_agent")).status_code == 422


async def test_a_page_speaks_the_language_that_was_chosen(database: str) -> None:
    async with visiting(database, *SENT) as claire:
        page = await claire.look("?lang=ar")
        assert 'lang="ar" dir="rtl"' in page.text
        sent = await claire.client.post(
            f"/page/{claire.token}/contact?lang=ar", data={"key": "k", "shown": ""}
        )
        assert sent.status_code == 412
        assert 'lang="ar"' in sent.text
        assert (await claire.look("?lang=xx")).status_code == 422


@pytest.mark.requirement("FLB-103")
async def test_an_answer_that_a_colleague_took_down_is_not_the_customers_own(database: str) -> None:
    async with visiting(database, *SENT, take_down("pads")) as claire:
        said = words(await claire.look())
    assert "Une réponse a été enregistrée" in said
    assert "Accepté : Pads" in said
    assert MINE not in said


@pytest.mark.requirement("FLB-124", "G-79")
async def test_the_page_leads_to_the_thread_where_the_dealership_has_a_chat(database: str) -> None:
    async with visiting(database, *SENT) as visitor:
        assert "/conversations/page/" not in (await visitor.look()).text
        licensed = LicencesChanged(
            dealership_id=LILLE,
            organisation_id=GROUP,
            licences=(Licence.CHAT,),
            changed_by="olga",
            changed_at=NOON,
        )
        await follow(visitor.running, licensed)
        shown = (await visitor.look("?lang=de")).text
        [path] = re.findall(r'href="/conversations/page/([^"?]+)\?lang=de"', shown)
        masters = visitor.running.settings.masters
        assert threads.read(masters, path) == (ID, LINK)
        assert threads.read(masters, path[:-1] + "x") is None

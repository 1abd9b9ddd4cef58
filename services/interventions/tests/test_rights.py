"""The works of a case are decided on by those who have the right to (I4)."""

from dataclasses import replace

import pytest

from contracts.interventions.case_v1 import (
    CaseAnswered,
    CaseEvent,
    LineAccepted,
    LineRefused,
    LinkScope,
    RecipientNamed,
    WorkLevel,
)
from infra.testing.pages import words
from services.interventions import case
from services.interventions.case import answering, recipients
from services.interventions.case.answering import Holder, NothingToDecide, WorkOfOthers
from services.interventions.case.recipients import (
    NoWorkToDecide,
    PayerSeesNoPrices,
    RecipientOnlyReads,
)
from services.interventions.tests.make import (
    CASE,
    PENDING,
    answer,
    eur,
    history,
    list_work,
    open_page,
    revise,
    send,
    share,
    state,
    take_down,
)
from services.interventions.tests.test_sending import name_recipient
from services.interventions.tests.visiting import visiting

LEASING = "lease"
HOLDER = Holder(link_id=f"{LEASING}.1", ip_address=None, device=None)
TWO = (*PENDING, list_work("tyres", WorkLevel.ADVISED))


def named(*works: str, scope: LinkScope = LinkScope.ANSWER) -> recipients.NameRecipient:
    return replace(name_recipient(LEASING), scope=scope, work_ids=works)


SHARED = (*TWO, named("tyres"), send(works=2, proposed=24_000), open_page())
THEIRS = replace(answer("tyres"), holder=HOLDER)


def added(*commands: case.Command) -> tuple[CaseEvent, ...]:
    """The events of the last of these commands."""
    return history(*commands)[len(history(*commands[:-1])) :]


@pytest.mark.requirement("FLB-071")
def test_a_case_is_answered_once_everybody_has_decided_on_their_works() -> None:
    (line,) = added(*SHARED, THEIRS)
    assert isinstance(line, LineAccepted)
    assert (line.work.work_id, line.recipient_id) == ("tyres", LEASING)
    assert isinstance(state(*SHARED, THEIRS), case.Read)
    mine, last = added(*SHARED, THEIRS, answer("pads"))
    assert isinstance(mine, LineAccepted)
    assert (mine.work.work_id, mine.recipient_id) == ("pads", "customer")
    assert isinstance(last, CaseAnswered)
    assert last.accepted.including_vat == eur(24_000)


@pytest.mark.requirement("FLB-071")
@pytest.mark.parametrize("said", [THEIRS, answer("pads")], ids=["leasing", "customer"])
def test_who_has_decided_may_say_the_same_again_and_nothing_else(
    said: answering.AnswerCase,
) -> None:
    given = CASE.given(*history(*SHARED, said))
    given.when(said).records_nothing()
    other = replace(said, accepted=(), risks_acknowledged=("pads",))
    given.when(other).is_rejected(NothingToDecide())
    both = history(*SHARED, THEIRS, answer("pads"))
    CASE.given(*both).when(said).records_nothing()
    CASE.given(*both).when(other).is_rejected(case.CaseIsAnswered())


@pytest.mark.requirement("FLB-071")
def test_nobody_decides_on_the_works_of_others() -> None:
    CASE.given(*history(*SHARED)).when(answer("tyres")).is_rejected(WorkOfOthers("tyres"))
    theirs = replace(THEIRS, accepted=("pads",))
    CASE.given(*history(*SHARED)).when(theirs).is_rejected(WorkOfOthers("pads"))


def test_what_nobody_is_named_for_is_decided_by_everybody_who_answers() -> None:
    shared = (*TWO, named(), send(works=2, proposed=24_000), open_page())
    theirs = replace(answer("pads", "tyres"), holder=HOLDER)
    assert isinstance(added(*shared, theirs)[-1], CaseAnswered)


def test_a_later_version_is_decided_anew() -> None:
    again = send(works=2, proposed=24_000)
    later = (*SHARED, THEIRS, revise(), replace(again, sending_id="second"))
    found = state(*later)
    assert isinstance(found, case.Sent)
    assert found.dossier.lines == ()


def test_a_colleague_takes_down_what_is_not_decided() -> None:
    refused, last = added(*SHARED, THEIRS, replace(take_down(), risks_acknowledged=("pads",)))
    assert isinstance(refused, LineRefused)
    assert refused.work.work_id == "pads"
    assert isinstance(last, CaseAnswered)
    assert last.accepted.including_vat == eur(12_000)


def test_a_recipient_is_named_for_works_that_are_there_to_decide() -> None:
    CASE.given(*history(*TWO)).when(named("wipers")).is_rejected(NoWorkToDecide("wipers"))


def test_who_only_reads_is_named_for_no_work() -> None:
    reader = named("tyres", scope=LinkScope.READ)
    CASE.given(*history(*TWO)).when(reader).is_rejected(RecipientOnlyReads())


def test_who_pays_is_shown_prices() -> None:
    blind = replace(named(), pays=True, sees_prices=False)
    CASE.given(*history(*TWO)).when(blind).is_rejected(PayerSeesNoPrices())
    seeing = added(*TWO, replace(blind, sees_prices=True))
    assert [type(one) for one in seeing] == [RecipientNamed]


@pytest.mark.parametrize(
    ("scope", "prices", "said", "pays"),
    [
        (LinkScope.ANSWER, True, None, True),
        (LinkScope.ANSWER, False, None, False),
        (LinkScope.READ, True, None, False),
        (LinkScope.READ, True, True, True),
        (LinkScope.ANSWER, True, False, False),
    ],
)
def test_the_right_to_pay_is_one_of_its_own_and_in_the_link(
    scope: LinkScope, prices: bool, said: bool | None, pays: bool
) -> None:
    who = replace(named(scope=scope), sees_prices=prices, pays=said)
    found = state(*TWO, who, share(LEASING))
    assert isinstance(found, case.Pending)
    link = found.dossier.links[f"{LEASING}.1"]
    assert (link.pays, recipients.pays(found.dossier, link)) == (pays, pays)


def test_a_link_of_before_lets_whoever_answers_and_sees_prices_pay() -> None:
    found = state(*TWO, replace(named(), sees_prices=False), share(LEASING), share())
    assert isinstance(found, case.Pending)
    mine, theirs = (found.dossier.links[f"{one}.1"] for one in ("customer", LEASING))
    assert recipients.pays(found.dossier, replace(mine, pays=None))
    assert not recipients.pays(found.dossier, replace(theirs, pays=None))


@pytest.mark.requirement("FLB-071")
async def test_the_page_lets_everybody_decide_on_their_own_works(database: str) -> None:
    async with visiting(database, *SHARED) as visitor:
        page = await visitor.look()
        assert 'name="work.pads"' in page.text
        assert 'name="work.tyres"' not in page.text
        assert "Travaux décidés par quelqu'un d'autre" in words(page)
        sent = await visitor.send("answer", page, work__pads="accept")
        assert sent.status_code == 303
        assert "Il ne vous reste rien à décider" in words(await visitor.look())
        await visitor.holds(f"{LEASING}.1")
        theirs = await visitor.look()
        assert 'name="work.tyres"' in theirs.text
        assert 'name="work.pads"' not in theirs.text
        done = await visitor.send("answer", theirs, work__tyres="refuse")
        assert done.status_code == 303
        [answered] = await visitor.recorded(CaseAnswered)
    assert answered.accepted.including_vat == eur(12_000)

"""From pending to sent, as versions."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.decisions import Changed
from contracts.interventions.case_v1 import (
    CustomerInvited,
    InvitationKind,
    InvitationOutcome,
    LinkScope,
    Module,
    RecipientKind,
    SendingChannel,
    SendingFailed,
    VersionFixed,
    WorkLevel,
)
from services.interventions import case
from services.interventions.case import recipients, sending
from services.interventions.case.content import CustomerIncomplete
from services.interventions.case.recipients import (
    MOST_RECIPIENTS,
    NoSuchRecipient,
    RecipientNotReached,
    TooManyRecipients,
    usable,
)
from services.interventions.case.sending import (
    CaseIsNotSent,
    ChannelNotPossible,
    ChannelsNotPossible,
    StockIsNotSent,
    WorksWithoutPrice,
)
from services.interventions.tests.make import (
    ANSWERED,
    CASE,
    GROUP,
    ID,
    LATER,
    NOON,
    PENDING,
    READ,
    SENT,
    amounts,
    create,
    eur,
    history,
    list_work,
    name_customer,
    open_page,
    revise,
    send,
    send_again,
    share,
    state,
    terms,
)

EMAIL, SMS, LINK = SendingChannel.EMAIL, SendingChannel.SMS, SendingChannel.LINK


def name_recipient(
    id: str = "lease", email: str | None = "desk@example.org"
) -> recipients.NameRecipient:
    return recipients.NameRecipient(
        organisation_id=GROUP,
        recipient_id=id,
        kind=RecipientKind.LEASING_COMPANY,
        name="Desk",
        email=email,
        phone=None,
        language="nl",
        scope=LinkScope.READ,
        sees_prices=False,
        by="lea",
        at=NOON,
    )


def follow(invitation: str, outcome: InvitationOutcome) -> sending.FollowInvitation:
    return sending.FollowInvitation(
        case_id=ID, invitation_id=invitation, message_id="m-1", outcome=outcome, at=LATER
    )


def invitations(*commands: case.Command) -> list[CustomerInvited]:
    return [one for one in history(*commands) if isinstance(one, CustomerInvited)]


@pytest.mark.requirement("SM-13", "FLB-096")
def test_sending_fixes_the_version_and_writes_to_the_customer() -> None:
    *_, fixed, sent, link, invited = history(*PENDING, send(SMS))
    assert isinstance(fixed, VersionFixed)
    assert (fixed.version, fixed.proposed) == (1, amounts(10_000, 12_000))
    assert [one.label for one in fixed.works] == ["Pads"]
    assert isinstance(invited, CustomerInvited)
    assert (invited.phone, invited.email, invited.language) == ("+33612345678", None, "fr")
    assert (invited.link, invited.kind) == (
        "https://example.org/customer.1",
        InvitationKind.PROPOSAL,
    )
    assert isinstance(state(*SENT), case.Sent)
    CASE.given(*history(*PENDING)).when(send(SMS)).records(fixed, sent, link, invited)


@pytest.mark.requirement("G-46")
@pytest.mark.parametrize(
    ("channels", "told"), [((EMAIL,), 1), ((EMAIL, SMS), 2), ((LINK,), 0), ((EMAIL, LINK), 1)]
)
def test_a_case_is_sent_by_the_chosen_channels(
    channels: tuple[SendingChannel, ...], told: int
) -> None:
    assert len(invitations(*PENDING, send(*channels))) == told


@pytest.mark.requirement("FLB-085", "FLB-101", "G-90")
@pytest.mark.parametrize(
    ("customer", "missing"),
    [
        (name_customer(title=None, saved=False), ("title",)),
        (name_customer(last_name=None, saved=False), ("last_name",)),
        (name_customer(email=None, phone=None), ("email_or_phone",)),
    ],
)
def test_a_case_is_sent_to_somebody_with_a_title_a_name_and_an_address(
    customer: case.Command, missing: tuple[str, ...]
) -> None:
    given = CASE.given(*history(create(), customer, list_work()))
    given.when(send()).is_rejected(CustomerIncomplete(missing))


@pytest.mark.requirement("FLB-096", "FLB-121", "G-49")
def test_a_channel_needs_an_address_that_the_customer_did_not_block() -> None:
    given = CASE.given(*history(create(), name_customer(email=None), list_work()))
    given.when(send(EMAIL)).is_rejected(ChannelNotPossible(EMAIL, blocked=False))
    assert isinstance(given.answer(send(SMS)), list)
    blocked = terms(blocked=frozenset({SMS}))
    given.when(send(SMS, how=blocked)).is_rejected(ChannelNotPossible(SMS, blocked=True))
    given.when(send(SMS, SMS)).is_rejected(ChannelsNotPossible())
    given.when(replace(send(), channels=())).is_rejected(ChannelsNotPossible())


@pytest.mark.requirement("FLB-094", "G-45")
def test_works_without_a_price_are_confirmed_and_in_no_total() -> None:
    given = CASE.given(*history(*PENDING, list_work("tyres", priced=None)))
    given.when(send(works=2)).is_rejected(WorksWithoutPrice(("Tyres",)))
    decided = given.answer(send(works=2, confirm=True))
    assert isinstance(decided, list)
    assert isinstance(decided[0], VersionFixed)
    assert decided[0].proposed.including_vat == eur(12_000)


@pytest.mark.requirement("FLB-092", "M-08")
def test_works_that_are_ok_or_complimentary_add_nothing() -> None:
    both = (list_work("oil", WorkLevel.OK), list_work("wash", WorkLevel.COMPLIMENTARY))
    assert isinstance(CASE.given(*history(*PENDING, *both)).answer(send(works=3)), list)


def test_what_was_seen_is_what_is_sent() -> None:
    given = CASE.given(*history(*PENDING, list_work("tyres")))
    given.when(send()).is_rejected(
        Changed({"works": 1, "proposed": eur(12_000)}, {"works": 2, "proposed": eur(24_000)})
    )


@pytest.mark.requirement("FLB-038", "G-35")
def test_a_stock_case_is_not_sent_but_its_link_is_shared() -> None:
    stock = (create(Module.USED_VEHICLE_STOCK), name_customer())
    given = CASE.given(*history(*stock))
    given.when(send(works=0, proposed=0)).is_rejected(StockIsNotSent())
    shared = state(*stock, share(), open_page())
    assert isinstance(shared, case.Pending)


@pytest.mark.requirement("G-44")
def test_a_sent_or_read_case_is_sent_again_without_another_status() -> None:
    for commands, kind in ((SENT, case.Sent), (READ, case.Read)):
        found = state(*commands, send_again())
        assert isinstance(found, kind)
        assert invitations(*commands, send_again())[-1].kind is InvitationKind.AGAIN
    CASE.given(*history(*PENDING)).when(send_again()).is_rejected(CaseIsNotSent())
    CASE.given(*history(*ANSWERED)).when(send_again()).is_rejected(case.CaseIsAnswered())
    CASE.given(*history(*SENT)).when(send_again(version=2)).is_rejected(
        Changed({"version": 2}, {"version": 1})
    )


def test_a_case_is_sent_once() -> None:
    CASE.given(*history(*SENT)).when(send(id="ninth")).is_rejected(case.CaseIsSent())


@pytest.mark.requirement("SM-13")
def test_a_new_version_voids_the_links_of_the_one_before() -> None:
    again = (*READ, revise(), list_work("pads", label="Pads and discs", at=LATER))
    pending = state(*again)
    assert isinstance(pending, case.Pending)
    assert pending.dossier.link_of("customer") is None
    found = state(*again, send(id="second", at=LATER))
    assert isinstance(found, case.Sent)
    assert found.dossier.version == 2
    assert [one.works[0].label for one in found.dossier.versions] == ["Pads", "Pads and discs"]
    last = invitations(*again, send(id="second", at=LATER))[-1]
    assert (last.kind, last.link) == (
        InvitationKind.NEW_VERSION,
        "https://example.org/customer.2",
    )


def test_only_the_version_that_was_seen_is_worked_on_again() -> None:
    CASE.given(*history(*SENT)).when(revise(2)).is_rejected(Changed({"version": 2}, {"version": 1}))
    CASE.given(*history(*PENDING)).when(revise(0)).is_rejected(CaseIsNotSent())
    CASE.given(*history(*ANSWERED)).when(revise()).is_rejected(case.CaseIsAnswered())


@pytest.mark.requirement("G-46")
def test_a_case_of_which_no_message_arrives_was_not_sent() -> None:
    both = (*PENDING, send(EMAIL, SMS))
    email, sms = (one.invitation_id for one in invitations(*both))
    failed = (*both, follow(email, InvitationOutcome.FAILED))
    assert isinstance(state(*failed), case.Sent)
    last = (*failed, follow(sms, InvitationOutcome.FAILED))
    assert isinstance(history(*last)[-1], SendingFailed)
    assert isinstance(state(*last), case.Pending)


@pytest.mark.requirement("G-46")
def test_one_message_that_arrives_is_enough_and_so_is_a_reader_or_a_shared_link() -> None:
    both = (*PENDING, send(EMAIL, SMS))
    email, sms = (one.invitation_id for one in invitations(*both))
    fails = follow(sms, InvitationOutcome.FAILED)
    assert isinstance(state(*both, follow(email, InvitationOutcome.DELIVERED), fails), case.Sent)
    read = (*both, open_page(), follow(email, InvitationOutcome.FAILED), fails)
    assert isinstance(state(*read), case.Read)
    shared = (*PENDING, send(EMAIL, LINK))
    failed = follow(invitations(*shared)[0].invitation_id, InvitationOutcome.FAILED)
    assert isinstance(state(*shared, failed), case.Sent)


def test_of_a_message_only_what_comes_later_is_news() -> None:
    [invited] = invitations(*SENT)
    delivered = follow(invited.invitation_id, InvitationOutcome.DELIVERED)
    given = CASE.given(*history(*SENT, delivered))
    given.when(follow(invited.invitation_id, InvitationOutcome.SENT)).records_nothing()
    given.when(follow(invited.invitation_id, InvitationOutcome.FAILED)).records_nothing()
    given.when(follow("of another case", InvitationOutcome.FAILED)).records_nothing()


def test_a_recipient_beside_the_customer_has_a_link_and_a_language_of_their_own() -> None:
    customer, desk = invitations(*PENDING, name_recipient(), send())
    assert (customer.recipient_id, customer.language) == ("customer", "fr")
    assert (desk.recipient_id, desk.language, desk.email) == ("lease", "nl", "desk@example.org")
    assert desk.link == "https://example.org/lease.1"


@pytest.mark.requirement("FLB-003", "FLB-004")
def test_a_case_is_shown_to_ten_recipients_who_can_be_reached() -> None:
    ten = [name_recipient(f"r{n}") for n in range(MOST_RECIPIENTS - 1)]
    last = CASE.given(*history(create(), *ten)).answer(name_recipient("last"))
    assert isinstance(last, list)
    full = CASE.given(*history(create(), *ten, name_recipient("last")))
    full.when(name_recipient("more")).is_rejected(TooManyRecipients(MOST_RECIPIENTS))
    CASE.given(*history(create())).when(name_recipient(email=None)).is_rejected(
        RecipientNotReached()
    )


def test_a_link_is_for_a_recipient_and_is_shared_once() -> None:
    given = CASE.given(*history(*PENDING))
    given.when(share("nobody-named")).is_rejected(NoSuchRecipient("nobody-named"))
    given.when(share()).records(*history(*PENDING, share())[len(history(*PENDING)) :])


def test_a_link_that_expired_is_made_anew() -> None:
    old = (*PENDING, share(days=1))
    later = replace(share(days=1), at=NOON + timedelta(days=1))
    before = replace(later, at=later.at - timedelta(seconds=1))
    assert CASE.given(*history(*old)).answer(before) == []
    decided = CASE.given(*history(*old)).answer(later)
    assert isinstance(decided, list)
    assert len(decided) == 1


@pytest.mark.parametrize(
    ("changed", "works"),
    [
        ({"name": "Front desk"}, True),
        ({"scope": LinkScope.ANSWER}, False),
        ({"pays": True, "sees_prices": True}, False),
        ({"email": "other@example.org"}, False),
        ({"phone": "+33612345679"}, False),
    ],
)
def test_the_link_of_somebody_else_or_of_another_right_works_no_more(
    changed: dict[str, Any], works: bool
) -> None:
    named = name_recipient()
    again = replace(named, at=LATER, **changed)
    found = state(create(), name_customer(), named, share("lease"), again)
    assert isinstance(found, case.Pending)
    assert (usable(found.dossier, "lease", LATER) is not None) is works


def test_nobody_beside_the_customer_is_called_the_customer() -> None:
    given = CASE.given(*history(*PENDING))
    given.when(name_recipient("customer")).is_rejected(NoSuchRecipient("customer"))

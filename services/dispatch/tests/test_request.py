"""A request: whom it goes to, when, in which order, and how it is answered and given away."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contracts.common_v1 import Money
from contracts.decisions import Changed
from contracts.dispatch.request_v1 import (
    OfferDeclined,
    OfferEnd,
    OfferEnded,
    OfferWay,
    Participant,
    PhotosAdded,
    ProposalsSent,
    ReplacementBegun,
    RequestAssigned,
    RequestCancelled,
    RequestEvent,
    RequestOffered,
    RequestUnanswered,
    SendingCause,
    SubjectForgotten,
)
from contracts.timers import CancelTimer, SetTimer
from infra.testing.spec import Spec
from services.dispatch import request
from services.dispatch.reactions import from_dispatch_request
from services.dispatch.request import (
    MOST_PHOTOS,
    AddPhotos,
    ForgetRequest,
    NoSuchRequest,
    ProviderIsChosen,
    RequestIdTaken,
    RequestIsCancelled,
    TooManyPhotos,
    WantedTimeNotPossible,
)
from services.dispatch.request.broadcasting import MOST_OFFERED, AssignByHand, NoteSilence, fair
from services.dispatch.request.choosing import (
    CancelRequest,
    NoSuchProposal,
    NoSuchSlot,
    ProposalIsOver,
)
from services.dispatch.request.proposing import (
    Decline,
    HoldsTooShort,
    ProposalIsSent,
    SlotNotPossible,
    VatNotPossible,
)
from services.dispatch.terms import MOST_PRICE_MINOR, CustomerIsForgotten, ProposedPriceNotPossible
from services.dispatch.tests.make import (
    ANSWERED,
    BY_HAND,
    DAY,
    HOUR,
    LATER,
    NOON,
    PRICE,
    SECOND,
    SLOT,
    TERMS,
    broadcast,
    choose,
    chosen,
    create,
    created,
    delay_ends,
    due,
    folded,
    match,
    offered,
    propose,
    proposed,
    recorded,
    replaced,
    sent,
)

given = Spec(request.decide, request.evolve, request.initial).given
ONE = replace(TERMS, required_proposals=1)


def assignment(*events: RequestEvent) -> RequestAssigned:
    [found] = [one for one in events if isinstance(one, RequestAssigned)]
    return found


def told(*events: RequestEvent) -> list[str]:
    """The providers who are offered the request, in order."""
    return [one.provider_id for one in events if isinstance(one, RequestOffered)]


def declined(provider: str = "eclat") -> OfferDeclined:
    return OfferDeclined(
        request_id="R1",
        organisation_id="agora",
        provider_id=provider,
        declined_by=f"{provider}-manager",
        declined_at=LATER,
    )


def ended(provider: str, cause: OfferEnd, at: datetime) -> OfferEnded:
    return OfferEnded(
        request_id="R1",
        organisation_id="agora",
        provider_id=provider,
        manager_id=f"{provider}-manager",
        service_code="windows",
        locality="Lille",
        cause=cause,
        ended_at=at,
    )


def unanswered(at: datetime) -> RequestUnanswered:
    return RequestUnanswered(
        request_id="R1",
        organisation_id="agora",
        manager_id="sophie",
        service_code="windows",
        locality="Lille",
        noted_at=at,
    )


class TestCreating:
    def test_a_request_has_the_terms_of_its_marketplace(self) -> None:
        given().when(create()).records(created())
        # They may be others when the same request comes again.
        given(created()).when(create(BY_HAND, LATER)).records_nothing()

    def test_an_id_means_one_request(self) -> None:
        other = replace(create(), locality="Roubaix")
        given(created()).when(other).is_rejected(RequestIdTaken("R1"))

    def test_nobody_comes_in_the_past(self) -> None:
        last = replace(create(), wanted_from=NOON - HOUR, wanted_until=NOON + SECOND)
        given().when(last).records(
            replace(created(), wanted_from=NOON - HOUR, wanted_until=NOON + SECOND)
        )
        over = replace(create(), wanted_from=NOON - HOUR, wanted_until=NOON)
        given().when(over).is_rejected(WantedTimeNotPossible())
        turned = replace(create(), wanted_until=SLOT - HOUR)
        given().when(turned).is_rejected(WantedTimeNotPossible())


@pytest.mark.requirement("OGU-02", "OGU-03", "G-61", "T-17", "N-23")
class TestBroadcasting:
    def test_it_goes_to_all_who_match_at_once(self) -> None:
        events = recorded(broadcast("eclat", "vitrex"), created())
        event = assignment(*events)
        assert (event.way, event.round, event.matched_providers) == (OfferWay.BROADCAST, 1, 2)
        assert event.assigned_at == NOON
        assert sorted(told(*events)) == ["eclat", "vitrex"]
        given(created()).when(broadcast("eclat", "vitrex")).records(*events)

    def test_where_broadcast_is_off_the_operator_picks(self) -> None:
        assert from_dispatch_request.react(created(BY_HAND)) == []
        assert len(from_dispatch_request.react(created())) == 1
        by_hand = AssignByHand(matches=(match(),), by="sophie", at=LATER)
        events = recorded(by_hand, created(BY_HAND))
        event = assignment(*events)
        assert (event.way, event.again_at, told(*events)) == (OfferWay.BY_HAND, None, ["eclat"])
        assert event.send_at == LATER + 3 * DAY
        given(created(BY_HAND)).when(by_hand).records(*events)

    def test_what_nobody_matches_is_assigned_to_nobody(self) -> None:
        [event] = recorded(broadcast(), created())
        assert isinstance(event, RequestAssigned)
        assert (event.matched_providers, event.offered_providers) == (0, 0)
        assert event.again_at == NOON + 2 * DAY


class TestFairness:
    def test_who_was_offered_least_recently_comes_first(self) -> None:
        found = [match("a", NOON), match("b", NOON - SECOND), match("c"), match("d", NOON - DAY)]
        assert [one.provider_id for one in fair("R1", found)] == ["c", "d", "b", "a"]

    def test_a_draw_decides_among_equals_and_is_another_one_for_each_request(self) -> None:
        found = [match(one) for one in "abcdefgh"]
        first = [one.provider_id for one in fair("R1", found)]
        assert first == [one.provider_id for one in fair("R1", found[::-1])]
        assert first != [one.provider_id for one in fair("R2", found)]

    def test_a_round_reaches_so_many_and_says_the_rank_and_the_rule(self) -> None:
        many = tuple(f"p{n}" for n in range(MOST_OFFERED + 1))
        events = recorded(broadcast(*many), created())
        event = assignment(*events)
        assert (event.matched_providers, event.offered_providers) == (501, 500)
        offers = [one for one in events if isinstance(one, RequestOffered)]
        assert [one.rank for one in offers] == list(range(1, 501))
        assert (event.rule.id, event.rule.version) == ("least-recently-offered", 1)


@pytest.mark.requirement("OGU-04", "OGU-05", "G-62", "T-18", "N-25")
class TestSending:
    def test_the_proposal_that_reaches_the_number_sends_them_once(self) -> None:
        two = (*offered("eclat", "vitrex", "clair", "nordic"), proposed(), proposed("vitrex"))
        third = proposed("clair")
        given(*two).when(propose("clair")).records(third, sent("eclat", "vitrex", "clair"))
        given(*two, third, sent("eclat", "vitrex", "clair")).when(propose("nordic")).records(
            proposed("nordic")
        )

    def test_a_delay_that_ends_sends_however_many_there_are(self) -> None:
        history = (*offered("eclat", "vitrex"), proposed())
        ends = NOON + 3 * DAY
        given(*history).when(delay_ends(ends - SECOND)).records_nothing()
        event = sent("eclat", at=ends, cause=SendingCause.DELAY_ENDED)
        given(*history).when(delay_ends(ends)).records(event)
        given(*history, event).when(delay_ends(ends)).records_nothing()

    def test_without_an_answer_the_operator_is_told_and_the_customer_is_not(self) -> None:
        ends = NOON + 3 * DAY
        given(*offered("eclat")).when(delay_ends(ends)).records(unanswered(ends))

    def test_the_first_late_answer_starts_the_delay_anew(self) -> None:
        late = NOON + 5 * DAY
        silent = (*offered("eclat", "vitrex"), unanswered(NOON + 3 * DAY))
        first = proposed(at=late, send_at=late + 3 * DAY)
        given(*silent).when(propose(at=late)).records(first)
        given(*silent, first).when(propose("vitrex", at=late + HOUR)).records(
            proposed("vitrex", at=late + HOUR)
        )
        again = sent("eclat", at=late + 3 * DAY, cause=SendingCause.DELAY_ENDED)
        given(*silent, first).when(delay_ends(late + 3 * DAY)).records(again)
        given(*silent, first).when(delay_ends(late + 3 * DAY - SECOND)).records_nothing()

    def test_what_holds_no_more_is_not_sent(self) -> None:
        short = replace(proposed(), valid_until=NOON + 2 * DAY)
        ends = NOON + 3 * DAY
        given(*offered("eclat"), short).when(delay_ends(ends)).records(unanswered(ends))


@pytest.mark.requirement("OGU-06", "G-63", "T-19", "N-24")
class TestSilence:
    def test_a_silent_request_is_due_again_and_recomputes_its_matches(self) -> None:
        at = NOON + 2 * DAY
        silent = offered("eclat")
        given(*silent).when(NoteSilence(at=at)).records(due(at))
        events = recorded(broadcast("eclat", "vitrex", at=at), *silent, due(at))
        event = assignment(*events)
        assert (event.way, event.round) == (OfferWay.BROADCAST_AGAIN, 2)
        assert (event.again_at, event.send_at) == (NOON + 4 * DAY, None)
        assert sorted(told(*events)) == ["eclat", "vitrex"]

    def test_an_answer_ends_the_silence(self) -> None:
        answered = (*offered("eclat"), proposed())
        given(*answered).when(NoteSilence(at=NOON + 2 * DAY)).records_nothing()
        given(*answered).when(broadcast("eclat", at=NOON + 2 * DAY)).records_nothing()

    def test_who_declined_is_not_asked_again(self) -> None:
        at = NOON + 2 * DAY
        events = recorded(broadcast("eclat", "vitrex", at=at), *offered("eclat"), declined())
        assert told(*events) == ["vitrex"]

    def test_delays_count_calendar_days_by_the_operators_clock(self) -> None:
        """The clock is put forward on 31 March 2030 in Paris, and back on 27 October."""
        spring = datetime(2030, 3, 30, 9, 0, 7, tzinfo=UTC)
        event = assignment(*recorded(broadcast("eclat", at=spring), created()))
        assert event.again_at == datetime(2030, 4, 1, 8, 0, 7, tzinfo=UTC)
        assert event.send_at == datetime(2030, 4, 2, 8, 0, 7, tzinfo=UTC)
        autumn = datetime(2030, 10, 26, 8, 0, 7, tzinfo=UTC)
        event = assignment(*recorded(broadcast("eclat", at=autumn), created()))
        assert event.again_at == datetime(2030, 10, 28, 9, 0, 7, tzinfo=UTC)
        assert event.send_at == datetime(2030, 10, 29, 9, 0, 7, tzinfo=UTC)

    def test_each_delay_has_its_timer(self) -> None:
        event = assignment(*offered("eclat"))
        assert request.timers(event) == (
            SetTimer("send", NOON + 3 * DAY),
            SetTimer("again", NOON + 2 * DAY),
        )
        stopped = (CancelTimer("again"), CancelTimer("runners_up"))
        assert request.timers(proposed()) == stopped
        late = proposed(send_at=NOON)
        assert request.timers(late) == (*stopped, SetTimer("send", NOON))
        assert request.timers(sent("eclat")) == (CancelTimer("send"), CancelTimer("again"))
        assert len(request.timers(chosen())) == 3
        assert request.on_timer("send", "R1", NOON) == delay_ends(NOON)
        assert request.on_timer("again", "R1", NOON) == NoteSilence(at=NOON)
        with pytest.raises(LookupError):
            request.on_timer("lunch", "R1", NOON)


@pytest.mark.requirement("SM-25", "G-68")
class TestProposing:
    def test_a_proposal_has_what_the_provider_is_left_with(self) -> None:
        history = offered("eclat", "vitrex")
        given(*history).when(propose()).records(proposed())
        shares = proposed().fees
        assert (shares.vat, shares.commission) == (Money(2_400, "EUR"), Money(1_500, "EUR"))
        assert (shares.including_vat, shares.net) == (Money(14_400, "EUR"), Money(10_500, "EUR"))
        # 20 % of the commission, which the customer does not see.
        assert (shares.commission_vat, shares.payout) == (Money(300, "EUR"), Money(12_600, "EUR"))

    def test_the_last_proposal_counts(self) -> None:
        cheaper = Money(11_000, "EUR")
        history = (*offered("eclat", "vitrex"), proposed())
        given(*history).when(propose(price=cheaper)).records(proposed(price=cheaper))

    def test_who_was_not_offered_it_knows_no_such_request(self) -> None:
        given(*offered("eclat")).when(propose("vitrex")).is_rejected(NoSuchRequest())
        given().when(propose()).is_rejected(NoSuchRequest())

    @pytest.mark.parametrize(
        ("least", "less"), [(1, 0), (MOST_PRICE_MINOR, MOST_PRICE_MINOR + 1)], ids=["0", "most"]
    )
    def test_a_price_is_above_nothing_and_below_a_million(self, least: int, less: int) -> None:
        history, most = offered("eclat", "vitrex"), Money(MOST_PRICE_MINOR, "EUR")
        good = Money(least, "EUR")
        given(*history).when(propose(price=good)).records(proposed(price=good))
        bad = Money(less, "EUR")
        given(*history).when(propose(price=bad)).is_rejected(ProposedPriceNotPossible(bad, most))
        pounds = Money(least, "GBP")
        given(*history).when(propose(price=pounds)).is_rejected(
            ProposedPriceNotPossible(pounds, most)
        )

    def test_vat_is_at_most_the_whole(self) -> None:
        history = offered("eclat", "vitrex")
        assert len(recorded(propose(vat=10_000), *history)) == 1
        given(*history).when(propose(vat=10_001)).is_rejected(VatNotPossible(10_001, 10_000))

    def test_slots_are_to_come_and_named_once(self) -> None:
        history = offered("eclat", "vitrex")
        assert len(recorded(propose(slots=(LATER + SECOND,)), *history)) == 1
        given(*history).when(propose(slots=(LATER,))).is_rejected(SlotNotPossible(LATER))
        given(*history).when(propose(slots=(SLOT, SLOT))).is_rejected(SlotNotPossible(SLOT))

    def test_a_proposal_holds_for_a_day(self) -> None:
        history = offered("eclat", "vitrex")
        assert len(recorded(propose(valid_until=LATER + DAY), *history)) == 1
        short = propose(valid_until=LATER + DAY - SECOND)
        given(*history).when(short).is_rejected(HoldsTooShort(LATER + DAY))

    def test_who_declines_takes_the_proposal_back_until_it_is_sent(self) -> None:
        decline = Decline(provider_id="eclat", by="eclat-manager", at=LATER)
        given(*offered("eclat"), proposed()).when(decline).records(declined())
        given(*ANSWERED).when(decline).is_rejected(ProposalIsSent())
        given(*offered("vitrex")).when(decline).is_rejected(NoSuchRequest())


@pytest.mark.requirement("SM-24")
class TestChoosing:
    def test_one_is_chosen_and_the_others_are_told(self) -> None:
        at = LATER + HOUR
        others = [ended(one, OfferEnd.ANOTHER_CHOSEN, at) for one in ("vitrex", "clair")]
        events = recorded(choose(), *ANSWERED)
        assert events[0] == chosen()
        assert sorted(events[1:], key=repr) == sorted(others, key=repr)
        given(*ANSWERED).when(choose()).records(*events)

    def test_of_two_devices_the_first_chooses(self) -> None:
        given(*ANSWERED, chosen("vitrex")).when(choose("eclat")).is_rejected(ProviderIsChosen())
        given(*ANSWERED, chosen("eclat")).when(choose("eclat")).records_nothing()

    def test_an_answer_after_the_choice_is_refused(self) -> None:
        given(*ANSWERED, chosen()).when(propose("vitrex")).is_rejected(ProviderIsChosen())
        given(*ANSWERED, chosen()).when(propose("nordic")).is_rejected(NoSuchRequest())

    def test_a_choice_names_the_price_that_was_seen(self) -> None:
        cheaper = Money(11_000, "EUR")
        given(*ANSWERED).when(choose(price=cheaper)).is_rejected(
            Changed({"price": cheaper}, {"price": PRICE})
        )

    def test_customers_choose_among_what_they_were_sent_and_operators_among_all(self) -> None:
        late = (*ANSWERED, proposed("nordic"))
        given(*late).when(choose("nordic")).is_rejected(NoSuchProposal())
        waiting = (*offered("eclat"), proposed())
        given(*waiting).when(choose()).is_rejected(NoSuchProposal())
        assert recorded(choose(by=Participant.OPERATOR), *waiting)

    def test_a_proposal_is_chosen_before_it_is_over(self) -> None:
        short = replace(proposed(), valid_until=LATER + HOUR)
        history = (*offered("eclat", terms=ONE), short, sent("eclat"))
        assert recorded(choose(at=LATER + HOUR - SECOND), *history)
        given(*history).when(choose()).is_rejected(ProposalIsOver(LATER + HOUR))

    def test_a_slot_is_one_of_the_proposal_and_to_come(self) -> None:
        given(*ANSWERED).when(choose(slot=SLOT + HOUR)).is_rejected(NoSuchSlot())
        late = replace(proposed(), valid_until=SLOT + DAY)
        given(*ANSWERED, late).when(choose(at=SLOT)).is_rejected(NoSuchSlot())

    def test_a_cancelled_request_is_over_for_everybody(self) -> None:
        cancel = CancelRequest(by=Participant.CUSTOMER, at=LATER)
        gone = RequestCancelled(
            request_id="R1",
            organisation_id="agora",
            cancelled_by=Participant.CUSTOMER,
            cancelled_at=LATER,
        )
        given(*offered("eclat"), proposed()).when(cancel).records(
            gone, ended("eclat", OfferEnd.REQUEST_CANCELLED, LATER)
        )
        given(*ANSWERED, gone).when(choose()).is_rejected(RequestIsCancelled())
        given(*ANSWERED, gone).when(propose()).is_rejected(RequestIsCancelled())
        given(*ANSWERED, gone).when(propose("nordic")).is_rejected(NoSuchRequest())
        given(*ANSWERED, chosen()).when(cancel).is_rejected(ProviderIsChosen())


class TestReplacement:
    def test_those_who_had_answered_are_asked_alone_for_half_of_the_time_that_is_left(self) -> None:
        events = recorded(replaced(), *ANSWERED, chosen())
        [begun, assigned_to, *offers] = events
        half = NOON + 2 * DAY + (SLOT - NOON - 2 * DAY) / 2
        assert isinstance(begun, ReplacementBegun)
        assert begun.runners_up_until == half
        assert isinstance(assigned_to, RequestAssigned)
        assert (assigned_to.way, assigned_to.answer_by) == (OfferWay.RUNNER_UP, half)
        assert sorted(told(*offers)) == ["clair", "vitrex"]
        assert request.timers(begun) == (SetTimer("runners_up", half),)
        given(*ANSWERED, chosen()).when(replaced()).records(*events)

    @pytest.mark.requirement("OGU-18")
    def test_nobody_is_asked_again_who_may_not_be_asked_any_more(self) -> None:
        some = replaced(barred=("clair",))
        [_, _, *offers] = recorded(some, *ANSWERED, chosen())
        assert told(*offers) == ["vitrex"]
        nobody = replaced(barred=("clair", "vitrex"))
        [begun, *following] = recorded(nobody, *ANSWERED, chosen())
        assert isinstance(begun, ReplacementBegun)
        assert (begun.runners_up_until, following) == (None, [due(NOON + 2 * DAY)])

    def test_one_proposal_is_enough_then_and_who_cancelled_has_no_part_in_it(self) -> None:
        history = (*ANSWERED, chosen(), *recorded(replaced(), *ANSWERED, chosen()))
        at = NOON + 3 * DAY
        [made, told_customer] = recorded(propose("vitrex", at=at), *history)
        assert isinstance(told_customer, ProposalsSent)
        assert told_customer.provider_ids == ("vitrex",)
        given(*history).when(propose("eclat", at=at)).is_rejected(NoSuchRequest())
        given(*history).when(NoteSilence(at=at)).records(due(at))
        given(*history, made).when(NoteSilence(at=at)).records_nothing()

    @pytest.mark.parametrize(("left", "alone"), [(2 * HOUR, False), (2 * HOUR + SECOND, True)])
    def test_in_the_last_two_hours_everybody_is_asked_at_once(
        self, left: timedelta, alone: bool
    ) -> None:
        [begun, *following] = recorded(replaced(SLOT - left), *ANSWERED, chosen())
        assert isinstance(begun, ReplacementBegun)
        assert (begun.runners_up_until is not None) is alone
        assert (following == [due(SLOT - left)]) is not alone

    def test_everybody_is_asked_but_the_one_that_cancelled(self) -> None:
        late = replaced(SLOT - HOUR)
        history = (*ANSWERED, chosen(), *recorded(late, *ANSWERED, chosen()))
        events = recorded(broadcast("eclat", "nordic", at=SLOT - HOUR), *history)
        assert told(*events) == ["nordic"]

    def test_a_job_of_an_earlier_choice_replaces_nobody(self) -> None:
        other = replace(replaced(), job_id="J0")
        given(*ANSWERED, chosen()).when(other).records_nothing()
        given(*ANSWERED).when(replaced()).records_nothing()


def added(*file_ids: str) -> PhotosAdded:
    return PhotosAdded(request_id="R1", organisation_id="agora", file_ids=file_ids, added_at=LATER)


@pytest.mark.requirement("SM-24")
def test_photos_are_added_once_each_up_to_as_many_as_there_may_be() -> None:
    add = AddPhotos(file_ids=("f-1", "f-2"), at=LATER)
    given(*ANSWERED).when(add).records(added("f-1", "f-2"))
    given(*ANSWERED, added("f-1")).when(add).records(added("f-2"))
    most = tuple(f"f-{n}" for n in range(MOST_PHOTOS))
    given(*ANSWERED).when(replace(add, file_ids=most)).records(added(*most))
    given(*ANSWERED, added(*most)).when(replace(add, file_ids=("f-x",))).is_rejected(
        TooManyPhotos(MOST_PHOTOS)
    )


@pytest.mark.requirement("SM-24")
def test_nothing_is_added_once_a_provider_is_chosen_but_what_is_there() -> None:
    add = AddPhotos(file_ids=("f-1",), at=LATER)
    given(*ANSWERED, chosen()).when(add).is_rejected(ProviderIsChosen())
    given(*ANSWERED, added("f-1"), chosen()).when(add).records_nothing()
    given().when(add).is_rejected(NoSuchRequest())


def test_a_forgotten_customer_gets_no_more_of_it() -> None:
    forget = ForgetRequest(request_id="R1", organisation_id="agora", at=LATER)
    gone = SubjectForgotten(
        request_id="R1", organisation_id="agora", forgotten_at=LATER, file_ids=()
    )
    given(*ANSWERED).when(forget).records(gone)
    photos = added("f-1", "f-2")
    given(*ANSWERED, photos).when(forget).records(replace(gone, file_ids=("f-1", "f-2")))
    given(*ANSWERED, gone).when(choose()).is_rejected(CustomerIsForgotten())
    given(*ANSWERED, gone).when(NoteSilence(at=LATER)).records_nothing()
    assert isinstance(folded(*ANSWERED, gone), request.Forgotten)

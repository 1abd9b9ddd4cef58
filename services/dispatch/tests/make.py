"""Valid commands and events of requests, jobs and contracts; a test names only what it is about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from contracts.common_v1 import Money, Point
from contracts.dispatch.job_v1 import CancellationCause, JobCancelled, JobDone, JobPlanned
from contracts.dispatch.job_v1 import Participant as Side
from contracts.dispatch.request_v1 import (
    AssignmentTerms,
    BroadcastDue,
    Criterion,
    CriterionResult,
    Participant,
    ProposalMade,
    ProposalsSent,
    ProviderChosen,
    RequestCreated,
    RequestEvent,
    SendingCause,
)
from services.dispatch import request
from services.dispatch.contract import AgreeContract, ReassignContract
from services.dispatch.job import CancelJob, PlanJob
from services.dispatch.job.doing import FinishJob
from services.dispatch.request import CreateRequest
from services.dispatch.request.broadcasting import Broadcast, Match
from services.dispatch.request.choosing import Choose, Replace
from services.dispatch.request.proposing import Propose, SendProposals
from services.dispatch.terms import fees

NOON = datetime(2030, 5, 6, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=40)
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
SLOT = datetime(2030, 5, 20, 7, 0, tzinfo=UTC)
PRICE = Money(12_000, "EUR")
HERE = Point(latitude=50.6366, longitude=3.0635)
TERMS = AssignmentTerms(broadcast=True, required_proposals=3, send_after_days=3, again_after_days=2)
BY_HAND = replace(TERMS, broadcast=False)
ALL_MET = tuple(CriterionResult(criterion=one, met=True, fact="accepted") for one in Criterion)


def create(terms: AssignmentTerms = TERMS, at: datetime = NOON) -> CreateRequest:
    return CreateRequest(
        request_id="R1",
        organisation_id="agora",
        service_code="windows",
        customer_name="Awa Diop",
        customer_email="awa@example.org",
        customer_phone=None,
        language="fr",
        address="12 rue des Tanneurs",
        place=HERE,
        locality="Lille",
        postal_code="59000",
        commune_code="59350",
        details=None,
        wanted_from=SLOT - HOUR,
        wanted_until=SLOT + 4 * DAY,
        terms=terms,
        time_zone="Europe/Paris",
        currency="EUR",
        customer_link="https://portal.example.org/dispatch/page/R1",
        manager_id="sophie",
        by=Participant.CUSTOMER,
        at=at,
    )


def created(terms: AssignmentTerms = TERMS, at: datetime = NOON) -> RequestCreated:
    [event] = recorded(create(terms, at))
    assert isinstance(event, RequestCreated)
    return event


def recorded(command: request.Command, *history: RequestEvent) -> tuple[RequestEvent, ...]:
    """The facts that a command records after a history."""
    answer = request.decide(command, folded(*history))
    assert isinstance(answer, list), answer
    return tuple(answer)


def folded(*history: RequestEvent) -> request.Request:
    state = request.initial
    for event in history:
        state = request.evolve(state, event)
    return state


def match(provider: str = "eclat", last: datetime | None = None, commission: int = 1_250) -> Match:
    return Match(
        provider_id=provider,
        manager_id=f"{provider}-manager",
        commission_basis_points=commission,
        commission_since=date(2030, 1, 1),
        last_offered_at=last,
        criteria=ALL_MET,
    )


def broadcast(*providers: str, at: datetime = NOON) -> Broadcast:
    return Broadcast(
        request_id="R1",
        organisation_id="agora",
        service_code="windows",
        place=HERE,
        commune_code="59350",
        wanted_from=SLOT - HOUR,
        wanted_until=SLOT + 4 * DAY,
        created_at=NOON,
        matches=tuple(match(one) for one in providers),
        at=at,
    )


def offered(*providers: str, terms: AssignmentTerms = TERMS) -> tuple[RequestEvent, ...]:
    """A request that was broadcast to these."""
    first = created(terms)
    return (first, *recorded(broadcast(*providers), first))


def due(at: datetime) -> BroadcastDue:
    return BroadcastDue(
        request_id="R1",
        organisation_id="agora",
        service_code="windows",
        place=HERE,
        commune_code="59350",
        wanted_from=SLOT - HOUR,
        wanted_until=SLOT + 4 * DAY,
        created_at=NOON,
        due_at=at,
    )


def propose(
    provider: str = "eclat",
    price: Money = PRICE,
    vat: int = 2_000,
    slots: tuple[datetime, ...] = (SLOT,),
    valid_until: datetime = SLOT,
    at: datetime = LATER,
) -> Propose:
    return Propose(
        provider_id=provider,
        barred=False,
        price=price,
        unit=None,
        vat_basis_points=vat,
        commission_vat_basis_points=2_000,
        slots=slots,
        scope="Six windows",
        valid_until=valid_until,
        by=f"{provider}-manager",
        at=at,
    )


def proposed(
    provider: str = "eclat",
    price: Money = PRICE,
    at: datetime = LATER,
    send_at: datetime | None = None,
) -> ProposalMade:
    return ProposalMade(
        request_id="R1",
        organisation_id="agora",
        provider_id=provider,
        price=price,
        unit=None,
        vat_basis_points=2_000,
        commission_basis_points=1_250,
        fees=fees(price, 2_000, 1_250, 2_000),
        slots=(SLOT,),
        scope="Six windows",
        valid_until=SLOT,
        proposed_by=f"{provider}-manager",
        send_at=send_at,
        made_at=at,
    )


def sent(
    *providers: str, at: datetime = LATER, cause: SendingCause = SendingCause.NUMBER_REACHED
) -> RequestEvent:
    return ProposalsSent(
        request_id="R1",
        organisation_id="agora",
        provider_ids=providers,
        sent_proposals=len(providers),
        cause=cause,
        customer_email="awa@example.org",
        customer_link="https://portal.example.org/dispatch/page/R1",
        language="fr",
        sent_at=at,
    )


def choose(
    provider: str = "eclat",
    price: Money = PRICE,
    slot: datetime = SLOT,
    by: Participant = Participant.CUSTOMER,
    at: datetime = LATER + HOUR,
) -> Choose:
    return Choose(
        provider_id=provider,
        barred=False,
        price=price,
        unit=None,
        arrives_from=slot,
        job_id="J1",
        by=by,
        at=at,
    )


ANSWERED = (
    *offered("eclat", "vitrex", "clair"),
    proposed("eclat"),
    proposed("vitrex"),
    proposed("clair"),
    sent("eclat", "vitrex", "clair"),
)
"""Three were offered the request and answered it, and the customer was sent their proposals."""


def chosen(provider: str = "eclat") -> ProviderChosen:
    [event, *_] = recorded(choose(provider), *ANSWERED)
    assert isinstance(event, ProviderChosen)
    return event


def replaced(
    at: datetime = NOON + 2 * DAY, arrives_from: datetime = SLOT, barred: tuple[str, ...] = ()
) -> Replace:
    return Replace(
        request_id="R1",
        organisation_id="agora",
        job_id="J1",
        provider_id="eclat",
        service_code="windows",
        arrives_from=arrives_from,
        barred=frozenset(barred),
        at=at,
    )


def delay_ends(at: datetime) -> SendProposals:
    return SendProposals(at=at)


# --- Jobs -------------------------------------------------------------------


def plan(unit: str | None = None, contract: str | None = None) -> PlanJob:
    return PlanJob(
        job_id="J1",
        organisation_id="agora",
        request_id="R1",
        contract_id=contract,
        visit=None,
        provider_id="eclat",
        manager_id="eclat-manager",
        service_code="windows",
        price=PRICE,
        unit=unit,
        vat_basis_points=2_000,
        commission_basis_points=1_250,
        arrives_from=SLOT,
        time_zone="Europe/Paris",
        locality="Lille",
        customer_name="Awa Diop",
        customer_email="awa@example.org",
        customer_phone=None,
        address="12 rue des Tanneurs",
        customer_link="https://portal.example.org/dispatch/page/R1",
        language="fr",
        at=NOON,
    )


def planned(unit: str | None = None, contract: str | None = None) -> JobPlanned:
    return JobPlanned(
        job_id="J1",
        organisation_id="agora",
        request_id="R1",
        contract_id=contract,
        visit=None,
        provider_id="eclat",
        manager_id="eclat-manager",
        service_code="windows",
        price=PRICE,
        unit=unit,
        vat_basis_points=2_000,
        commission_basis_points=1_250,
        arrives_from=SLOT,
        arrives_until=SLOT + 2 * HOUR,
        time_zone="Europe/Paris",
        locality="Lille",
        customer_name="Awa Diop",
        customer_email="awa@example.org",
        customer_phone=None,
        address="12 rue des Tanneurs",
        customer_link="https://portal.example.org/dispatch/page/R1",
        language="fr",
        planned_at=NOON,
    )


def finish(units: int | None = None, at: datetime = SLOT + HOUR) -> FinishJob:
    return FinishJob(
        report="All clean",
        file_ids=("f-1",),
        units_hundredths=units,
        commission_vat_basis_points=2_000,
        at=at,
    )


def done(at: datetime = SLOT + HOUR) -> JobDone:
    return JobDone(
        job_id="J1",
        organisation_id="agora",
        request_id="R1",
        provider_id="eclat",
        report="All clean",
        file_ids=("f-1",),
        amount=PRICE,
        units_hundredths=None,
        commission=Money(1_500, "EUR"),
        reviews_at=at + 7 * DAY,
        customer_email="awa@example.org",
        customer_link="https://portal.example.org/dispatch/page/R1",
        language="fr",
        done_at=at,
        commission_vat=Money(300, "EUR"),
        vat=Money(2_400, "EUR"),
        commission_vat_basis_points=2_000,
    )


def cancel(by: Side = Side.PROVIDER, replace: bool = False, at: datetime = LATER) -> CancelJob:
    return CancelJob(cause=CancellationCause.ILLNESS, by=by, replace=replace, at=at)


def cancelled(by: Side = Side.PROVIDER, replaced: bool = True) -> JobCancelled:
    return JobCancelled(
        job_id="J1",
        organisation_id="agora",
        request_id="R1",
        contract_id=None,
        provider_id="eclat",
        manager_id="eclat-manager",
        service_code="windows",
        locality="Lille",
        cause=CancellationCause.ILLNESS,
        cancelled_by=by,
        replaced=replaced,
        arrives_from=SLOT,
        customer_email="awa@example.org",
        customer_link="https://portal.example.org/dispatch/page/R1",
        language="fr",
        cancelled_at=LATER,
    )


# --- Contracts --------------------------------------------------------------


def agree(
    rule: str = "FREQ=WEEKLY;BYDAY=TU",
    first: date = date(2030, 6, 4),
    minute: int = 540,
    at: datetime = NOON,
) -> AgreeContract:
    return AgreeContract(
        contract_id="SC1",
        organisation_id="agora",
        request_id="R1",
        barred=False,
        provider_id="eclat",
        manager_id="eclat-manager",
        service_code="windows",
        price=PRICE,
        currency="EUR",
        unit=None,
        vat_basis_points=2_000,
        commission_basis_points=1_250,
        rule=rule,
        first_day=first,
        minute=minute,
        time_zone="Europe/Paris",
        locality="Lille",
        customer_name="Awa Diop",
        customer_email="awa@example.org",
        customer_phone=None,
        address="12 rue des Tanneurs",
        customer_link="https://portal.example.org/dispatch/page/R1",
        language="fr",
        by="sophie",
        at=at,
    )


def reassign(
    first_day: date, provider: str = "vitrex", barred: bool = False, at: datetime = NOON
) -> ReassignContract:
    return ReassignContract(
        provider_id=provider,
        barred=barred,
        manager_id=f"{provider}-manager",
        commission_basis_points=1_500,
        first_day=first_day,
        by="sophie",
        at=at,
    )

"""Valid events with sensible defaults; a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta

from contracts.common_v1 import Money, Point, Rule
from contracts.dispatch import job_v1 as job
from contracts.dispatch import request_v1 as request
from contracts.marketplace import marketplace_v1 as marketplace
from contracts.marketplace import provider_v1 as provider
from contracts.marketplace import relation_v1 as relation

NOON = datetime(2030, 5, 6, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SLOT = datetime(2030, 5, 20, 7, 0, tzinfo=UTC)
PAGE = "https://portal.example.org/dispatch/page/R1"
PRICE = Money(12_000, "EUR")
FEES = request.Fees(
    excluding_vat=PRICE,
    vat=Money(2_400, "EUR"),
    including_vat=Money(14_400, "EUR"),
    commission=Money(1_500, "EUR"),
    net=Money(10_500, "EUR"),
    commission_vat=Money(300, "EUR"),
    payout=Money(12_600, "EUR"),
)
ECLAT, VITREX = "eclat", "vitrex"

# --- Who is there -----------------------------------------------------------


def activated(id: str = "agora", name: str = "Agora") -> marketplace.MarketplaceActivated:
    return marketplace.MarketplaceActivated(
        marketplace_id=id,
        marketplace_name=name,
        time_zone="Europe/Paris",
        currency="EUR",
        language="fr",
        activated_by="sophie",
        activated_at=NOON,
    )


def in_catalogue() -> marketplace.ServiceListed:
    return marketplace.ServiceListed(
        marketplace_id="agora",
        service_code="windows",
        names=(marketplace.ServiceName(language="fr", text="Vitres"),),
        unit=marketplace.ServiceUnit.SQUARE_METRE,
        listed_by="sophie",
        listed_at=NOON,
    )


def connected(
    id: str = ECLAT, name: str = "Éclat Net", at: str = "agora"
) -> relation.RelationConnected:
    return relation.RelationConnected(
        relation_id=f"{at}-{id}",
        marketplace_id=at,
        provider_id=id,
        provider_name=name,
        marketplace_name=at.capitalize(),
        invitation_id=f"i-{id}",
        terms_version=None,
        connected_by=f"{id}-manager",
        connected_at=NOON,
        internal_documents=(),
    )


def ended(id: str = ECLAT) -> relation.RelationDeleted:
    return relation.RelationDeleted(
        relation_id=f"agora-{id}",
        marketplace_id="agora",
        provider_id=id,
        marketplace_name="Agora",
        told_id=f"{id}-manager",
        deleted_at=NOON,
    )


def consented(given: bool, id: str = ECLAT) -> provider.MarketingConsentChanged:
    return provider.MarketingConsentChanged(
        provider_id=id, given=given, changed_by=f"{id}-manager", changed_at=NOON
    )


def provider_forgotten(id: str = ECLAT) -> provider.SubjectForgotten:
    return provider.SubjectForgotten(provider_id=id, forgotten_at=NOON)


# --- Services ---------------------------------------------------------------


def proposed_service(
    code: str = "windows", id: str = ECLAT, at: datetime = NOON
) -> relation.ServiceProposed:
    return relation.ServiceProposed(
        relation_id=f"agora-{id}",
        marketplace_id="agora",
        provider_id=id,
        service_code=code,
        proposed_by=f"{id}-manager",
        proposed_at=at,
    )


def accepted_service() -> relation.ServiceAccepted:
    return relation.ServiceAccepted(
        relation_id="agora-eclat",
        marketplace_id="agora",
        provider_id=ECLAT,
        service_code="windows",
        accepted_by="sophie",
        accepted_at=NOON + HOUR,
        marketplace_name="Agora",
        told_id="eclat-manager",
    )


def rejected_service() -> relation.ServiceRejected:
    return relation.ServiceRejected(
        relation_id="agora-eclat",
        marketplace_id="agora",
        provider_id=ECLAT,
        service_code="windows",
        explanation="No insurance for heights",
        rejected_by="sophie",
        rejected_at=NOON + HOUR,
        marketplace_name="Agora",
        told_id="eclat-manager",
    )


def deactivated_service() -> relation.ServiceDeactivated:
    return relation.ServiceDeactivated(
        relation_id="agora-eclat",
        marketplace_id="agora",
        provider_id=ECLAT,
        service_code="windows",
        deactivated_by="sophie",
        deactivated_at=NOON + 2 * HOUR,
        marketplace_name="Agora",
        told_id="eclat-manager",
    )


def withdrawn_service() -> relation.ServiceWithdrawn:
    return relation.ServiceWithdrawn(
        relation_id="agora-eclat",
        marketplace_id="agora",
        provider_id=ECLAT,
        service_code="windows",
        withdrawn_by="eclat-manager",
        withdrawn_at=NOON + 2 * HOUR,
    )


# --- Requests ---------------------------------------------------------------


def created(id: str = "R1", at: datetime = NOON, org: str = "agora") -> request.RequestCreated:
    return request.RequestCreated(
        request_id=id,
        organisation_id=org,
        service_code="windows",
        customer_name="Awa Diop",
        customer_email="awa@example.org",
        customer_phone=None,
        language="fr",
        address="12 rue des Tanneurs",
        place=Point(latitude=50.6366, longitude=3.0635),
        locality="Lille",
        postal_code="59000",
        commune_code="59350",
        details=None,
        wanted_from=SLOT - HOUR,
        wanted_until=SLOT + DAY,
        terms=request.AssignmentTerms(
            broadcast=True, required_proposals=3, send_after_days=3, again_after_days=2
        ),
        time_zone="Europe/Paris",
        currency="EUR",
        customer_link=PAGE,
        manager_id="sophie",
        created_by=request.Participant.CUSTOMER,
        created_at=at,
    )


def assigned(offered: int = 2) -> request.RequestAssigned:
    return request.RequestAssigned(
        request_id="R1",
        organisation_id="agora",
        round=1,
        way=request.OfferWay.BROADCAST,
        matched_providers=offered,
        offered_providers=offered,
        passed_over=(),
        answer_by=NOON + DAY,
        send_at=NOON + 3 * DAY,
        again_at=None,
        rule=Rule(id="broadcast", version=1, inputs=()),
        assigned_at=NOON,
    )


def offered(
    id: str = ECLAT,
    rank: int = 1,
    way: request.OfferWay = request.OfferWay.BROADCAST,
    at: datetime = NOON,
) -> request.RequestOffered:
    return request.RequestOffered(
        request_id="R1",
        organisation_id="agora",
        provider_id=id,
        manager_id=f"{id}-manager",
        round=1,
        way=way,
        rank=rank,
        last_offered_at=None,
        criteria=(
            request.CriterionResult(criterion=request.Criterion.ZONE, met=True, fact="inside"),
        ),
        service_code="windows",
        locality="Lille",
        answer_by=NOON + DAY,
        commission_basis_points=1_250,
        commission_since=date(2030, 1, 1),
        offered_at=at,
    )


def proposed(id: str = ECLAT) -> request.ProposalMade:
    return request.ProposalMade(
        request_id="R1",
        organisation_id="agora",
        provider_id=id,
        price=PRICE,
        unit=None,
        vat_basis_points=2_000,
        commission_basis_points=1_250,
        fees=FEES,
        slots=(SLOT,),
        scope="Six windows",
        valid_until=SLOT,
        proposed_by=f"{id}-manager",
        send_at=None,
        made_at=NOON + HOUR,
    )


def declined(id: str = ECLAT) -> request.OfferDeclined:
    return request.OfferDeclined(
        request_id="R1",
        organisation_id="agora",
        provider_id=id,
        declined_by=f"{id}-manager",
        declined_at=NOON + HOUR,
    )


def sent(*ids: str) -> request.ProposalsSent:
    return request.ProposalsSent(
        request_id="R1",
        organisation_id="agora",
        provider_ids=ids,
        sent_proposals=len(ids),
        cause=request.SendingCause.NUMBER_REACHED,
        customer_email="awa@example.org",
        customer_link=PAGE,
        language="fr",
        sent_at=NOON + HOUR,
    )


def unanswered() -> request.RequestUnanswered:
    return request.RequestUnanswered(
        request_id="R1",
        organisation_id="agora",
        manager_id="sophie",
        service_code="windows",
        locality="Lille",
        noted_at=NOON + 3 * DAY,
    )


def chosen(id: str = ECLAT) -> request.ProviderChosen:
    return request.ProviderChosen(
        request_id="R1",
        organisation_id="agora",
        provider_id=id,
        manager_id=f"{id}-manager",
        job_id="J1",
        service_code="windows",
        price=PRICE,
        unit=None,
        vat_basis_points=2_000,
        commission_basis_points=1_250,
        arrives_from=SLOT,
        time_zone="Europe/Paris",
        locality="Lille",
        customer_name="Awa Diop",
        customer_email="awa@example.org",
        customer_phone=None,
        address="12 rue des Tanneurs",
        customer_link=PAGE,
        language="fr",
        chosen_by=request.Participant.CUSTOMER,
        chosen_at=NOON + 2 * HOUR,
    )


def offer_ended(
    id: str = VITREX, cause: request.OfferEnd = request.OfferEnd.ANOTHER_CHOSEN
) -> request.OfferEnded:
    return request.OfferEnded(
        request_id="R1",
        organisation_id="agora",
        provider_id=id,
        manager_id=f"{id}-manager",
        service_code="windows",
        locality="Lille",
        cause=cause,
        ended_at=NOON + 2 * HOUR,
    )


def request_cancelled() -> request.RequestCancelled:
    return request.RequestCancelled(
        request_id="R1",
        organisation_id="agora",
        cancelled_by=request.Participant.CUSTOMER,
        cancelled_at=NOON + HOUR,
    )


def replaced(id: str = ECLAT) -> request.ReplacementBegun:
    return request.ReplacementBegun(
        request_id="R1",
        organisation_id="agora",
        job_id="J1",
        provider_id=id,
        runners_up_until=None,
        customer_email="awa@example.org",
        customer_link=PAGE,
        language="fr",
        begun_at=NOON + DAY,
    )


def customer_forgotten() -> request.SubjectForgotten:
    return request.SubjectForgotten(
        request_id="R1", organisation_id="agora", forgotten_at=NOON + DAY, file_ids=()
    )


# --- Jobs -------------------------------------------------------------------


def planned(
    id: str = "J1", provider_id: str = ECLAT, arrives_from: datetime = SLOT
) -> job.JobPlanned:
    return job.JobPlanned(
        job_id=id,
        organisation_id="agora",
        request_id="R1",
        contract_id=None,
        visit=None,
        provider_id=provider_id,
        manager_id=f"{provider_id}-manager",
        service_code="windows",
        price=PRICE,
        unit=None,
        vat_basis_points=2_000,
        commission_basis_points=1_250,
        arrives_from=arrives_from,
        arrives_until=arrives_from + 2 * HOUR,
        time_zone="Europe/Paris",
        locality="Lille",
        customer_name="Awa Diop",
        customer_email="awa@example.org",
        customer_phone="+33612345678",
        address="12 rue des Tanneurs",
        customer_link=PAGE,
        language="fr",
        planned_at=NOON + 2 * HOUR,
    )


def moved() -> job.ArrivalMoved:
    return job.ArrivalMoved(
        job_id="J1",
        organisation_id="agora",
        request_id="R1",
        provider_id=ECLAT,
        arrives_from=SLOT + HOUR,
        arrives_until=SLOT + 3 * HOUR,
        arrives_from_clock="10:00",
        moved_by=job.Participant.OPERATOR,
        customer_email="awa@example.org",
        customer_link=PAGE,
        language="fr",
        moved_at=NOON + DAY,
    )


def left() -> job.OnTheWay:
    return job.OnTheWay(
        job_id="J1",
        organisation_id="agora",
        request_id="R1",
        provider_id=ECLAT,
        arrival_expected_at=SLOT + HOUR,
        arrival_expected_clock="10:00",
        customer_email="awa@example.org",
        customer_link=PAGE,
        language="fr",
        left_at=SLOT,
    )


def done() -> job.JobDone:
    return job.JobDone(
        job_id="J1",
        organisation_id="agora",
        request_id="R1",
        provider_id=ECLAT,
        report="Clean",
        file_ids=(),
        amount=PRICE,
        units_hundredths=None,
        commission=FEES.commission,
        commission_vat=FEES.commission_vat,
        vat=FEES.vat,
        reviews_at=SLOT + 7 * DAY,
        customer_email="awa@example.org",
        customer_link=PAGE,
        language="fr",
        done_at=SLOT + 2 * HOUR,
        commission_vat_basis_points=2_000,
    )


def job_cancelled() -> job.JobCancelled:
    return job.JobCancelled(
        job_id="J1",
        organisation_id="agora",
        request_id="R1",
        contract_id=None,
        provider_id=ECLAT,
        manager_id="eclat-manager",
        service_code="windows",
        locality="Lille",
        cause=job.CancellationCause.ILLNESS,
        cancelled_by=job.Participant.PROVIDER,
        replaced=True,
        arrives_from=SLOT,
        customer_email=None,
        customer_link=None,
        language="fr",
        cancelled_at=NOON + DAY,
    )


def reviewed() -> job.ReviewsPublished:
    return job.ReviewsPublished(
        job_id="J1",
        organisation_id="agora",
        request_id="R1",
        provider_id=ECLAT,
        provider_mark=5,
        customer_mark=4,
        published_at=SLOT + 3 * HOUR,
    )

"""Valid messages with sensible defaults; a test names only what it is about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from contracts.common_v1 import Zone
from contracts.marketplace.invitation_v1 import InvitationSent
from contracts.marketplace.marketplace_v1 import (
    DocumentKind,
    MarketplaceActivated,
    RequestedDocument,
    ServiceListed,
    ServiceName,
    ServiceUnit,
)
from contracts.marketplace.provider_v1 import ShownDocument, TimeRule
from contracts.marketplace.relation_v1 import (
    ApplicationAccepted,
    ApplicationSubmitted,
    AppliedDocument,
    EndAnnounced,
    JobSettlement,
    ReasonCode,
    RelationConnected,
    RelationEnd,
    RelationSuspended,
    ServiceAccepted,
    ServiceProposed,
)
from services.marketplace import invitation, marketplace, relation
from services.marketplace.relation import applying, ending, offers

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=40)
TODAY = date(2030, 5, 1)
DAY = timedelta(days=1)
VIGILANCE = RequestedDocument(kind=DocumentKind.VIGILANCE, most_months=6, of_this_year=None)
SQUARE = Zone(
    geojson='{"type":"Polygon","coordinates":[[[4.7,45.7],[4.9,45.7],[4.9,45.8],[4.7,45.8],[4.7,45.7]]]}',
    communes=(),
)
WHY = "Three jobs were cancelled in April."


# --- A marketplace ----------------------------------------------------------


def activate(**changed: Any) -> marketplace.Activate:
    command = marketplace.Activate(
        marketplace_id="quartier",
        marketplace_name="Quartier Net",
        time_zone="Europe/Paris",
        currency="EUR",
        language="fr",
        by="olga",
        at=NOON,
    )
    return replace(command, **changed)


def activated() -> MarketplaceActivated:
    return MarketplaceActivated(
        marketplace_id="quartier",
        marketplace_name="Quartier Net",
        time_zone="Europe/Paris",
        currency="EUR",
        language="fr",
        activated_by="olga",
        activated_at=NOON,
    )


def listed(code: str = "windows") -> ServiceListed:
    return ServiceListed(
        marketplace_id="quartier",
        service_code=code,
        names=(ServiceName(language="fr", text="Vitres"),),
        unit=ServiceUnit.HOUR,
        listed_by="olga",
        listed_at=NOON,
    )


# --- An invitation ----------------------------------------------------------


def send(at: datetime = NOON, mark: str = "mark-1", **changed: Any) -> invitation.Send:
    command = invitation.Send(
        invitation_id="i-1",
        marketplace_id="quartier",
        marketplace_name="Quartier Net",
        email="paul@atelier.example",
        language="fr",
        link=f"https://portal.example/join?invitation=i-1.{mark}",
        token_mark=mark,
        again=False,
        is_related=False,
        by="olga",
        at=at,
    )
    return replace(command, **changed)


def sent(at: datetime = NOON, mark: str = "mark-1") -> InvitationSent:
    return InvitationSent(
        invitation_id="i-1",
        marketplace_id="quartier",
        marketplace_name="Quartier Net",
        email="paul@atelier.example",
        language="fr",
        link=f"https://portal.example/join?invitation=i-1.{mark}",
        token_mark=mark,
        expires_at=at + 30 * DAY,
        sent_by="olga",
        sent_at=at,
    )


def use(at: datetime = LATER, mark: str = "mark-1", provider: str = "atelier") -> invitation.Accept:
    return invitation.Accept(
        token_mark=mark,
        provider_id=provider,
        provider_name="Atelier Vert",
        relation_id="r-1",
        terms_version=2,
        internal_documents=(),
        by="paul",
        at=at,
    )


# --- A provider -------------------------------------------------------------


def rule(text: str | None = "FREQ=WEEKLY;BYDAY=MO", starts: str = "2030-05-06T09:00") -> TimeRule:
    return TimeRule(
        starts=starts, minutes=480, time_zone="Europe/Paris", rule=text, left_out=(), added=()
    )


def paper(
    kind: str = "vigilance",
    file: str = "f-1",
    issued_on: date = date(2030, 4, 15),
    expires_on: date | None = None,
) -> ShownDocument:
    return ShownDocument(
        kind=kind,
        paper_id=f"atelier:{kind}",
        file_id=file,
        issued_on=issued_on,
        expires_on=expires_on,
    )


# --- A relation -------------------------------------------------------------


def connect(
    invitation_id: str = "i-1", at: datetime = NOON, invited_at: datetime = NOON
) -> relation.Connect:
    return relation.Connect(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        provider_name="Atelier Vert",
        marketplace_name="Quartier Net",
        invitation_id=invitation_id,
        invited_at=invited_at,
        terms_version=2,
        by="paul",
        at=at,
    )


def connected(invitation_id: str = "i-1") -> RelationConnected:
    return RelationConnected(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        provider_name="Atelier Vert",
        marketplace_name="Quartier Net",
        invitation_id=invitation_id,
        terms_version=2,
        connected_by="paul",
        connected_at=NOON,
        internal_documents=(),
    )


def apply(*shown: ShownDocument, **changed: Any) -> applying.Apply:
    command = applying.Apply(
        requested=(VIGILANCE,),
        shown=shown or (paper(),),
        terms_version=2,
        terms_now=2,
        today=TODAY,
        told_id="olga",
        by="paul",
        at=NOON,
    )
    return replace(command, **changed)


def applied(file: str = "f-1", issued_on: date = date(2030, 4, 15)) -> ApplicationSubmitted:
    document = AppliedDocument(
        kind="vigilance",
        paper_id="atelier:vigilance",
        file_id=file,
        issued_on=issued_on,
        expires_on=None,
    )
    return ApplicationSubmitted(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        documents=(document,),
        terms_version=2,
        applied_by="paul",
        applied_at=NOON,
        provider_name="Atelier Vert",
        told_id="olga",
    )


def accepted() -> ApplicationAccepted:
    return ApplicationAccepted(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        marketplace_name="Quartier Net",
        told_id="paul",
        accepted_by="olga",
        accepted_at=NOON,
    )


def suspended() -> RelationSuspended:
    return RelationSuspended(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        marketplace_name="Quartier Net",
        told_id="paul",
        reason=ReasonCode.QUALITY_OF_WORK,
        explanation=WHY,
        suspended_by="olga",
        suspended_at=NOON,
    )


AT_WORK = (connected(), applied(), accepted())


def announce(end: RelationEnd = RelationEnd.DEACTIVATED, **changed: Any) -> ending.AnnounceEnd:
    command = ending.AnnounceEnd(
        end=end,
        reason=ReasonCode.NO_DEMAND,
        explanation=WHY,
        jobs=(),
        open_jobs=(),
        contracts=(),
        open_contracts=(),
        notice_days=30,
        time_zone="Europe/Paris",
        by="olga",
        at=NOON,
    )
    return replace(command, **changed)


def announced(
    end: RelationEnd = RelationEnd.DEACTIVATED,
    jobs: tuple[JobSettlement, ...] = (),
    reason: ReasonCode = ReasonCode.NO_DEMAND,
    last_day: date = date(2030, 5, 31),
    effective_at: datetime = datetime(2030, 5, 31, 22, tzinfo=UTC),
    contracts: tuple[str, ...] = (),
) -> EndAnnounced:
    return EndAnnounced(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        marketplace_name="Quartier Net",
        told_id="paul",
        end=end,
        reason=reason,
        explanation=WHY,
        jobs=jobs,
        last_day=last_day,
        effective_at=effective_at,
        announced_by="olga",
        announced_at=NOON,
        contracts=contracts,
    )


def proposed(code: str = "windows") -> ServiceProposed:
    return ServiceProposed(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        service_code=code,
        proposed_by="paul",
        proposed_at=NOON,
    )


def service_accepted(code: str = "windows") -> ServiceAccepted:
    return ServiceAccepted(
        relation_id="r-1",
        marketplace_id="quartier",
        provider_id="atelier",
        service_code=code,
        accepted_by="olga",
        accepted_at=NOON,
        marketplace_name="Quartier Net",
        told_id="paul",
    )


def propose(code: str = "windows") -> offers.ProposeService:
    return offers.ProposeService(service_code=code, by="paul", at=NOON)

"""The signed service agreement, without which nobody drives."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from contracts.accounts.user_v1 import AgreementSigned, UserEvent
from services.accounts import terms


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAgreement:
    """`file_id` names the scanned agreement, where there is one."""

    user_id: str
    organisation_id: str
    file_id: str | None
    signed_on: date
    today: date
    at: datetime


def record(
    command: RecordAgreement, known: AgreementSigned | None
) -> list[UserEvent] | terms.BadDay:
    if bad := terms.bad_issue("signed_on", command.signed_on, command.today):
        return bad
    signed = AgreementSigned(
        user_id=command.user_id,
        organisation_id=command.organisation_id,
        file_id=command.file_id,
        signed_on=command.signed_on,
        recorded_at=command.at,
    )
    same = known is not None and replace(known, recorded_at=command.at) == signed
    return [] if same else [signed]

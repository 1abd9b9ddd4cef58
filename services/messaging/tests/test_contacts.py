"""Events that say where somebody without an account is reached."""

from dataclasses import replace

from contracts.interventions.case_v1 import CustomerInvited, InvitationKind, SendingChannel
from contracts.runtime import REDACTED
from services.messaging.adapters.notices import FILE, folders, read
from services.messaging.preferences import Meet
from services.messaging.reactions.contacts import Contact, react
from services.messaging.tests.make import NOON

ENTRY = Contact(
    person="case_id",
    organisation="organisation_id",
    email="email",
    phone="phone",
    name="recipient_name",
    language="language",
    at="invited_at",
)


def invited(phone: str | None = "+33612345678") -> CustomerInvited:
    return CustomerInvited(
        case_id="J1",
        organisation_id="lumen",
        dealership_id="GLILLE",
        invitation_id="i-1",
        recipient_id="customer",
        version=1,
        kind=InvitationKind.PROPOSAL,
        channel=SendingChannel.SMS,
        recipient_name="Claire Moreau",
        email=None,
        phone=phone,
        language="fr",
        link="https://example.org/1",
        dealership_called="Lumen Lille",
        sender_id="lea",
        invited_at=NOON,
    )


def test_somebody_may_be_known_by_a_phone_alone() -> None:
    assert react({CustomerInvited: ENTRY}, invited()) == [
        Meet(
            user_id="J1",
            organisation_id="lumen",
            email=None,
            name="Claire Moreau",
            language="fr",
            phone="+33612345678",
            at=NOON,
        )
    ]


def test_who_was_forgotten_is_met_by_nobody() -> None:
    assert react({CustomerInvited: ENTRY}, invited(phone=REDACTED)) == []


def test_only_events_whose_fields_are_so_make_somebody_known() -> None:
    by_mail = replace(ENTRY, when={"channel": ("email",)})
    assert react({CustomerInvited: by_mail}, invited()) == []
    by_phone = replace(ENTRY, when={"channel": ("sms",)})
    assert len(react({CustomerInvited: by_phone}, invited())) == 1


def test_who_is_met_by_any_service_is_forgotten_by_one() -> None:
    met, forgotten = set[str](), set[str]()
    for file in (folder / FILE for folder in folders().values()):
        declared = read(file.read_text(encoding="utf-8") if file.is_file() else "notices: {}")
        met |= {one.person for one in declared.contacts.values()}
        forgotten |= {one.person for one in declared.forgotten.values()}
    assert met == forgotten

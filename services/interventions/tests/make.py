"""Valid messages with sensible defaults; a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta
from functools import reduce

from contracts.common_v1 import Money
from contracts.interventions.case_v1 import (
    Amounts,
    AnswerOrigin,
    CaseCreated,
    CaseEvent,
    InternalMessageKind,
    MediaKind,
    Module,
    Price,
    PriceMode,
    SendingChannel,
    Shape,
    Title,
    WorkLevel,
)
from infra.testing.spec import Spec
from services.interventions import case
from services.interventions.case import answering, content, media, recipients, sending, works
from services.interventions.case.answering import Holder
from services.interventions.case.dossier import CUSTOMER

NOON = datetime(2030, 5, 6, 10, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=40)
ID = "JAAAABBBBCCCCDDDD"
CONTACT = "HAAAABBBBCCCCDDDD"
GROUP = "lumen"
LILLE = "GLILLE"
LINK = "customer.1"
HOLDER = Holder(link_id=LINK, ip_address="203.0.113.9", device="phone")
CASE = Spec(case.decide, case.evolve, case.initial)


def eur(amount: int) -> Money:
    return Money(amount, "EUR")


def price(amount: int = 12_000, mode: PriceMode = PriceMode.INCLUDING_VAT) -> Price:
    return Price(
        amount=eur(amount),
        mode=mode,
        vat_basis_points=2_000,
        discount=None,
        discount_basis_points=None,
    )


PRICE = price()


def amounts(excluding: int, including: int) -> Amounts:
    return Amounts(
        excluding_vat=eur(excluding), vat=eur(including - excluding), including_vat=eur(including)
    )


def create(
    module: Module = Module.MECHANICAL, copied: case.Copied | None = None, id: str = ID
) -> case.CreateCase:
    return case.CreateCase(
        case_id=id,
        organisation_id=GROUP,
        dealership_id=LILLE,
        brand="peugeot",
        module=module,
        reference="OR-48213",
        author_id="karim",
        currency="EUR",
        vat_basis_points=2_000,
        time_zone="Europe/Paris",
        language="fr",
        copied=copied,
        by="tablet-3",
        at=NOON,
    )


def created(module: Module = Module.MECHANICAL, copied_from: str | None = None) -> CaseCreated:
    return CaseCreated(
        case_id=ID,
        organisation_id=GROUP,
        dealership_id=LILLE,
        brand="peugeot",
        module=module,
        reference="OR-48213",
        contact_id=CONTACT,
        author_id="karim",
        created_by="tablet-3",
        currency="EUR",
        vat_basis_points=2_000,
        time_zone="Europe/Paris",
        language="fr",
        duplicated_from=copied_from,
        created_at=NOON,
    )


def name_customer(
    title: Title | None = Title.MADAM,
    last_name: str | None = "Moreau",
    email: str | None = "claire@example.org",
    phone: str | None = "+33612345678",
    saved: bool = True,
    at: datetime = NOON,
) -> content.NameCustomer:
    return content.NameCustomer(
        organisation_id=GROUP,
        customer_id=None,
        title=title,
        last_name=last_name,
        first_name="Claire",
        email=email,
        phone=phone,
        language="fr",
        saved=saved,
        by="lea",
        at=at,
    )


def list_work(
    id: str = "pads",
    level: WorkLevel = WorkLevel.URGENT,
    priced: Price | None = PRICE,
    at: datetime = NOON,
    label: str | None = None,
    organisation: str = GROUP,
    due_on: date | None = None,
    due_mileage_km: int | None = None,
    carried_out: bool = False,
) -> works.ListWork:
    return works.ListWork(
        organisation_id=organisation,
        work_id=id,
        label=label or id.title(),
        level=level,
        price=priced,
        carried_out=carried_out,
        ordinal=0,
        checklist_item_id=None,
        due_on=due_on,
        due_mileage_km=due_mileage_km,
        by="lea",
        at=at,
    )


def place(
    id: str = "m-1",
    kind: MediaKind = MediaKind.PHOTO,
    seconds: float | None = None,
    private: bool = False,
    shapes: tuple[Shape, ...] = (),
    at: datetime = NOON,
) -> media.PlaceMedia:
    return media.PlaceMedia(
        organisation_id=GROUP,
        media_id=id,
        file_id=f"file-{id}",
        kind=kind,
        length_milliseconds=None if seconds is None else round(seconds * 1000),
        private=private,
        work_id=None,
        ordinal=0,
        shapes=shapes,
        limits=media.Limits(),
        by="lea",
        at=at,
    )


def leave_internal(
    kind: InternalMessageKind, message: str | None = None, media_id: str | None = None
) -> content.LeaveInternalMessage:
    return content.LeaveInternalMessage(
        organisation_id=GROUP,
        kind=kind,
        message=message,
        media_id=media_id,
        contact_me=False,
        by="lea",
        at=NOON,
    )


def ask_answer(at: datetime) -> content.AskAnswer:
    return content.AskAnswer(
        organisation_id=GROUP,
        answer_by=at,
        returned_by=None,
        customer_waits=False,
        by="lea",
        at=NOON,
    )


def terms(
    code_above: int | None = None, blocked: frozenset[SendingChannel] = frozenset()
) -> sending.Terms:
    return sending.Terms(
        dealership="Lumen Lille",
        link_days=None,
        code_above=None if code_above is None else eur(code_above),
        blocked=blocked,
        links={
            f"{one}.{n}": f"https://example.org/{one}.{n}"
            for one in (CUSTOMER, "lease")
            for n in (1, 2, 3)
        },
    )


def send(
    *channels: SendingChannel,
    works: int = 1,
    proposed: int = 12_000,
    confirm: bool = False,
    how: sending.Terms | None = None,
    id: str = "first",
    at: datetime = NOON,
) -> sending.SendCase:
    return sending.SendCase(
        organisation_id=GROUP,
        sending_id=id,
        channels=channels or (SendingChannel.EMAIL,),
        seen=sending.Seen(works=works, media=0, proposed=eur(proposed)),
        confirm_unpriced=confirm,
        direct=False,
        terms=how or terms(),
        by="lea",
        at=at,
    )


def send_again(version: int = 1, id: str = "second") -> sending.SendAgain:
    return sending.SendAgain(
        organisation_id=GROUP,
        sending_id=id,
        channels=(SendingChannel.SMS,),
        version=version,
        terms=terms(),
        by="lea",
        at=LATER,
    )


def revise(version: int = 1) -> sending.BeginRevision:
    return sending.BeginRevision(organisation_id=GROUP, version=version, by="lea", at=LATER)


def share(recipient: str = CUSTOMER, days: int | None = None) -> recipients.ShareLink:
    return recipients.ShareLink(
        organisation_id=GROUP, recipient_id=recipient, days=days, by="lea", at=NOON
    )


def open_page(holder: Holder = HOLDER, at: datetime = LATER) -> answering.OpenPage:
    return answering.OpenPage(holder=holder, code_above=None, at=at)


def answer(
    *accepted: str,
    risks: tuple[str, ...] = (),
    version: int = 1,
    code: str | None = None,
    holder: Holder = HOLDER,
    at: datetime = LATER,
    attempt: str = "A0",
) -> answering.AnswerCase:
    return answering.AnswerCase(
        holder=holder,
        attempt_id=attempt,
        version=version,
        accepted=accepted,
        risks_acknowledged=risks,
        code=code,
        at=at,
    )


def take_down(*accepted: str, version: int = 1) -> answering.TakeDownAnswer:
    return answering.TakeDownAnswer(
        organisation_id=GROUP,
        version=version,
        accepted=accepted,
        risks_acknowledged=(),
        origin=AnswerOrigin.PHONE,
        by="lea",
        at=LATER,
    )


def reply(text: str = "Is it still there?", version: int = 1) -> answering.ReplyToCase:
    return answering.ReplyToCase(holder=HOLDER, version=version, reply=text, at=LATER)


def request_contact(holder: Holder = HOLDER) -> answering.RequestContact:
    return answering.RequestContact(holder=holder, at=LATER)


def close() -> case.CloseCase:
    return case.CloseCase(organisation_id=GROUP, by="lea", at=LATER)


def delete() -> case.DeleteCase:
    return case.DeleteCase(organisation_id=GROUP, by="maya", at=LATER)


def history(*commands: case.Command) -> tuple[CaseEvent, ...]:
    """The facts that these commands leave; each of them has to be accepted."""
    events: tuple[CaseEvent, ...] = ()
    for command in commands:
        decided = case.decide(command, folded(*events))
        assert isinstance(decided, list), decided
        events += tuple(decided)
    return events


def folded(*events: CaseEvent) -> case.Case:
    return reduce(case.evolve, events, case.initial)


def state(*commands: case.Command) -> case.Case:
    """The case after these commands."""
    return folded(*history(*commands))


PENDING = (create(), name_customer(), list_work())
SENT = (*PENDING, send())
READ = (*SENT, open_page())
ANSWERED = (*READ, answer("pads"))

"""The content of the page of a reminder, in the words of its customer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from contracts.reminders.reminder_v1 import (
    AppointmentCancelled,
    AttachmentKind,
    ContactRequested,
    DueWork,
    ReminderChoice,
    WorkAccepted,
)
from infra.http.customer_pages.houses import House
from infra.http.customer_pages.words import Words
from services.reminders import reminder
from services.reminders.reminder.matter import Matter, total

LinkTo = Callable[[str], str]
CHOICES = {
    ReminderChoice.BOOKED: "booked",
    ReminderChoice.REFUSED_ALL: "refused_all",
    ReminderChoice.TAKEN_DOWN: "taken_down",
}
"""The texts of the page for what was chosen."""
KINDS = {
    AttachmentKind.PHOTO: "photo",
    AttachmentKind.VIDEO: "video",
    AttachmentKind.DOCUMENT: "document",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A work; `accepted` is None while nothing is decided."""

    id: str
    label: str
    level: str
    level_words: str
    price: str | None
    due: str | None
    due_km: str | None
    accepted: bool | None


@dataclass(frozen=True, slots=True)
class Medium:
    """The address of a file, and words for who does not see it."""

    address: str
    words: str


@dataclass(frozen=True, slots=True)
class Time:
    """A time that can be chosen."""

    value: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`shown` names the content, so that a form of another one is not taken."""

    house: House
    shown: str
    works: tuple[Line, ...]
    has_days: bool
    """Works are due by a day, which a calendar can hold."""
    total: str | None
    message: str | None
    answer: str | None
    """The text for the choice that was made."""
    photos: tuple[Medium, ...]
    videos: tuple[Medium, ...]
    documents: tuple[Medium, ...]
    slots: tuple[Time, ...]
    """Those of the workshop; without any, appointments are made by the link."""
    appointment: str | None
    cancelled: bool
    contact_asked: bool
    declined: bool
    chosen: frozenset[str] = frozenset()
    """The works that were chosen in a form that was not taken."""
    error: str | None = None


def show(
    state: reminder.Pending | reminder.Sent | reminder.Read | reminder.Answered,
    house: House,
    words: Words,
    link_to: LinkTo,
    slots: Iterable[datetime],
    chosen: frozenset[str],
    error: str | None,
) -> Page:
    """The page of a reminder as it is now."""
    held = state.matter
    decided = {one.work.work_id: isinstance(one, WorkAccepted) for one in held.decided}
    answered = isinstance(state, reminder.Answered)
    works = tuple(one.work for one in held.decided) if answered else held.open_works
    priced = total(works, held.created.currency)
    answer = CHOICES[state.answered.choice] if isinstance(state, reminder.Answered) else None
    return Page(
        house=house,
        shown=content_of(held),
        works=tuple(line(one, decided.get(one.work_id), words) for one in works),
        has_days=not answered and any(one.due_on for one in works),
        total=words.money(priced) if priced.amount_minor else None,
        message=held.message.message if held.message else None,
        answer=answer,
        photos=media(held, AttachmentKind.PHOTO, words, link_to),
        videos=media(held, AttachmentKind.VIDEO, words, link_to),
        documents=media(held, AttachmentKind.DOCUMENT, words, link_to),
        slots=tuple(Time(one.isoformat(), words.time(one)) for one in slots),
        appointment=words.time(held.appointment.starts_at) if held.appointment else None,
        cancelled=isinstance(held.appointment, AppointmentCancelled),
        contact_asked=isinstance(held.contact, ContactRequested),
        declined=held.declined is not None,
        chosen=chosen,
        error=error,
    )


def line(work: DueWork, accepted: bool | None, words: Words) -> Line:
    km = work.due_mileage_km
    return Line(
        id=work.work_id,
        label=work.label,
        level=work.level.name.lower(),
        level_words=words.label("level", work.level.name.lower()),
        price=words.money(work.price) if work.price else None,
        due=words("due", day=words.day(work.due_on)) if work.due_on else None,
        due_km=words("due_km", count=words.number(km)) if km is not None else None,
        accepted=accepted,
    )


def media(held: Matter, kind: AttachmentKind, words: Words, link_to: LinkTo) -> tuple[Medium, ...]:
    there = held.attachments.attachments if held.attachments else ()
    found = [one for one in there if one.kind is kind]
    count = words.number(len(found))
    return tuple(
        Medium(link_to(one.file_id), words(KINDS[kind], number=words.number(number), count=count))
        for number, one in enumerate(found, 1)
    )


def content_of(held: Matter) -> str:
    """A name of the works that are shown, as they are shown."""
    return sha256(repr(held.open_works).encode()).hexdigest()[:16]

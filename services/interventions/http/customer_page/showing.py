"""The part of a case that a customer is shown: nothing private, nor what is not for them."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from math import hypot

from contracts.common_v1 import Money
from contracts.interventions.case_v1 import (
    Amounts,
    AnswerOrigin,
    CaseAnswered,
    LineAccepted,
    LineRefused,
    LinkScope,
    MeasurementUnit,
    MediaKind,
    MediaPlaced,
    Price,
    Shape,
    ShapeKind,
    VersionFixed,
    Work,
    WorkLevel,
)
from infra.http.customer_pages.houses import House
from infra.http.customer_pages.words import Words
from services.interventions.case import works
from services.interventions.case.answering import decidable
from services.interventions.case.dossier import CUSTOMER, Dossier
from services.interventions.case.pricing import amounts_of

LinkTo = Callable[[str], str]
"""The address of a file, for a while."""
FILES_OPEN = timedelta(hours=6)
"""How long the addresses of files on a page that was just made work."""
UNMARKED = "d0021b"
"""The colour of a shape that names none that a page can show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """The part in the case of whoever looks."""

    recipient_id: str
    scope: LinkScope
    sees_prices: bool = True
    pays: bool = True
    forwarded: bool = False
    """They hold a link that another browser has: they read alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """The choices of somebody whose answer was not taken, and why it was not."""

    accepted: Collection[str] = ()
    refused: Collection[str] = ()
    risks: Collection[str] = ()
    reply: str = ""
    error: str | None = None
    """A text of the page."""
    notice: str | None = None
    """A text of the page."""
    asks_code: bool = False


# --- The page ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """A price as people write it."""

    including: str
    excluding: str
    vat: str
    rate: str = ""
    before: str | None = None
    """Before the discount, with VAT."""
    discount: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure over a photo, in parts of 10,000 of its width and height."""

    kind: str
    colour: str
    x: int = 0
    y: int = 0
    width: int = 0
    height: int = 0
    points: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    address: str
    words: str
    """Instead of the picture, for who does not see it."""
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A work of the proposal."""

    id: str
    label: str
    level: str
    level_words: str
    cost: Cost | None
    unpriced: bool
    """It is to be decided on, has no price, and whoever looks sees prices."""
    media: tuple[Medium, ...]
    urgent: bool
    due: str | None = None
    """By when it is to be done."""
    measured: str | None = None
    """The value that was read off, and what it means."""
    measured_level: str = ""
    """The level that it led to, in whose colour it is shown."""
    paid: bool = False
    decided: str | None = None
    """`accepted` or `refused`."""
    risk_acknowledged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The works of a work report, the most urgent first (FLB-113, FLB-115)."""

    done: tuple[Line, ...]
    done_total: Cost | None
    to_plan: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    at: str
    iso: str
    left: str
    over: bool
    returned: str | None
    """When the vehicle is back after an answer in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer that was recorded."""

    at: str
    own: bool
    """Whoever looks gave it."""
    reply: str | None
    accepted: Cost | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All that the page says about the case."""

    house: House
    name: str
    message: str
    vehicle: tuple[tuple[str, str], ...]
    version: int
    shown: str
    """Tells this content from any other: an answer names it."""
    changes: tuple[str, ...]
    deadline: Deadline | None
    to_decide: tuple[Line, ...]
    mine: tuple[Line, ...]
    """Those of them that whoever looks may still decide on."""
    others: tuple[Line, ...]
    proposed: Cost | None
    unpriced: bool
    """A work has no price, and is in no total."""
    photos: tuple[Medium, ...]
    """Those that are shown with no work."""
    videos: tuple[Medium, ...]
    documents: tuple[Medium, ...]
    may_answer: bool
    of_others: bool
    """Somebody else decides on works, or has decided."""
    may_reply: bool
    reads_only: bool
    forwarded: bool
    """Whoever looks may take the link with a code, to do more than read."""
    code_above: str | None
    contact_asked: bool
    answer: Answer | None
    report: Report | None
    """None of any other case."""
    entered: Entered = field(default_factory=Entered)


def show(
    dossier: Dossier,
    version: VersionFixed,
    answered: CaseAnswered | None,
    viewer: Viewer,
    house: House,
    words: Words,
    link_to: LinkTo,
    at: datetime,
    entered: Entered | None = None,
    paid: Collection[str] = (),
) -> Page:
    """The case as whoever holds a link is shown it at that time; `paid` are the works of this case
    that were paid online."""
    media = public_media(dossier, version)
    gallery = Gallery(media, version, words, link_to)
    lines = tuple(Lines(dossier, version, viewer, words, gallery, paid).all())
    decided = {one.work_id for one in works.decided(version.works)}
    to_decide = tuple(one for one in lines if one.id in decided)
    mine = {o.work_id for o in decidable(dossier, version.works, viewer.recipient_id)}
    answerable = not dossier.is_stock and not dossier.is_report
    may = viewer.scope is LinkScope.ANSWER and not viewer.forwarded
    answers = answered is None and may and answerable
    above = version.code_above
    return Page(
        house=house,
        name=name_of(dossier, viewer),
        message=dossier.message.message if dossier.message else "",
        vehicle=tuple(vehicle(dossier, words)),
        version=version.version,
        shown=content_of(version),
        changes=changes(dossier, version, viewer, words),
        deadline=deadline(dossier, version, words, at) if answered is None else None,
        to_decide=to_decide,
        mine=tuple(one for one in to_decide if one.id in mine),
        others=tuple(one for one in lines if one.id not in decided),
        proposed=cost_of(version.proposed, words) if to_decide and viewer.sees_prices else None,
        unpriced=any(one.unpriced for one in (lines if dossier.is_report else to_decide)),
        photos=gallery.other_photos(),
        videos=gallery.of(MediaKind.VIDEO, "video", "video_of"),
        documents=gallery.of(MediaKind.DOCUMENT, "document", "document_of"),
        may_answer=answers and bool(mine) and not dossier.is_sales,
        of_others=answers and bool(to_decide) and len(mine) < len(to_decide),
        may_reply=answers and dossier.is_sales,
        reads_only=answered is None and viewer.scope is not LinkScope.ANSWER and answerable,
        forwarded=viewer.forwarded and viewer.scope is LinkScope.ANSWER and not dossier.is_stock,
        code_above=words.money(above) if above else None,
        contact_asked=viewer.recipient_id in dossier.callers,
        answer=answer_of(answered, viewer, words),
        report=report_of(version, lines, viewer, words),
        entered=entered or Entered(),
    )


def report_of(
    version: VersionFixed, lines: tuple[Line, ...], viewer: Viewer, words: Words
) -> Report | None:
    if version.carried_out is None:
        return None
    done = {one.work_id for one in version.works if one.carried_out}
    most_urgent_first = sorted(lines, key=lambda one: -WorkLevel[one.level.upper()])
    return Report(
        done=tuple(one for one in most_urgent_first if one.id in done),
        done_total=cost_of(version.carried_out, words) if viewer.sees_prices else None,
        to_plan=tuple(one for one in most_urgent_first if one.id not in done),
    )


def content_of(version: VersionFixed) -> str:
    """A digest of what is shown. The time at which it was fixed is no part of it, nor what the
    dealership says about codes: a case that was not sent is fixed by whoever opens it (G-43)."""
    content = (version.version, version.works, version.media_ids, version.answer_by)
    return sha256(repr(content).encode()).hexdigest()[:32]


def public_media(dossier: Dossier, version: VersionFixed) -> tuple[MediaPlaced, ...]:
    """The media of the version that are still there and are for everybody (G-43)."""
    public = {one.media_id: one for one in dossier.public}
    return tuple(public[one] for one in version.media_ids if one in public)


def name_of(dossier: Dossier, viewer: Viewer) -> str:
    """How whoever looks is addressed; nobody is told the name of somebody else."""
    if viewer.recipient_id == CUSTOMER:
        customer = dossier.customer
        return " ".join(filter(None, (customer.first_name, customer.last_name))) if customer else ""
    named = (o.recipient_name for o in dossier.named if o.recipient_id == viewer.recipient_id)
    return next(named, "")


def vehicle(dossier: Dossier, words: Words) -> Iterator[tuple[str, str]]:
    """All that is known of the vehicle, each with its name."""
    if (known := dossier.vehicle) is None:
        return
    model = " ".join(filter(None, (known.make, known.model)))
    mileage, since = known.mileage_km, known.first_registered_on
    facts = {
        "model": model,
        "plate": known.plate,
        "vin": known.vin,
        "mileage": None if mileage is None else words("km", count=words.number(mileage)),
        "registered": since and words.day(since),
        "colour": known.colour,
    }
    yield from ((words(name), value) for name, value in facts.items() if value)


def deadline(
    dossier: Dossier, version: VersionFixed, words: Words, at: datetime
) -> Deadline | None:
    """By when an answer is wanted; the return that was promised holds no more after it (I8)."""
    if (by := version.answer_by) is None:
        return None
    returned = dossier.asked.returned_by if dossier.asked else None
    return Deadline(
        at=words.time(by),
        iso=by.isoformat(timespec="seconds"),
        left=words.left(by - at),
        over=at >= by,
        returned=words.time(returned) if returned else None,
    )


def answer_of(answered: CaseAnswered | None, viewer: Viewer, words: Words) -> Answer | None:
    if answered is None:
        return None
    own = answered.origin is AnswerOrigin.LINK and answered.recipient_id == viewer.recipient_id
    return Answer(
        at=words.time(answered.answered_at),
        own=own,
        reply=answered.reply if own else None,
        accepted=cost_of(answered.accepted, words) if viewer.sees_prices else None,
    )


# --- Prices -----------------------------------------------------------------


def cost_of(amounts: Amounts, words: Words) -> Cost:
    return Cost(
        including=words.money(amounts.including_vat),
        excluding=words.money(amounts.excluding_vat),
        vat=words.money(amounts.vat),
    )


def cost_of_work(price: Price, amounts: Amounts, words: Words) -> Cost:
    """With the discount, as it was given and as what the customer saves, VAT included."""
    plain = amounts_of(replace(price, discount=None, discount_basis_points=None)).including_vat
    saved = plain.amount_minor - amounts.including_vat.amount_minor
    discount = None
    if saved > 0:
        discount = words.money(Money(saved, plain.currency))
        if price.discount_basis_points:
            part = words.part(price.discount_basis_points)
            discount = words("discount_part", part=part, amount=discount)
    return replace(
        cost_of(amounts, words),
        rate=words.part(price.vat_basis_points),
        before=words.money(plain) if saved > 0 else None,
        discount=discount,
    )


# --- Works ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lines:
    """The works of a version, as one viewer is shown them."""

    dossier: Dossier
    version: VersionFixed
    viewer: Viewer
    words: Words
    gallery: "Gallery"
    paid: Collection[str]

    def all(self) -> Iterator[Line]:
        """In their order, with what was decided of each."""
        decided = {one.work.work_id: one for one in self.dossier.lines}
        for work in self.version.works:
            yield self._line(work, decided.get(work.work_id))

    def _line(self, work: Work, decision: LineAccepted | LineRefused | None) -> Line:
        counts = work.level in works.DECIDED
        sees = self.viewer.sees_prices and counts
        cost = None
        if sees and work.price and work.amounts:
            cost = cost_of_work(work.price, work.amounts, self.words)
        return Line(
            id=work.work_id,
            label=work.label,
            level=work.level.name.lower(),
            level_words=level(self.words, work.level),
            cost=cost,
            unpriced=sees and work.amounts is None,
            media=self.gallery.of_work(work),
            urgent=work.level is WorkLevel.URGENT,
            due=due_words(work, self.words),
            measured=measured_words(work, self.words),
            measured_level=work.assessment.level.name.lower() if work.assessment else "",
            paid=work.paid or work.work_id in self.paid,
            decided=outcome(decision),
            risk_acknowledged=isinstance(decision, LineRefused) and decision.risk_acknowledged,
        )


def level(words: Words, level: WorkLevel) -> str:
    return words.label("level", level.name.lower())


def outcome(decision: LineAccepted | LineRefused | None) -> str | None:
    if decision is None:
        return None
    return "accepted" if isinstance(decision, LineAccepted) else "refused"


def changes(
    dossier: Dossier, version: VersionFixed, viewer: Viewer, words: Words
) -> tuple[str, ...]:
    """All that is otherwise than in the version before (I2), a sentence each."""
    former = [one for one in dossier.versions if one.version < version.version]
    if not former:
        return ()
    before = {one.work_id: one for one in former[-1].works}
    now = {one.work_id: one for one in version.works}
    found = [words("change_new", work=one.label) for id, one in now.items() if id not in before]
    found += [words("change_gone", work=one.label) for id, one in before.items() if id not in now]
    for id, work in now.items():
        if id in before:
            found += change(before[id], work, viewer, words)
    if former[-1].media_ids != version.media_ids:
        found.append(words("change_media"))
    if former[-1].answer_by != version.answer_by:
        found.append(words("change_time"))
    return tuple(found)


def change(before: Work, now: Work, viewer: Viewer, words: Words) -> Iterator[str]:
    """The same of one work."""
    if before.label != now.label:
        yield words("change_label", work=now.label, before=before.label)
    if before.level is not now.level:
        levels = {"after": level(words, now.level), "before": level(words, before.level)}
        yield words("change_level", work=now.label, **levels)
    if before.amounts != now.amounts and viewer.sees_prices:
        costs = {"after": cost_words(now, words), "before": cost_words(before, words)}
        yield words("change_price", work=now.label, **costs)
    if (before.due_on, before.due_mileage_km) != (now.due_on, now.due_mileage_km):
        yield words("change_due", work=now.label)
    if before.measurement != now.measurement:
        yield words("change_measured", work=now.label)


def due_words(work: Work, words: Words) -> str | None:
    if work.due_on is None:
        return None
    day = words.day(work.due_on)
    if work.due_mileage_km is None:
        return words("due", day=day)
    return words("due_or_at", day=day, count=words.number(work.due_mileage_km))


def measured_words(work: Work, words: Words) -> str | None:
    """The value with its unit, and the thresholds that it was held against (I10)."""
    if (said := work.measurement) is None:
        return None
    value = value_words(said.unit, said.thousandths, words)
    if work.assessment is None:
        return words("measured", value=value)
    against = work.assessment.thresholds
    return words(
        "measured_against",
        value=value,
        advised=value_words(said.unit, against.advised_below_thousandths, words),
        urgent=value_words(said.unit, against.urgent_below_thousandths, words),
    )


def value_words(unit: MeasurementUnit, thousandths: int, words: Words) -> str:
    return words(unit.name.lower(), value=words.number(thousandths / 1_000))


def cost_words(work: Work, words: Words) -> str:
    return words.money(work.amounts.including_vat) if work.amounts else words("no_price")


# --- Media ------------------------------------------------------------------


class Gallery:
    """The public media of a version, each with its address and words for who does not see it."""

    def __init__(
        self,
        media: tuple[MediaPlaced, ...],
        version: VersionFixed,
        words: Words,
        link_to: LinkTo,
    ) -> None:
        self._media = media
        self._labels: Mapping[str, str] = {
            id: work.label for work in version.works for id in work.media_ids
        }
        self._words, self._link_to = words, link_to

    def of(self, kind: MediaKind, plain: str, of_work: str) -> tuple[Medium, ...]:
        """Those of a kind, in their order; the texts name their number, and the work that they
        show."""
        found = [one for one in self._media if one.kind is kind]
        return tuple(
            self._medium(one, number, len(found), plain, of_work)
            for number, one in enumerate(found, 1)
        )

    def of_work(self, work: Work) -> tuple[Medium, ...]:
        """The photos that show a work, numbered as among all photos."""
        return self._photos(lambda media_id: media_id in work.media_ids)

    def other_photos(self) -> tuple[Medium, ...]:
        """Those that show no work of the list."""
        return self._photos(lambda media_id: media_id not in self._labels)

    def _photos(self, wanted: Callable[[str], bool]) -> tuple[Medium, ...]:
        photos = [one for one in self._media if one.kind is MediaKind.PHOTO]
        return tuple(
            self._medium(one, number, len(photos), "photo", "photo_of")
            for number, one in enumerate(photos, 1)
            if wanted(one.media_id)
        )

    def _medium(
        self, one: MediaPlaced, number: int, count: int, plain: str, of_work: str
    ) -> Medium:
        facts = {"number": self._words.number(number), "count": self._words.number(count)}
        label = self._labels.get(one.media_id)
        said = self._words(of_work, work=label, **facts) if label else self._words(plain, **facts)
        if one.shapes:
            said = self._words("marked", photo=said)
        return Medium(
            address=self._link_to(one.file_id),
            words=said,
            figures=tuple(map(figure, one.shapes)),
        )


def figure(shape: Shape) -> Figure:
    """A shape over a photo of whatever sides. A circle is one once the page knows them; before, it
    has the sides of the photo."""
    marks = [(one.x_basis_points, one.y_basis_points) for one in shape.marks]
    colour = shape.colour if is_colour(shape.colour) else UNMARKED
    (x, y), (other_x, other_y) = marks[0], marks[-1]
    match shape.kind:
        case ShapeKind.CIRCLE:
            # The same part of both sides, for who has no script.
            radius = round(hypot(other_x - x, other_y - y))
            return Figure(
                kind="circle",
                colour=colour,
                x=x,
                y=y,
                width=radius,
                height=radius,
                points=f"{abs(other_x - x)} {abs(other_y - y)}",
            )
        case ShapeKind.RECTANGLE:
            return Figure(
                kind="rectangle",
                colour=colour,
                x=min(x, other_x),
                y=min(y, other_y),
                width=abs(other_x - x),
                height=abs(other_y - y),
            )
        case _:
            points = " ".join(f"{one},{other}" for one, other in marks)
            return Figure(kind="line", colour=colour, points=points)


def is_colour(text: str) -> bool:
    """Whether it is red, green and blue in six hexadecimal digits."""
    return len(text) == 6 and all(one in "0123456789abcdefABCDEF" for one in text)

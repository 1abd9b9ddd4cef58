"""A case as it stands on paper: all of it, and the record of what was decided (FLB-105, I1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from contracts.interventions.case_v1 import (
    CaseAnswered,
    CaseSent,
    LineAccepted,
    LineRefused,
    VersionFixed,
    Work,
)
from infra.http.customer_pages.houses import House
from infra.http.customer_pages.words import Words
from infra.printing import directed
from infra.words import word
from services.interventions import case
from services.interventions.case import sending
from services.interventions.case.dossier import CUSTOMER, Dossier
from services.interventions.http.answers import status_of
from services.interventions.http.customer_page import showing
from services.interventions.http.customer_page.doors import OF_CUSTOMER, SITE
from services.interventions.http.customer_page.showing import Line, Page

Facts = Iterator[tuple[str, str | None]]
Cells = Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheets:
    """A case, on the clock of its dealership and in the language of whoever prints it."""

    state: case.Created
    house: House
    words: Words
    """Of paper."""
    at: datetime

    @property
    def dossier(self) -> Dossier:
        return self.state.dossier

    @property
    def before(self) -> case.Created:
        """The case as it was before it was closed."""
        return self.state.before if isinstance(self.state, case.Closed) else self.state

    @property
    def answered(self) -> CaseAnswered | None:
        return self.before.answered if isinstance(self.before, case.Answered) else None

    @property
    def sent(self) -> CaseSent | None:
        return case.sent_of(self.before)

    @property
    def version(self) -> VersionFixed:
        """The last one that was shown, or what would be."""
        if isinstance(self.before, case.Pending) or not self.dossier.versions:
            return sending.fixed(self.dossier, None, self.at)
        return self.dossier.versions[-1]

    def summary(self) -> dict[str, object]:
        """All of the case but what colleagues write to each other."""
        page = self._page()
        lines = (*page.to_decide, *page.others)
        totals = (
            [(self._page_words("proposed_total"), page.proposed.including)] if page.proposed else []
        )
        if page.answer and page.answer.accepted:
            accepted = page.answer.accepted.including
            totals.append((self._page_words("accepted_total"), accepted))
        return self._sheet(
            "case",
            (*self._status(), *self._answer(), *self._customer(), *page.vehicle, *self._media()),
            message=page.message,
            rows=[self._row(one) for one in lines],
            totals=totals,
        )

    def consent(self) -> dict[str, object]:
        """Each decision with what was shown, and where it came from. Needs an answer."""
        assert self.answered is not None
        return self._sheet(
            "consent",
            (*self._status(), *self._answer(), *self._customer(), *self._origin()),
            message="",
            rows=[self._decided(one) for one in self.dossier.lines],
            totals=[
                (
                    self._page_words("proposed_total"),
                    self.words.money(self.answered.proposed.including_vat),
                ),
                (
                    self._page_words("accepted_total"),
                    self.words.money(self.answered.accepted.including_vat),
                ),
            ]
            if self.dossier.lines
            else [],
        )

    # --- Facts --------------------------------------------------------------

    def _status(self) -> Facts:
        version = self.dossier.version
        yield self.words("status"), self._word("CaseStatus", status_of(self.state).value)
        yield self.words("kind"), self._word("Module", self.dossier.created.module.name.lower())
        yield self.words("version"), self.words.number(version) if version else None
        yield self.words("sent"), self.words.time(self.sent.sent_at) if self.sent else None
        by = self.version.answer_by
        yield self.words("answer_by"), self.words.time(by) if by else None

    def _answer(self) -> Facts:
        if (answered := self.answered) is None:
            return
        yield self.words("answered"), self.words.time(answered.answered_at)
        yield self.words("origin"), self._word("AnswerOrigin", answered.origin.name.lower())
        yield self.words("reply"), answered.reply

    def _customer(self) -> Facts:
        customer = self.dossier.customer
        if customer is None:
            return
        yield self.words("customer"), _joined(customer.first_name, customer.last_name)
        yield self.words("phone"), customer.phone
        yield self.words("email"), customer.email

    def _media(self) -> Facts:
        count = len(self.version.media_ids)
        yield self.words("media"), self.words.number(count) if count else None

    def _origin(self) -> Facts:
        """The person who decided, and from where, as it is recorded with each line."""
        answered, lines = self.answered, self.dossier.lines
        assert answered is not None
        yield self.words("decided_by"), self._name(answered.recipient_id)
        yield self.words("taken_down"), answered.taken_down_by
        yield self.words("address"), lines[0].ip_address if lines else None
        yield self.words("device"), lines[0].device if lines else None
        yield self.words("code"), self.words("code_given") if answered.code_given else None

    def _name(self, recipient_id: str | None) -> str | None:
        customer = self.dossier.customer
        if recipient_id == CUSTOMER:
            return _joined(customer.first_name, customer.last_name) if customer else None
        named = (o.recipient_name for o in self.dossier.named if o.recipient_id == recipient_id)
        return next(named, None)

    # --- Works --------------------------------------------------------------

    def _row(self, line: Line) -> list[Cells]:
        price = line.cost.including if line.cost else ""
        decided = self.words(line.decided) if line.decided else ""
        risk = self.words("risk") if line.risk_acknowledged else ""
        return [[line.label, line.measured or ""], [line.level_words], [price], [decided, risk]]

    def _decided(self, one: LineAccepted | LineRefused) -> list[Cells]:
        work = one.work
        accepted = isinstance(one, LineAccepted)
        decision = [self.words("accepted" if accepted else "refused")]
        if isinstance(one, LineRefused) and one.risk_acknowledged:
            decision.append(self.words("risk"))
        level = self._word("WorkLevel", work.level.name.lower())
        measured = showing.measured_words(work, SITE.words(self.words.language)) or ""
        shown = [work.label, measured, *self._files(work)]
        return [shown, [level], self._price(work), decision]

    def _price(self, work: Work) -> Cells:
        if work.price is None or work.amounts is None:
            return [self._page_words("no_price")]
        cost = showing.cost_of_work(work.price, work.amounts, SITE.words(self.words.language))
        rate = f"{self._page_words('vat')} {cost.rate} {cost.vat}"
        excluding = f"{self._page_words('excluding_vat')} {cost.excluding}"
        return [cost.including, excluding, rate, *([cost.discount] if cost.discount else [])]

    def _files(self, work: Work) -> Iterator[str]:
        """The files that were shown with a work: their content never changes."""
        found = [self.dossier.media[one].file_id for one in work.media_ids]
        if found:
            yield f"{self.words('files')}: {', '.join(found)}"

    # --- The sheet ----------------------------------------------------------

    def _page(self) -> Page:
        zone = ZoneInfo(self.dossier.created.time_zone)
        return showing.show(
            self.dossier,
            self.version,
            self.answered,
            OF_CUSTOMER,
            self.house,
            SITE.words(self.words.language, zone),
            str,
            self.at,
        )

    def _sheet(
        self,
        title: str,
        facts: Sequence[tuple[str, str | None]],
        *,
        message: str,
        rows: Sequence[Sequence[Cells]],
        totals: Sequence[tuple[str, str]],
    ) -> dict[str, object]:
        columns = [self.words(name) for name in ("work", "level", "price", "decision")]
        return {
            "language": self.words.language,
            "rtl": self.words.direction == "rtl",
            "dealership": directed(_joined(self.house.name, self.house.brand)),
            "title": directed(self.words(title, reference=self.dossier.reference)),
            "facts": [[directed(name), directed(value)] for name, value in facts if value],
            "message": directed(message),
            "columns": [directed(one) for one in columns],
            "rows": [[[directed(one) for one in cell if one] for cell in row] for row in rows],
            "totals": [[directed(name), directed(value)] for name, value in totals],
            "footer": directed(self.words("printed", time=self.words.time(self.at))),
        }

    def _word(self, kind: str, value: str) -> str:
        return word(self.words.language, kind, value)

    def _page_words(self, name: str) -> str:
        """Words that the customer read on the page."""
        return SITE.words(self.words.language)(name)


def _joined(*parts: str | None) -> str:
    return " ".join(filter(None, parts))

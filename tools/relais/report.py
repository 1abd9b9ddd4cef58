"""The outcome of an examination: what is wrong, what is away, what was looked at."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any

from rich.console import Console

from tools.relais.answers import FOUND, OK, UNREACHABLE, Answer, refusal_of

SHOWN_NAMES = 5


@dataclass(frozen=True)
class Finding:
    """Something wrong: where, what, and what to do about it.

    `what` names the first few of `names`, which has all of them.
    """

    where: str
    what: str
    do: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Away:
    """Something that could not be looked at, and why."""

    where: str
    why: str


@dataclass
class Report:
    """One examination; it goes on where something is away."""

    findings: list[Finding] = field(default_factory=list)
    unreachable: list[Away] = field(default_factory=list)
    looked_at: list[dict[str, Any]] = field(default_factory=list)

    def wrong(self, where: str, what: str, do: str, names: Sequence[str] = ()) -> None:
        """Note a finding; `{}` in `what` is where the names stand."""
        shown = what.replace("{}", some(names)) if names else what
        self.findings.append(Finding(where, shown, do, tuple(names)))

    def away(self, where: str, why: str) -> None:
        """Note what could not be reached."""
        self.unreachable.append(Away(where, why))

    def right(self, where: str, **facts: Any) -> None:
        """Note what was looked at."""
        self.looked_at.append({"where": where, **facts})

    def going_on(self, where: str) -> "GoingOn":
        """Notes what keeps the block from its end, and goes on after it; a bug of ours is raised.

        What cannot be reached is away; what is there and not as it has to be is a finding.
        """
        return GoingOn(self, where)

    def note(self, where: str, message: str, code: int) -> None:
        """Note a refusal: away, or wrong, by the exit code that it would have been."""
        if code == UNREACHABLE:
            self.away(where, message)
        else:
            self.wrong(where, message, "mend it, then look again: it was not looked at further")

    def answer(self) -> Answer:
        """All of it. Exit code 3 when something was away, else 1 when something is wrong."""
        facts = {
            "healthy": not (self.findings or self.unreachable),
            "findings": [asdict(finding) for finding in self.findings],
            "unreachable": [asdict(one) for one in self.unreachable],
            "looked_at": self.looked_at,
        }
        code = UNREACHABLE if self.unreachable else FOUND if self.findings else OK
        return Answer(facts, self._print, code)

    def _print(self, console: Console) -> None:
        for one in self.looked_at:
            shown = ", ".join(f"{k} {v}" for k, v in one.items() if k != "where")
            console.print(f"{one['where']}: {shown}", markup=False)
        for finding in self.findings:
            console.print(f"WRONG {finding.where}: {finding.what}", markup=False)
            console.print(f"      do: {finding.do}", markup=False)
        for away in self.unreachable:
            console.print(f"AWAY  {away.where}: {away.why}", markup=False)
        if not (self.findings or self.unreachable):
            console.print("store, topics and views agree; nothing is wrong")


@dataclass(frozen=True)
class GoingOn:
    """A block that may break off without ending the examination."""

    report: Report
    where: str

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        """Note what broke it off; False for a bug, which goes on to whoever called."""
        refusal = refusal_of(error) if isinstance(error, Exception) else None
        if refusal is not None:
            self.report.note(self.where, *refusal)
        return refusal is not None


def some(names: Sequence[str]) -> str:
    """The first few of these names, and how many there are more."""
    left = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f" and {left} more" if left > 0 else "")

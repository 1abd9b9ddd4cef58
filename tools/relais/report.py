"""What an examination found: what is wrong, what could not be reached, what was looked at."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
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

    @contextmanager
    def going_on(self, where: str) -> Iterator[None]:
        """Notes what keeps the block from its end, and goes on after it; a bug of ours is raised.

        What cannot be reached is away; what is there and not as it has to be is a finding.
        """
        try:
            yield
        except Exception as error:
            if (refusal := refusal_of(error)) is None:
                raise
            message, code = refusal
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


def some(names: Sequence[str]) -> str:
    """The first few of these names, and how many there are more."""
    left = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f" and {left} more" if left > 0 else "")

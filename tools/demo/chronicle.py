"""The demo's story as it was told, kept in the home folder for the page at `/`."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.text import Text

from infra.host import Running

FILE = "story.json"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the story, and what the services recorded from its beginning to the next one."""

    title: str
    lines: Sequence[str]
    recorded: Mapping[str, int]
    """How many events of each type."""


@dataclass
class _Begun:
    title: str
    at: datetime
    lines: list[str] = field(default_factory=list)


class Chronicle:
    """Notes what is told, and when each step began."""

    def __init__(self) -> None:
        self._begun: list[_Begun] = []

    def begin(self, title: str) -> None:
        """The next step."""
        self._begun.append(_Begun(title, datetime.now(UTC)))

    def note(self, text: str) -> None:
        """A line of the present step, without its markup."""
        if self._begun:
            self._begun[-1].lines.append(Text.from_markup(text).plain.strip())

    async def steps(self, services: Sequence[Running]) -> Sequence[Step]:
        """All steps, with what stands in the stores of the services now."""
        recorded = [event for running in services for event in await self._recorded(running)]
        ends = [*(one.at for one in self._begun[1:]), datetime.max.replace(tzinfo=UTC)]
        return [
            Step(
                one.title,
                one.lines,
                dict(Counter(type for at, type in recorded if one.at <= at < end)),
            )
            for one, end in zip(self._begun, ends, strict=True)
        ]

    async def _recorded(self, running: Running) -> Sequence[tuple[datetime, str]]:
        """When each event since the first step was recorded, and its type."""
        if not self._begun or not running.service.aggregates:
            return []
        async with running.pool.connection() as connection:
            cursor = await connection.execute(
                "select recorded_at, type from es.event where recorded_at >= %s",
                (self._begun[0].at,),
            )
            return await cursor.fetchall()


def keep(home: Path, steps: Sequence[Step]) -> None:
    """Replace the story of the home, in one step."""
    aside = home / f"{FILE}.new"
    aside.write_text(json.dumps([asdict(step) for step in steps]))
    aside.replace(home / FILE)


def kept(home: Path) -> Sequence[Step]:
    """The story that was told last; no step when none was."""
    try:
        found = json.loads((home / FILE).read_text())
    except FileNotFoundError:
        return []
    return [Step(**step) for step in found]

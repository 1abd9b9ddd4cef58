"""The rule that decisions about a relation share: they fit the situation it is in."""

from dataclasses import dataclass

from contracts.providers import Relation, RelationStanding


@dataclass(frozen=True, slots=True)
class NotInThisStanding:
    """The relation is in another situation than any in which this is decided."""

    standing: RelationStanding


def unless(known: Relation, *fit: RelationStanding) -> NotInThisStanding | None:
    """The refusal of what is decided only in one of these situations."""
    return None if known.standing in fit else NotInThisStanding(known.standing)

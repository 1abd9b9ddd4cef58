"""Nobody is kept for ever: whatever is personal can be forgotten."""

from datetime import UTC, datetime
from typing import Any

import pytest

from infra.commands import Aggregate
from infra.consumers.views import FORGETTING
from services import registry

AGGREGATES = [one for service in registry.services() for one in service.aggregates]
FORGETTERS = [aggregate for aggregate in AGGREGATES if aggregate.forget]
KEYS = {kind.key for aggregate in FORGETTERS for kind in aggregate.contract.types}
"""The fields that name whom something can be forgotten of, such as `user_id`."""
PERSONAL = [
    (kind.type, field, subject)
    for aggregate in AGGREGATES
    for kind in aggregate.contract.types
    for field, subject in kind.personal
]
NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)


def package(aggregate: Aggregate[Any, Any, Any, Any]) -> str:
    return aggregate.contract.package


@pytest.mark.parametrize(("type", "field", "subject"), PERSONAL)
def test_every_personal_field_is_of_somebody_who_can_be_forgotten(
    type: str, field: str, subject: str
) -> None:
    assert subject in KEYS, f"{field} of {type} is for ever"


@pytest.mark.parametrize("aggregate", AGGREGATES, ids=package)
def test_a_contract_that_tells_of_forgetting_has_an_aggregate_that_does_it(
    aggregate: Aggregate[Any, Any, Any, Any],
) -> None:
    tells = any(kind.type.endswith(FORGETTING) for kind in aggregate.contract.types)
    assert tells is (aggregate.forget is not None)


@pytest.mark.parametrize("aggregate", FORGETTERS, ids=package)
def test_what_is_unknown_can_be_asked_to_be_forgotten(
    aggregate: Aggregate[Any, Any, Any, Any],
) -> None:
    assert aggregate.forget is not None
    command = aggregate.forget("ada", "hiflow", NOON)
    assert aggregate.decide(command, aggregate.initial) is not None


TABLES = [one for service in registry.services() for one in service.tables]


@pytest.mark.parametrize("aggregate", FORGETTERS, ids=package)
def test_every_table_takes_that_somebody_unknown_is_forgotten(
    aggregate: Aggregate[Any, Any, Any, Any],
) -> None:
    assert aggregate.forget is not None
    told = aggregate.decide(aggregate.forget("ada", "hiflow", NOON), aggregate.initial)
    for event in told if isinstance(told, list) else ():
        for table in (one for one in TABLES if type(event) in one.events):
            if table.key(event) is not None:
                table.project(None, event)

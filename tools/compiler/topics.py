"""The topic files: the owner of a topic and what it promises to its readers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from tools.compiler.schema import ContractError, Package

Sentence = Annotated[str, StringConstraints(pattern=r"^[A-Z].*\.$")]
Part = Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.[a-z_]+)?$")]


class Topic(BaseModel):
    """The promise of one topic. An unknown word in the file is an error, never a typo unseen."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    topic: str
    owner: Part
    key: str
    partitions: Annotated[int, Field(ge=1, le=512)]
    """Fixed for the life of the topic: changing it would move keys between partitions."""
    retention: Literal["forever"]
    producers: Annotated[tuple[Part, ...], Field(min_length=1)]
    parking: Sentence
    """The fate of a record that a consumer cannot handle."""
    example: str
    """The name of a file in examples/, without its ending."""
    unread: dict[str, Sentence] = Field(default_factory=dict)
    """By the event that nobody reads, as `example` names it: the reason why it is recorded."""


Topics = Mapping[str, Topic]
"""By package name."""


def folder(root: Path, package: Package) -> Path:
    """Where the topic file, the examples and the samples of a package are."""
    return (root / "contracts" / package.path).parent


def load(root: Path, package: Package) -> Topic:
    """The topic of a package of events. Raises ContractError."""
    path = folder(root, package) / "topic.yaml"
    name = path.relative_to(root)
    try:
        # Through JSON, since strict pydantic takes a tuple from JSON but not from a list.
        topic = Topic.model_validate_json(json.dumps(yaml.safe_load(path.read_text())))
    except FileNotFoundError:
        raise ContractError(f"{name} is missing") from None
    except (yaml.YAMLError, TypeError) as error:
        raise ContractError(f"{name}: {error}") from None
    except ValidationError as error:
        where = "; ".join(
            f"{'.'.join(map(str, mistake['loc']))}: {mistake['msg']}" for mistake in error.errors()
        )
        raise ContractError(f"{name}: {where}") from None
    if complaints := list(_contradictions(topic, package)):
        raise ContractError(f"{name}: {'; '.join(complaints)}")
    return topic


def _contradictions(topic: Topic, package: Package) -> list[str]:
    """Where the file says other than the .proto beside it."""
    keys = {message.event.key for message in package.events if message.event}
    events = {message.suffix for message in package.events}
    found = [
        (topic.topic != package.name, f"topic must be {package.name}"),
        (topic.owner != package.service, f"owner must be {package.service}"),
        (topic.owner not in topic.producers, "the owner must be among the producers"),
        (keys != {topic.key}, f"key must be {', '.join(sorted(keys))}, as the events say"),
        (
            not topic.unread.keys() <= events,
            f"unread must be among {', '.join(sorted(events))}",
        ),
        (topic.example not in events, f"example must be one of {', '.join(sorted(events))}"),
    ]
    return [complaint for wrong, complaint in found if wrong]

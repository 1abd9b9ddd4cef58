"""A service as production has to know it, taken from its declaration."""

from dataclasses import dataclass

from infra.host import Outside, Service

PART_OF = "relais"
Labels = dict[str, str]


@dataclass(frozen=True, slots=True)
class Declared:
    """A service as production sees it: its topics, its groups, whom it reaches."""

    service: str
    writes: tuple[str, ...]
    """The topics of its own events; its relay also reads them back."""
    reads: tuple[str, ...]
    """The topics of others."""
    reacts: bool
    """Whether it joins the group of its reactions and followers."""
    folds: bool
    """Whether it joins a group for each generation of its tables."""
    counting: tuple[str, ...]
    """The Faust apps of it that make the topics of their tables, and join a group of that name."""
    reaches: tuple[Outside, ...]

    @property
    def name(self) -> str:
        """The name of its objects, such as `views-partner`: that of a host has no `_` either."""
        return self.service.replace(".", "-").replace("_", "-")

    @property
    def database(self) -> str:
        """The name of its database, as the settings have it."""
        return f"relais_{self.service.replace('.', '_')}"

    @property
    def user(self) -> str:
        """The name by which Kafka knows it, and that of the Secret with its password."""
        return f"kafka-{self.name}"

    @property
    def schema(self) -> str:
        """The last part of the name, by which its generations go."""
        return self.service.rpartition(".")[2]

    def labels(self, component: str) -> Labels:
        """The labels of its API or of its workers."""
        return labels(self.name, component)


def labels(name: str, component: str) -> Labels:
    """The labels by which Services, policies and monitors find pods."""
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": PART_OF,
    }


def declared(service: Service) -> Declared:
    """The same service, as production sees it."""
    writes = {contract.topic for contract in service.contracts}
    following = [reaction.subscription.topic for reaction in service.reactions]
    following += [follower.subscription.topic for follower in service.followers]
    folding = [one.topic for one in service.subscriptions]
    return Declared(
        service=service.name,
        writes=tuple(sorted(writes)),
        reads=tuple(sorted({*following, *folding} - writes)),
        reacts=bool(following),
        folds=bool(folding),
        counting=service.counting,
        reaches=service.reaches,
    )

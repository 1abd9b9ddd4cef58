"""Figures, each with the recorded facts it is from."""

from infra.http.answers import Answer, MoneyShown, money


class FactShown(Answer):
    """A recorded fact: entry `version` of the history of `stream`."""

    stream: str
    version: int


class FigureShown(Answer):
    """An amount, and the facts that it is from."""

    amount: MoneyShown | None
    facts: list[FactShown]


def fact(stream: str, version: int) -> FactShown:
    return FactShown(stream=stream, version=version)


def figure(amount_minor: int | None, currency: str | None, *facts: FactShown) -> FigureShown:
    return FigureShown(amount=money(amount_minor, currency), facts=list(facts))

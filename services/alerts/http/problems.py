"""The one place where a rule that says no becomes an HTTP answer."""

from typing import assert_never

from services.alerts import searches

Rejection = searches.Rejection


def problem(rejection: Rejection) -> tuple[int, str]:
    """The status and the sentence of a rejection.

    404 says that there is no such thing, 409 that it is not possible now, 422 that it never is.
    """
    match rejection:
        case searches.NoSuchSearch():
            return 404, "There is no such search."
        case searches.TooManySearches(most=most):
            return 409, f"{most} searches are saved, and there can be no more: remove one first."
        case searches.DriverIsForgotten():
            return 409, "The driver was forgotten."
        case searches.SearchIsOver(until_day=day):
            return 422, f"until_day is over: {day}."
        case searches.DaysCrossed(from_day=first, until_day=last):
            return 422, f"until_day {last} is before from_day {first}."
        case searches.LengthsCrossed(shortest_km=shortest, longest_km=longest):
            return 422, f"longest_km {longest} is less than shortest_km {shortest}."
        case unhandled:
            assert_never(unhandled)

"""Finds the route of a request among those with paths of the same form, in place of all routes.

The framework tries one route after the other, each by a regular expression; an API has up to a
hundred.
"""

from collections.abc import Mapping, Sequence

from starlette.routing import BaseRoute, Match, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

Form = tuple[str, int, str]
"""The method, the number of steps and the first one, of a path as a route takes it."""


class Finder:
    """Hands a request to the first route that takes it whole. All others are left to the framework:
    it knows what to answer where no route does, or none with this method."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._otherwise: ASGIApp = router.middleware_stack
        self._routes = _by_form(router.routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"][len(scope.get("root_path", "")) :]
            for route in self._routes.get(_form(scope["method"], path), ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    scope.setdefault("router", self._router)
                    scope["route"] = route
                    scope.update(found)
                    await route.handle(scope, receive, send)
                    return
        await self._otherwise(scope, receive, send)


def _by_form(routes: Sequence[BaseRoute]) -> Mapping[Form, Sequence[BaseRoute]]:
    """For each form, the routes that may take such a path, in their order."""
    forms = {form for route in routes for form in _forms(route)}
    return {form: [route for route in routes if _may_take(route, form)] for form in forms}


def _forms(route: BaseRoute) -> Sequence[Form]:
    if not isinstance(route, Route) or _is_open(route.path):
        return ()
    return [_form(method, route.path) for method in route.methods or ()]


def _may_take(route: BaseRoute, form: Form) -> bool:
    if not isinstance(route, Route) or _is_open(route.path):
        return True
    return form in _forms(route)


def _is_open(path: str) -> bool:
    """Whether a path of the route may begin otherwise, or be longer, than the route's own."""
    return "{" in _form("", path)[2] or ":path}" in path


def _form(method: str, path: str) -> Form:
    return method, path.count("/"), path[1:].partition("/")[0]

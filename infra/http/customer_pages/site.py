"""Writes pages as HTML that is safe whatever people entered, with the headers that keep it so."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, tzinfo
from importlib.resources import files
from importlib.resources.abc import Traversable
from secrets import token_urlsafe
from typing import Annotated, TypeVar

from fastapi import Path
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from infra.catalogues import Language, Texts
from infra.http.answers import Router
from infra.http.customer_pages.colours import style
from infra.http.customer_pages.doors import Anybody, Asked, Html, NoPage, refuse_others
from infra.http.customer_pages.words import Words, languages
from infra.http.problems import Problem

Opened = TypeVar("Opened")
Colour = Annotated[str, Path(pattern=r"^[0-9a-f]{6}$")]
KIT = "infra.http.customer_pages"
MEDIA_TYPES: Mapping[str, str] = {".css": "text/css", ".js": "text/javascript"}
KEPT = {"Cache-Control": "public, max-age=3600"}


class Site:
    """The pages of one service: the folder of `package` has its `templates/`, its `texts.yaml` and,
    in `static/`, styles and scripts beside those of all pages.
    """

    def __init__(self, service: str, package: str) -> None:
        self.assets = f"/{service}/page-assets"
        self._texts = Texts(files(package))
        self._static = {**static_of(KIT), **static_of(package)}
        self._environment = Environment(
            loader=ChoiceLoader([PackageLoader(package), PackageLoader(KIT)]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            # A look at the files of a template, and of all that it is made of, for each page.
            auto_reload=False,
        )

    def words(self, language: str, zone: tzinfo = UTC) -> Words:
        """The words of the pages, on the clock of that zone."""
        return Words(self._texts, language, zone)

    def written(
        self,
        template: str,
        words: Words,
        facts: Mapping[str, object],
        *,
        here: str = "",
        chosen: Language | None = None,
        colour: str | None = None,
        acts: bool = True,
        status: int = 200,
    ) -> HTMLResponse:
        """A page, in the colour of who shows it. Its forms lead to what is below `here`, unless it
        does not act.

        The template has `words`, `here`, `query` to hand on the chosen language, and in `key` what
        tells a repetition of an act from another one, beside the `facts`.
        """
        shown = {
            "words": words,
            "here": here,
            "key": token_urlsafe(16),
            "query": query_of(chosen),
            "assets": self.assets,
            "colour": colour,
            "languages": languages(),
        }
        content = self._environment.get_template(template).render({**shown, **facts})
        return HTMLResponse(content, status, headers(words.language, acts=acts))

    async def behind(
        self,
        asked: Asked,
        door: Callable[[Asked], Awaitable[Opened]],
        then: Callable[[Opened], Awaitable[Response]],
    ) -> Response:
        """The answer behind a door, which raises `NoPage` where it stays shut: then a page that
        says why. Forms of other sites get no further."""
        try:
            refuse_others(asked.request)
            return await then(await door(asked))
        except NoPage as none:
            return self.gone(none, asked.chosen or asked.context.language)

    def gone(self, none: NoPage, language: str) -> HTMLResponse:
        """A page that tells why there is none, and nothing of whose it was."""
        words, facts = self.words(language), {"reason": none.reason}
        return self.written("gone.html", words, facts, acts=False, status=none.status)

    def serve_assets(self, routes: Router) -> None:
        """Add the route of the styles and scripts, which tell of nobody."""

        @routes.get("/page-assets/{name}")
        async def asset(name: str, context: Anybody) -> Html:
            """A style or a script of the pages."""
            if (file := self._static.get(name)) is None:
                raise Problem(404, "no-such-route")
            media_type = MEDIA_TYPES[name[name.rindex(".") :]]
            return Response(file.read_bytes(), headers=KEPT, media_type=media_type)

        @routes.get("/page-assets/colours/{colour}.css")
        async def coloured(colour: Colour, _: Anybody) -> Html:
            """The style of a page in that colour."""
            return Response(style(colour), headers=KEPT, media_type="text/css")


def static_of(package: str) -> Mapping[str, Traversable]:
    """The styles and scripts in a package, by their names."""
    folder = files(package) / "static"
    return {one.name: one for one in folder.iterdir()} if folder.is_dir() else {}


def policy(*, acts: bool) -> str:
    """The policy that lets nothing run or be styled within the page but our own files."""
    form = "'self'" if acts else "'none'"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " media-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none';"
        f" form-action {form}"
    )


def headers(language: str, *, acts: bool) -> Mapping[str, str]:
    """Those of every page: kept by nobody, found by no search, shown in no frame, told to none."""
    return {
        "Content-Security-Policy": policy(acts=acts),
        "Cache-Control": "no-store",
        "Content-Language": language,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept-Language",
        "X-Robots-Tag": "noindex, nofollow, noarchive",
    }


def query_of(chosen: Language | None) -> str:
    """Hands a chosen language on to the next page."""
    return f"?lang={chosen}" if chosen else ""


def back_to(here: str, chosen: Language | None) -> RedirectResponse:
    """To the page after an act, at its address, so that reloading it sends nothing twice."""
    return RedirectResponse(f"{here}{query_of(chosen)}", 303)

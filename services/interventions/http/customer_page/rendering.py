"""Writes the page as HTML that is safe whatever people entered, and the headers that keep it so."""

from collections.abc import Mapping
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from infra.catalogues import Language
from services.interventions.http.customer_page.showing import Page
from services.interventions.http.customer_page.words import Words, languages

PACKAGE = "services.interventions.http.customer_page"
STATIC = files(PACKAGE) / "static"
ASSETS_ADDRESS = "/interventions/page-assets"
ASSETS: Mapping[str, str] = {"page.css": "text/css", "page.js": "text/javascript"}
_environment = Environment(
    loader=PackageLoader(PACKAGE, "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def policy(*, acts: bool) -> str:
    """The policy that lets nothing run or be styled within the page but our two files."""
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


def of_case(
    page: Page,
    words: Words,
    *,
    here: str,
    key: str,
    chosen: Language | None = None,
    tells: bool,
    acts: bool = True,
    status: int = 200,
) -> HTMLResponse:
    """The page of a case, whose acts are below `here`; `key` tells a repetition of an act from
    another one. `tells` is whether it says when somebody reads it, `acts` whether its forms work.
    """
    content = _environment.get_template("case.html").render(
        page=page,
        words=words,
        here=here,
        key=key,
        query=f"?lang={chosen}" if chosen else "",
        tells=tells,
        assets=ASSETS_ADDRESS,
        languages=languages(),
    )
    return HTMLResponse(content, status, headers(words.language, acts=acts))


def gone(reason: str, words: Words, status: int) -> HTMLResponse:
    """A page that tells why there is none, and nothing of the case."""
    content = _environment.get_template("gone.html").render(
        reason=reason, words=words, assets=ASSETS_ADDRESS, languages=languages()
    )
    return HTMLResponse(content, status, headers(words.language, acts=False))

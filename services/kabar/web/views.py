"""Templates: a closed list, compiled at start, rendered whole before the first byte leaves."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from litestar import Response

from kabar import __version__
from kabar.contracts.document import iso
from kabar.web import assets as static
from kabar.web.links import language_tag, plain, safe_href

TEMPLATES = (
    "article.html", "base.html", "error.html", "health.html", "letter.html", "letters.html", "macros.html",
    "search.html", "stories.html", "story.html", "versions.html",
)  # fmt: skip
HTML = "text/html"
"""Litestar adds the character set to text."""


class Views:
    """The page's templates. Everything is escaped unless a template says otherwise, and none does."""

    def __init__(self, assets: static.Assets) -> None:
        environment = Environment(
            loader=PackageLoader("kabar.web"),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters.update(
            href=safe_href, tag=language_tag, plain=plain, stamp=stamp, minutes=minutes, thousands=thousands,
            size=size, segment=lambda text: quote(text, safe=""),
        )  # fmt: skip
        environment.globals.update(asset=lambda name: static.url_of(assets, name), kabar_version=__version__)
        self._templates: dict[str, Template] = {name: environment.get_template(name) for name in TEMPLATES}

    def page(self, name: str, *, status: int = 200, **values: Any) -> Response[bytes]:
        """A rendered page. Lone surrogates of a broken producer are shown as '?', never a failure."""
        content = self._templates[name].render(**values).encode("utf-8", "replace")
        return Response(
            content, status_code=status, media_type=HTML, headers={"Cache-Control": "private, no-cache"}
        )


def stamp(moment: int | str) -> str:
    """For ``datetime="..."``: ISO 8601 from ms UTC, or as it is."""
    return iso(moment) if isinstance(moment, int) else moment


def minutes(moment: int | str) -> str:
    """``2026-11-22 17:30``: what people need."""
    return stamp(moment)[:16].replace("T", " ")


def thousands(number: int) -> str:
    """``1,234,567``."""
    return f"{number:,}"


def size(number: int) -> str:
    """Bytes for people: ``1.2 MB``."""
    value = float(number)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"

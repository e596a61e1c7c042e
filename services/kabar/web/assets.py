"""Static files: read once, named by their hash, so that browsers may keep them for ever."""

from __future__ import annotations

from hashlib import blake2b
from importlib import resources
from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

NAMES = {"kabar.css": "text/css", "kabar.js": "text/javascript",
         "kabar.svg": "image/svg+xml"}  # fmt: skip
FOR_EVER = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """One file."""

    content: bytes
    media_type: str
    version: str


Assets = dict[str, Asset]


def load() -> Assets:
    """All of them; one that is missing stops the program."""
    folder = resources.files("kabar.web") / "static"
    loaded: Assets = {}
    for name, media_type in NAMES.items():
        content = (folder / name).read_bytes()
        loaded[name] = Asset(content, media_type, blake2b(content, digest_size=8).hexdigest())
    return loaded


def url_of(assets: Assets, name: str) -> str:
    """The address a page uses."""
    return f"/static/{name}?v={assets[name].version}"


@get("/static/{name:str}", include_in_schema=False, sync_to_thread=False)
def static_file(
    name: FromPath[str], request: Request[Any, Any, Any], assets: NamedDependency[Assets]
) -> Response[bytes]:
    """One file from memory: no path is ever opened. Kept for ever only under the name of this content."""
    asset = assets.get(name)
    if asset is None:
        raise NotFoundException(detail=f"there is no file '{name[:60]}'")
    tag = f'"{asset.version}"'
    current = request.query_params.get("v") == asset.version
    headers = {"ETag": tag, "Cache-Control": FOR_EVER if current else "no-cache"}
    known = [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]
    if tag in known or "*" in known:
        return Response(b"", status_code=304, headers=headers, media_type=asset.media_type)
    return Response(asset.content, headers=headers, media_type=asset.media_type)

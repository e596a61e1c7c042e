"""Puts the application together."""

from __future__ import annotations

from litestar import Litestar
from litestar.di import Provide

from kabar.web import assets as static
from kabar.web import faults, guard
from kabar.web.api.articles import ArticlesApi
from kabar.web.api.openapi import CONFIG, ContractSchemas
from kabar.web.api.probes import live, metrics, ready
from kabar.web.api.stories import StoriesApi
from kabar.web.context import WebContext
from kabar.web.pages import articles, operations, search, stories
from kabar.web.views import Views

MAX_BODY_BYTES = 1_024
"""Nothing here takes a body."""


def create_app(context: WebContext) -> Litestar:
    """Page, API, probes and metrics over one context.

    Templates and static files are read here: one that is missing, or does not compile, raises now.
    """
    assets = static.load()
    views = Views(assets)
    app = Litestar(
        route_handlers=[
            ArticlesApi, StoriesApi, live, ready, metrics, static.static_file,
            *search.ROUTES, *articles.ROUTES, *stories.ROUTES, *operations.ROUTES,
        ],
        dependencies={
            "context": Provide(lambda: context, sync_to_thread=False),
            "views": Provide(lambda: views, sync_to_thread=False),
            "assets": Provide(lambda: assets, sync_to_thread=False),
        },
        exception_handlers=faults.handlers(views),
        openapi_config=CONFIG,
        plugins=[ContractSchemas()],
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,
        debug=False,
    )  # fmt: skip
    app.asgi_handler = guard.SecurityHeaders(guard.HeadAsGet(app.asgi_handler))
    return app

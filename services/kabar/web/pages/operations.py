"""``/health`` and ``/dead``: what an on-call person looks at first."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from kabar.contracts.outcomes import DeadReason
from kabar.errors import UsageError
from kabar.web.context import WebContext
from kabar.web.faults import NoSuch
from kabar.web.pages.forms import with_query
from kabar.web.views import Views

MAX_LETTERS = 100
SHOWN_CHARS = 4_000
STAGES = ("accept", "clean", "dedupe", "enrich", "index", "alert")
REASONS = tuple(str(reason) for reason in DeadReason)
STATES = {"open": "open", "replayed": "replayed", "all": ""}


@get("/health", include_in_schema=False, sync_to_thread=True)
def health(context: NamedDependency[WebContext], views: NamedDependency[Views]) -> Response[bytes]:
    """The pipeline's account. 200 also while it is not ready: the page itself answers."""
    return views.page("health.html", health=context.health, figures=context.figures(), now=context.now_ms())


@get("/dead", include_in_schema=False, sync_to_thread=True)
def dead(
    request: Request[Any, Any, Any], context: NamedDependency[WebContext], views: NamedDependency[Views]
) -> Response[bytes]:
    """Dead letters, newest first. Filters are from closed sets; anything else asks for all."""
    asked = request.query_params
    stage, reason, state = asked.get("stage", ""), asked.get("reason", ""), asked.get("state", "")
    chosen = {
        "stage": stage if stage in STAGES else "",
        "reason": reason if reason in REASONS else "",
        "state": state if state in STATES else "open",
    }
    found = context.letters.find(
        stage=chosen["stage"], reason=chosen["reason"], state=STATES[chosen["state"]], limit=MAX_LETTERS + 1
    )
    return views.page(
        "letters.html",
        letters=found[:MAX_LETTERS], more=len(found) > MAX_LETTERS, chosen=chosen,
        choices={"stage": STAGES, "reason": REASONS, "state": tuple(STATES)},
        here=with_query("/dead", chosen),
    )  # fmt: skip


@get("/dead/{letter_id:str}", include_in_schema=False, sync_to_thread=True)
def letter(
    letter_id: FromPath[str], context: NamedDependency[WebContext], views: NamedDependency[Views]
) -> Response[bytes]:
    """One dead letter and the beginning of its original."""
    try:
        kept, original = context.letters.get(letter_id)
    except UsageError as error:
        raise NoSuch(str(error), hint="/dead lists them") from error
    return views.page(
        "letter.html",
        letter=kept.letter,
        state=kept.state,
        original=original[: SHOWN_CHARS * 4].decode("utf-8", "replace")[:SHOWN_CHARS],
        hidden_bytes=max(0, len(original) - SHOWN_CHARS),
    )


ROUTES = (health, dead, letter)

"""All annotators over one shared analysis of the text, in an order that is checked before any text is seen.

Each annotator declares the fields of the section it needs and the ones it fills. One that fails takes the whole
analysis with it: an article is enriched or it is a dead letter, never silently half of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import NamedTuple

from kabar.contracts.sections import EnrichSection, Entity
from kabar.enrich import entities, keywords, places, quotes, sentiment, summary
from kabar.enrich.document import Text
from kabar.errors import ConfigError

MAX_CHARS = 300_000
"""Only the first so many characters of a text are analysed; the longest real article seen has fewer."""

Fields = Mapping[str, object]


class Annotator(NamedTuple):
    """One enrichment. ``requires`` and ``assigns`` are fields of :class:`EnrichSection`."""

    name: str
    version: str
    requires: tuple[str, ...]
    assigns: tuple[str, ...]
    run: Callable[[Text, Fields], Fields]


def _entities(done: Fields) -> list[Entity]:
    found = done["entities"]
    assert isinstance(found, list)
    return found


ANNOTATORS: tuple[Annotator, ...] = (
    Annotator("entities", "crf-1", (), ("entities",), lambda doc, _: {"entities": entities.find(doc)}),
    Annotator(
        "places",
        "gazetteer-1",
        ("entities",),
        ("places",),
        lambda doc, done: {"places": places.resolve(_entities(done), doc)},
    ),
    Annotator(
        "quotes",
        quotes.VERSION,
        ("entities",),
        ("quotes",),
        lambda doc, done: {"quotes": quotes.find(doc, _entities(done))},
    ),
    Annotator(
        "keywords",
        keywords.VERSION,
        ("entities",),
        ("keywords",),
        lambda doc, done: {"keywords": keywords.find(doc, _entities(done))},
    ),
    Annotator(
        "sentiment", sentiment.VERSION, (), ("sentiment",), lambda doc, _: {"sentiment": sentiment.find(doc)}
    ),
    Annotator("summary", summary.VERSION, (), ("summary",), lambda doc, _: {"summary": summary.find(doc)}),
)
"""In running order."""

NAMES: tuple[str, ...] = tuple(annotator.name for annotator in ANNOTATORS)


def plan(annotators: Iterable[Annotator]) -> tuple[Annotator, ...]:
    """The annotators as given, if each finds what it needs.

    Raises:
        ConfigError: a name twice, a field that the section lacks, that two fill, or that is needed before any
            annotator fills it; the text names annotator and field.
    """
    order = tuple(annotators)
    filled: dict[str, str] = {}
    names: set[str] = set()
    for annotator in order:
        if annotator.name in names:
            raise ConfigError(
                f"annotator '{annotator.name}' is listed twice", hint="list each annotator once"
            )
        names.add(annotator.name)
        for field in annotator.requires:
            if field not in filled:
                raise ConfigError(
                    f"annotator '{annotator.name}' needs '{field}', which no annotator before it fills",
                    hint=f"enable the annotator that fills '{field}', or disable '{annotator.name}'",
                )
        for field in annotator.assigns:
            if field not in EnrichSection.__struct_fields__ or field in filled:
                why = (
                    f"'{filled[field]}' fills it already"
                    if field in filled
                    else "the section has no such field"
                )
                raise ConfigError(f"annotator '{annotator.name}' fills '{field}', but {why}")
            filled[field] = annotator.name
    return order


@cache
def chosen(enabled: tuple[str, ...]) -> tuple[Annotator, ...]:
    """The named annotators of :data:`ANNOTATORS` in running order, checked.

    Raises:
        ConfigError: an unknown name, or one whose needs are not met.
    """
    unknown = [name for name in enabled if name not in NAMES]
    if unknown:
        raise ConfigError(f"there is no annotator '{unknown[0]}'", hint=f"annotators are: {', '.join(NAMES)}")
    return plan(annotator for annotator in ANNOTATORS if annotator.name in enabled)


def analyse(text: str, *, title: str, language: str, enabled: tuple[str, ...] = NAMES) -> EnrichSection:
    """Annotate one article.

    Args:
        text: The clean article text; all spans index it. The first :data:`MAX_CHARS` characters are read.
        title: Its headline, '' = none.
        language: ISO 639-1, '' = unknown; annotators without rules for it leave their fields empty.
        enabled: Names of the annotators to run.

    Raises:
        ConfigError: see :func:`chosen`.
    """
    doc = Text(text=text[:MAX_CHARS], title=title, language=language)
    done: dict[str, object] = {}
    order = chosen(enabled)
    for annotator in order:
        done.update(annotator.run(doc, done))
    versions = {annotator.name: annotator.version for annotator in order}
    return EnrichSection(annotators=versions, **done)  # type: ignore[arg-type]

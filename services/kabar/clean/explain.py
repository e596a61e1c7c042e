"""What the clean room decided, in words an editor can read."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from kabar.clean.rulebook import by_id
from kabar.contracts.sections import Attribution, CleanSection

_NOTES = {
    "extractor": "The article was taken out of the page by this method.",
    "repaired": "Broken characters (a wrong encoding, entities, invisible characters) were repaired.",
    "guard": "This rule would have taken too large a share of the text; nothing was taken out by it.",
    "title": "This is the site's addition to the title, not part of it.",
    "language": "The text gave no certain answer; this is what the page or the producer declares.",
}


class Decision(Struct, frozen=True, kw_only=True):
    """One decision, in the order of the text.

    ``start`` and ``end`` are code points of the received text where ``removed``, of the article text otherwise;
    both 0 for a decision about the whole article.
    """

    what: str
    """``dateline``, ``attribution``, ``related``, ``removed`` or ``note``."""
    rule: str
    text: str
    """The words it is about."""
    result: str
    """What became of them."""
    why: str
    start: int = 0
    end: int = 0
    removed: bool = True


def explain(section: CleanSection, received: str) -> list[Decision]:
    """Every decision: what was removed first, in the order of the received text, then annotations, then notes.

    Args:
        section: the clean section.
        received: the text its spans of removed material point into.
    """
    removed = sorted(_removed(section, received), key=lambda decision: (decision.start, decision.end))
    stays = sorted(_annotated(section), key=lambda decision: (decision.start, decision.end))
    return [*removed, *stays, *_notes(section)]


def _why(rule: str) -> str:
    known = by_id().get(rule)
    return known.reason if known else ""


def _removed(section: CleanSection, received: str) -> Iterator[Decision]:
    line = section.dateline
    if line is not None:
        names = [f"source {line.source}" if line.source else "", f"place {line.place}" if line.place else ""]
        yield Decision(
            what="dateline",
            rule=line.rule,
            text=line.text,
            result="kept as dateline: " + ", ".join(filter(None, names)),
            why=_why(line.rule),
            start=line.start,
            end=line.end,
        )
    for link in section.related:
        yield Decision(
            what="related",
            rule=link.rule,
            text=received[link.start : link.end],
            result=f"kept as related article: {link.title}",
            why=_why(link.rule),
            start=link.start,
            end=link.end,
        )
    for piece in section.removed:
        yield Decision(
            what="removed",
            rule=piece.rule,
            text=piece.text,
            result="removed",
            why=_why(piece.rule),
            start=piece.start,
            end=piece.end,
        )
    for credit in section.attributions:
        if credit.removed:
            yield _credit(credit, "removed from the text, ")


def _annotated(section: CleanSection) -> Iterator[Decision]:
    for credit in section.attributions:
        if not credit.removed:
            yield _credit(credit, "stays in the text, ")


def _credit(credit: Attribution, result: str) -> Decision:
    channel = f" ({credit.channel})" if credit.channel else ""
    return Decision(
        what="attribution",
        rule=credit.rule,
        text=credit.text,
        result=f"{result}kept as credit to {credit.outlet}{channel}",
        why=_why(credit.rule),
        start=credit.start,
        end=credit.end,
        removed=credit.removed,
    )


def _notes(section: CleanSection) -> Iterator[Decision]:
    for note in section.notes:
        kind, _, rest = note.partition(":")
        yield Decision(
            what="note", rule=kind, text=rest, result="noted", why=_NOTES.get(kind, ""), removed=False
        )

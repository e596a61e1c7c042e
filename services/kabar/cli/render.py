"""Articles and explanations on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from kabar.cli.context import out
from kabar.cli.explain import Explained
from kabar.contracts.document import Document, iso
from kabar.index.api import Mark

STYLES = {"person": "green", "organization": "magenta", "place": "cyan"}


def when(millis: int) -> str:
    """Minutes are enough for people."""
    return iso(millis)[:16].replace("T", " ")


def marked(text: str, marks: Iterable[Mark], *, base: str = "") -> Text:
    """Text with marks underlined. Never markup: the text is somebody else's."""
    shown = Text(text, base)
    for mark in marks:
        shown.stylize("bold underline", mark.start, mark.end)
    return shown


def article(document: Document) -> None:
    """Title, facts, text with names in colour and quotes in italics, and what was found."""
    head = document.article
    out.print(Text(head.title or "(untitled)", "bold"))
    out.print(Text(_facts(document), "dim"))
    text = Text(head.text)
    for quote in document.quotes:
        text.stylize("italic", quote.start, quote.end)
    for entity in document.entities:
        for span in entity.spans:
            text.stylize(STYLES[entity.type], span.start, span.end)
    out.print()
    out.print(text)
    out.print()
    _names(document)
    for quote in document.quotes:
        out.print(Text(f"“{quote.text[:100]}” — {quote.speaker or 'nobody certain'}"))


def _facts(document: Document) -> str:
    head = document.article
    facts = [
        head.id, f"version {head.version}, {head.status}", document.source.name, document.timestamp,
        f"{head.language} {head.language_confidence:.2f}", f"{head.word_count} words",
    ]  # fmt: skip
    if document.dateline:
        facts.append(f"dateline {document.dateline.source} {document.dateline.place}".strip())
    if document.duplicate:
        facts.append(f"{document.duplicate.kind} copy of {document.duplicate.of[:12]}")
    return " · ".join(fact for fact in facts if fact)


def _names(document: Document) -> None:
    for kind, style in STYLES.items():
        names = [f"{entity.name} ({entity.count})" for entity in document.entities if entity.type == kind]
        if names:
            out.print(Text(f"{kind}: ") + Text(", ".join(names), style))
    if document.keywords:
        out.print(Text("keywords: " + ", ".join(keyword.term for keyword in document.keywords)))
    if document.sentiment:
        out.print(
            Text(f"sentiment: {document.sentiment.label} ({document.sentiment.score:+.2f}), a weak signal")
        )


def explanations(explained: Sequence[Explained]) -> None:
    """One table per article."""
    for one in explained:
        table = Table("what", "rule", "text", "why", title=one.title or one.name, title_justify="left")
        for decision in one.decisions:
            table.add_row(decision.what, decision.rule, Text(decision.text[:120]), decision.why)
        out.print(table)
        out.print(one.outcome, markup=False)

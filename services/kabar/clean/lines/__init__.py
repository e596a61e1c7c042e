"""From received text to article text, with every removed character accounted for.

Order matters: whole lines first (furniture, related links), then what is glued to paragraphs, then the dateline of
what opens the article, then credits; of two rules that claim the same characters the earlier keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, islice

from msgspec import Struct

from kabar.clean import lexicon
from kabar.clean.lines import attribution, dateline, furniture, guard, related
from kabar.clean.lines.provenance import Assembled, Cut, Page, assemble, disjoint
from kabar.clean.lines.search import firsts
from kabar.clean.lines.wrapping import unwrap
from kabar.clean.names import merge_names
from kabar.contracts.sections import Attribution, Dateline, Related, Removed
from kabar.contracts.types import MAX_SPANS
from kabar.text.repair import Repaired, repair

_SHORT = 1_024


class Stripped(Struct, frozen=True, kw_only=True):
    """The article text and what was taken out.

    Spans of what was removed are code points of the received text, those of annotations of ``text``.
    """

    text: str
    dateline: Dateline | None = None
    attributions: list[Attribution] = []
    related: list[Related] = []
    removed: list[Removed] = []
    authors: list[str] = []
    """Names from credit lines, in order."""
    notes: list[str] = []


def strip(received: str, *, language: str = "", title: str = "", outlets: Iterable[str] = ()) -> Stripped:
    """Take related links, furniture, dateline and detachable credits out of a plain text.

    Args:
        received: the body as it came, paragraphs separated by line breaks.
        language: as far as known; reserved for rules that depend on it.
        title: the article's title; the body may repeat it as its first line.
        outlets: further names of the article's own source: they open datelines.
    """
    del language  # every rule so far is told apart by its own words
    repaired = repair(received)
    page = Page(unwrap(repaired.text))
    credits_found = attribution.find(page)
    cuts = _cuts(page, title, credits_found, frozenset(lexicon.key(name) for name in outlets if name))
    cuts, notes = guard.check(page, cuts)
    assembled = assemble(page, cuts)
    origin = _Origin(received, repaired)
    if repaired.changed:
        notes.append("repaired")
    return Stripped(
        text=assembled.text,
        dateline=next((origin.dateline(cut) for cut in cuts if cut.kind == "dateline"), None),
        attributions=_attributions(cuts, credits_found, assembled, origin),
        related=[origin.related(cut) for cut in cuts if cut.kind == "related"],
        removed=[origin.removed(cut) for cut in cuts if cut.kind == "removed"],
        authors=merge_names(name for cut in cuts for name in cut.authors),
        notes=notes,
    )


def _cuts(
    page: Page, title: str, credits_found: Sequence[attribution.Credit], own_names: frozenset[str]
) -> list[Cut]:
    heads = firsts(page)
    found = chain(furniture.headline(page, title), related.find(page, heads), furniture.find(page, heads))
    cuts = disjoint(islice(found, MAX_SPANS + 1))
    gone = {(cut.start, cut.end) for cut in cuts}
    kept_lines = [line for line in page.lines[:40] if (line.start, line.end) not in gone]
    opening = dateline.find(kept_lines, own_names)
    detachable = [attribution.as_cut(credit, *credit.cut) for credit in credits_found if credit.cut]
    # A lead-in right behind the dateline begins its sentence there: the dateline comes first.
    return disjoint([*cuts, *([opening] if opening else []), *detachable])


def _attributions(
    cuts: Sequence[Cut], credits_found: Sequence[attribution.Credit], assembled: Assembled, origin: _Origin
) -> list[Attribution]:
    """Credits that went, and credits whose words stayed; in order of place, none twice."""
    removed = [cut for cut in cuts if cut.kind == "attribution"]
    out = [(cut.start, origin.attribution(cut)) for cut in removed]
    spans: list[tuple[int, int]] = [(cut.start, cut.end) for cut in removed]
    for credit in sorted(credits_found, key=lambda credit: (credit.start, -credit.end)):
        if any(start < credit.end and credit.start < end for start, end in spans[-50:]):
            continue
        place = assembled.locate(credit.start, credit.end)
        if place is None:
            continue
        spans.append((credit.start, credit.end))
        stays = Attribution(
            outlet=credit.outlet[:_SHORT],
            channel=credit.channel,
            text=assembled.text[place[0] : place[1]],
            rule=credit.rule.id,
            removed=False,
            start=place[0],
            end=place[1],
        )
        out.append((credit.start, stays))
    return [entry for _, entry in sorted(out, key=lambda pair: pair[0])][:MAX_SPANS]


class _Origin:
    """Cuts as contract structs, their spans mapped from the working text to the received one."""

    def __init__(self, received: str, repaired: Repaired) -> None:
        self._received = received
        self._repaired = repaired

    def _span(self, cut: Cut) -> tuple[int, int]:
        if not self._repaired.changed:
            return cut.start, cut.end
        start, end = self._repaired.to_original(cut.start), self._repaired.to_original(cut.end)
        # An offset behind the last kept character maps behind the white space that repair may have dropped.
        return start, start + len(self._received[start:end].rstrip())

    def dateline(self, cut: Cut) -> Dateline:
        start, end = self._span(cut)
        return Dateline(
            source=cut.source,
            place=cut.place,
            text=self._received[start:end],
            rule=cut.rule,
            start=start,
            end=end,
        )

    def related(self, cut: Cut) -> Related:
        start, end = self._span(cut)
        return Related(title=cut.title, url=cut.url, rule=cut.rule, start=start, end=end)

    def removed(self, cut: Cut) -> Removed:
        start, end = self._span(cut)
        return Removed(rule=cut.rule, text=self._received[start:end], start=start, end=end)

    def attribution(self, cut: Cut) -> Attribution:
        start, end = self._span(cut)
        return Attribution(
            outlet=cut.outlet[:_SHORT],
            channel=cut.channel,
            text=self._received[start:end],
            rule=cut.rule,
            removed=True,
            start=start,
            end=end,
        )

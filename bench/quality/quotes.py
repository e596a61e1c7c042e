"""Quotes and who says them (PolNeAR's layout: ``text`` and ``attributions`` with source, cue and content spans).

The gold quotes are the quoted stretches of attributions that are direct or hold quote marks: a direct content span
without its marks, one per paragraph, else what stands between the marks inside the content. An answer and a gold
quote match when they share at least half of their union, one to one.

- ``f1``, ``precision``, ``recall`` of all quotes, fragments among them; a scare quote nobody said counts as wrong.
- ``direct_f1``: gold that is direct against answers that are called direct; a direct answer on a gold fragment is
  neither right nor wrong.
- ``speaker_precision``: of matched quotes with a named speaker and a gold source, the share where they have a name
  word in common. Where the answer resolves what the gold leaves open (the gold says "he" or points at "the mayor",
  the answer names somebody) the gold cannot decide: counted in ``speakers_not_judged`` and not in the share.
- ``speaker_recall``: of the gold quotes with a source, the share found with the right speaker.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from bench.quality.analysis import Analyse, kabar_analyse
from bench.quality.layout import DataSet, Row, language_of, sample
from bench.quality.notes import Notes
from bench.quality.scoring import Tally, normal, share
from bench.quality.span_gold import PREFIX, GoldText, gold_texts
from bench.quality.systems import KABAR, Figures, Scores, Systems, beside, compare

TEXTS = 400
MATCH = 0.5
_MARKS = "\"“”„«»'‘’`"
_QUOTED = re.compile(r"(?:[\"“„«]|''|``)([^\"“”„«»\n]{2,}?)(?:[\"”»]|'')")
_NAME = re.compile(r"[A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]*)*")
PRONOUNS = frozenset({
    "he", "she", "they", "it", "we", "i", "you", "who", "him", "her", "them",
    "dia", "ia", "mereka", "beliau", "kami", "saya",
})  # fmt: skip
_TITLES = frozenset(
    ("mr", "mrs", "ms", "dr", "sen", "rep", "gov", "president", "the", "of", "and", "a", "an")
)


@dataclass(frozen=True)
class Said:
    """A quote without its marks, the speaker, and whether it is speech of its own or a fragment."""

    start: int
    end: int
    speaker: str = ""
    speaker_span: tuple[int, int] | None = None
    direct: bool = True


@dataclass(frozen=True)
class Quoted:
    """A text and its quotes."""

    text: str
    language: str
    gold: list[Said]


FindQuotes = Callable[[str, str], "list[Said]"]


def default_systems(_: Notes) -> Systems:
    analyse = kabar_analyse()
    return {KABAR: lambda text, language: kabar_quotes(analyse, text, language), "nearest-name": nearest_name}


def kabar_quotes(analyse: Analyse, text: str, language: str) -> list[Said]:
    """Every quote of the product's answer."""
    out = []
    for quote in analyse(text, language).quotes:
        place = None if quote.speaker_span is None else (quote.speaker_span.start, quote.speaker_span.end)
        out.append(Said(quote.start, quote.end, quote.speaker, place, quote.direct))
    return out


def nearest_name(text: str, _: str) -> list[Said]:
    """Baseline: what stands between quote marks, said by the nearest run of capitalised words.

    At most 100 characters away, outside the marks.
    """
    out = []
    for match in _QUOTED.finditer(text):
        before, after = max(0, match.start() - 100), match.end() + 100
        near = [(match.start() - m.end(), m) for m in _NAME.finditer(text, before, match.start())]
        near += [(m.start() - match.end(), m) for m in _NAME.finditer(text, match.end(), after)]
        start, end = match.span(1)
        if near:
            name = min(near, key=lambda item: item[0])[1]
            out.append(Said(start, end, name.group(), name.span()))
        else:
            out.append(Said(start, end))
    return out


def score(sets: Sequence[DataSet], notes: Notes, *, systems: Systems | None = None) -> Scores:
    systems = default_systems(notes) if systems is None else systems
    out: Scores = {}
    golds = {data.name: load(data, notes) for data in sets if not data.name.startswith(PREFIX)}
    for name, by_hand in gold_texts(sets, "quote", notes).items():
        golds[name] = [Quoted(gold.text, gold.language, hand_made(gold)) for gold in by_hand]
    for name, texts in golds.items():
        if not texts:
            continue
        inputs = [(item.text, item.language) for item in texts]
        judge = partial(measure, texts)
        figures = compare(name, systems, inputs, notes, failed=[], measure=judge, unit="texts")
        out[name] = beside(figures, sum(len(item.gold) for item in texts))
    return out


def load(data: DataSet, notes: Notes) -> list[Quoted]:
    """A sample of the annotated texts."""
    found = []
    for path, row in data.rows(notes):
        text, attributions = row.get("text"), row.get("attributions")
        if not isinstance(text, str) or not isinstance(attributions, list):
            notes.skip(f"{data.name}/{path.name}", "no text or no attributions")
            continue
        gold = [said for item in attributions if isinstance(item, dict) for said in gold_quotes(text, item)]
        found.append(Quoted(text, language_of(row, data.name) or "en", gold))
    texts = sample(found, TEXTS)
    if texts:
        notes.remark(
            f"{data.name}: {sum(len(t.gold) for t in texts)} quotes in {len(texts)} of {len(found)} texts"
        )
    return texts


def hand_made(gold: GoldText) -> list[Said]:
    """The quotes of a ``gold_*`` text."""
    spans = [(bare_span(gold.text, span["start"], span["end"]), span) for span in gold.spans]
    return [Said(*ends, str(span.get("speaker") or "")) for ends, span in spans]


def gold_quotes(text: str, attribution: Row) -> Iterator[Said]:
    """The quoted stretches of one attribution, each with its source."""
    if not attribution.get("direct") and not attribution.get("has_quote_marks"):
        return
    direct = bool(attribution.get("direct"))
    speaker, place = _source(text, attribution)
    for start, end in spans_of(attribution.get("content"), len(text)):
        stretches = _paragraphs(text, start, end) if direct else _between(text, start, end)
        for first, last in stretches:
            bare = bare_span(text, first, last)
            if bare[1] - bare[0] >= 2:
                yield Said(*bare, speaker, place, direct)


def _source(text: str, attribution: Row) -> tuple[str, tuple[int, int] | None]:
    """The words of the source and where they stand; a few annotations have source and cue in each other's place."""
    found = []
    for role in ("source", "cue"):
        spans = list(spans_of(attribution.get(role), len(text)))
        words = " ".join(text[start:end] for start, end in spans)
        found.append((words, (spans[0][0], spans[-1][1]) if spans else None))
    source, cue = found
    swapped = source[0].isalpha() and source[0].islower() and not _open(source[0]) and _NAME.search(cue[0])
    return cue if swapped else source


def spans_of(parts: object, length: int) -> Iterator[tuple[int, int]]:
    """The spans of a list of ``{"spans": [[start, end], …]}`` that lie inside a text."""
    for part in parts if isinstance(parts, list) else []:
        spans = part.get("spans") if isinstance(part, dict) else None
        for span in spans if isinstance(spans, list) else []:
            if isinstance(span, list) and len(span) == 2 and all(isinstance(offset, int) for offset in span):
                start, end = span
                if 0 <= start < end <= length:
                    yield start, end


def _paragraphs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for line in re.finditer(r"[^\n]+", text[start:end]):
        yield start + line.start(), start + line.end()


def _between(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    # One character more on both sides: annotators often leave the outer marks out of the content.
    low, high = max(0, start - 1), min(len(text), end + 1)
    for match in _QUOTED.finditer(text, low, high):
        yield match.span(1)


def bare_span(text: str, start: int, end: int) -> tuple[int, int]:
    """Without quote marks, blanks and commas at the ends."""
    while start < end and (text[start] in _MARKS or text[start].isspace()):
        start += 1
    while end > start and (text[end - 1] in _MARKS or text[end - 1] in ",;" or text[end - 1].isspace()):
        end -= 1
    return start, end


def measure(texts: Sequence[Quoted], answers: Sequence[Sequence[Said]]) -> Figures:
    """Quotes and speakers of one system."""
    whole, direct = Tally(), Tally()
    right = wrong = open_questions = sourced = 0
    for item, said in zip(texts, answers, strict=True):
        matched = matches(item.text, item.gold, said)
        whole.add(Tally(len(matched), len(said) - len(matched), len(item.gold) - len(matched)))
        direct.add(direct_tally(item.gold, said, matched))
        sourced += sum(bool(gold.speaker) for gold in item.gold)
        for gold, answer in matched:
            if gold.speaker and answer.speaker:
                verdict = same_speaker(gold, answer)
                right += verdict is True
                wrong += verdict is False
                open_questions += verdict is None
    return whole.figures() | {
        "direct_f1": direct.f1,
        "speaker_precision": share(right, right + wrong),
        "speaker_recall": share(right, sourced),
        "speakers_not_judged": open_questions,
    }


def direct_tally(gold: Sequence[Said], said: Sequence[Said], matched: Sequence[tuple[Said, Said]]) -> Tally:
    """Direct speech alone; an answer that matches a gold fragment is out of it."""
    hit = sum(wanted.direct and answer.direct for wanted, answer in matched)
    neutral = sum(answer.direct and not wanted.direct for wanted, answer in matched)
    wanted, answered = (sum(quote.direct for quote in quotes) for quotes in (gold, said))
    return Tally(hit, answered - hit - neutral, wanted - hit)


def matches(text: str, gold: Sequence[Said], said: Sequence[Said]) -> list[tuple[Said, Said]]:
    """Pairs that share at least half of their union, best first, each quote once."""
    pairs = []
    for i, wanted in enumerate(gold):
        for j, answer in enumerate(said):
            start, end = bare_span(text, answer.start, answer.end)
            common = min(wanted.end, end) - max(wanted.start, start)
            union = max(wanted.end, end) - min(wanted.start, start)
            if common > 0 and common / union >= MATCH:
                pairs.append((-common / union, i, j))
    taken_gold, taken_said, out = set(), set(), []
    for _, i, j in sorted(pairs):
        if i not in taken_gold and j not in taken_said:
            taken_gold.add(i)
            taken_said.add(j)
            out.append((gold[i], said[j]))
    return out


def same_speaker(gold: Said, answer: Said) -> bool | None:
    """Whether two speakers are one; None where the gold cannot decide."""
    if normal(gold.speaker) == normal(answer.speaker):
        # The same name is the same person; the same pronoun is so only where it is the same word of the text.
        return True if not _open(gold.speaker) or _overlap(gold, answer) else None
    wanted, said = (set(normal(name).split()) - _TITLES for name in (gold.speaker, answer.speaker))
    if (wanted & said) - PRONOUNS:
        return True
    return None if _open(gold.speaker) or _overlap(gold, answer) else False


def _open(speaker: str) -> bool:
    """Whether it is nothing but a pronoun."""
    return set(normal(speaker).split()) <= PRONOUNS


def _overlap(gold: Said, answer: Said) -> bool:
    if gold.speaker_span is None or answer.speaker_span is None:
        return False
    (start, end), (first, last) = gold.speaker_span, answer.speaker_span
    return start < last and first < end

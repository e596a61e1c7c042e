"""Links to other articles inside the body: "Baca Juga: ...", alone on a line or glued to a paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kabar.clean.lines.headlines import (
    first_sentence_end,
    is_titled,
    looks_like_title,
    titled_run,
    word_count,
)
from kabar.clean.lines.provenance import Cut, Line, Page
from kabar.clean.lines.search import LineForm, inline_hits, line_hits
from kabar.clean.rulebook import Rule, rules

MAX_FOLLOWING = 6
"""Titles taken after a cue that stands alone."""

_URL = re.compile(r"https?://[^\s)\]>]{4,1000}")
_EDGES = " \t\"“”'‘’*_#[]()|»>:-–—•"


def find(page: Page, heads: list[str]) -> Iterator[Cut]:
    """Related links, surest forms first. ``heads``: the first words of the lines."""
    for rule, line, match in line_hits(page, heads, LineForm("related", "line"), _line_holds):
        yield _cut(rule, line.start, line.end, match["title"])
    for rule in rules("related"):
        if rule.form == "bare":
            yield from _bare(page, heads, rule)
        elif rule.form == "inline":
            yield from _inline(page, rule)


def _cut(rule: Rule, start: int, end: int, title: str) -> Cut:
    link = _URL.search(title)
    plain = _URL.sub("", title) if link else title
    return Cut(
        start=start,
        end=end,
        rule=rule.id,
        kind="related" if any(char.isalnum() for char in plain) else "removed",
        strength=rule.strength,
        title=clean_edges(plain),
        url=link.group() if link else "",
    )


def clean_edges(title: str) -> str:
    """Quote marks, brackets and marks around a title go, but never one half of a pair."""
    stripped = title.strip(" \t*_#|»>-–—•")
    for opening, closing in ('""', "“”", "''", "‘’", "()", "[]"):
        if stripped[:1] == opening and stripped[-1:] == closing and len(stripped) > 2:
            stripped = stripped[1:-1].strip()
    if stripped.endswith((")", "]")) and stripped.count("(") + stripped.count("[") == 0:
        stripped = stripped[:-1].rstrip()
    return stripped


def _line_holds(rule: Rule, _line: Line, match: re.Match[str]) -> bool:
    title = match["title"]
    words = word_count(title)
    if words > rule.max_words:
        return False
    if rule.title == "titled":
        return is_titled(title)
    if rule.title == "open":
        return (
            "," not in title[-1:] and not (title.rstrip().endswith(".") and words > 8) and looks_open(title)
        )
    # A cue with a colon: a headline may hold one stop, running text that was glued to it more words and more stops.
    return words <= 12 or first_sentence_end(title) is None


def looks_open(title: str) -> bool:
    """A caption or a pointer rather than a sentence of the article: no explanation goes on after a comma."""
    return first_sentence_end(title) is None and not re.search(r", (?:the|a|an|he|she|they|it) ", title)


def _bare(page: Page, heads: list[str], rule: Rule) -> Iterator[Cut]:
    cues = frozenset(rule.cues)
    for index, line in enumerate(page.lines):
        if heads[index] not in cues or len(line.text) > 80 or not rule.regex.match(line.text):
            continue
        if not _is_cue_alone(line.text):
            continue
        yield Cut(start=line.start, end=line.end, rule=rule.id, kind="removed", strength=rule.strength)
        for following in page.lines[index + 1 : index + 1 + MAX_FOLLOWING]:
            if not _is_linked_title(following.text):
                break
            yield _cut(rule, following.start, following.end, following.text)


def _is_cue_alone(text: str) -> bool:
    """One word alone ("More") is a cue only with a colon."""
    return len(text.split()) > 1 or ":" in text


def _is_linked_title(text: str) -> bool:
    return looks_like_title(text) and word_count(text) >= 3 and (is_titled(text) or text[:1] in "-–•*")


def _inline(page: Page, rule: Rule) -> Iterator[Cut]:
    for match in inline_hits(page, rule):
        title = match["title"] if match["title"] is not None else match["title_en"]
        end = match.end()
        if rule.title in ("glued", "glued_titled"):
            length = _glued_length(title, sure=rule.title == "glued")
            if length is None:
                continue
            end = match.end() - len(title) + length
            title = title[:length]
        elif rule.title == "unlike_gloss" and not _is_bracket_link(match.group(), title):
            continue
        yield _cut(rule, match.start(), end, title)


def _is_bracket_link(whole: str, title: str) -> bool:
    """A link has several words and begins like a headline; "(baca: menghafal)" explains a word."""
    bare = title.strip(_EDGES + ",.")
    opens = bare[:1].isupper() or bare[:1].isdigit()
    return ":" in whole[:40] and (not bare or (opens and word_count(bare) >= 2))


def _glued_length(title: str, *, sure: bool) -> int | None:
    """How much of the rest of the line is the linked title; None where that cannot be told."""
    rest = title.rstrip()
    sentence = first_sentence_end(rest)
    run = titled_run(rest)
    if run is not None and (sentence is None or run < sentence):
        return len(rest[:run].rstrip())
    if sentence is not None:
        head = rest[:sentence]
        fits = word_count(head) <= 20 and (sure or is_titled(head.rstrip(".")))
        return sentence if fits and (sure or is_titled(head.rstrip("."))) else None
    fits = word_count(rest) <= 22 and (sure or is_titled(rest))
    return len(rest) if fits else None

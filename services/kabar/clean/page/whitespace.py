"""White space in a parsed page: line breaks of the source are none of the text, as browsers show it."""

from __future__ import annotations

from lxml.html import HtmlElement

_AS_WRITTEN = ("pre", "textarea", "script", "style")


def collapse(tree: HtmlElement) -> None:
    """Make one space of every run of white space that holds a line break, in place; not inside <pre>.

    Extractors keep the line breaks of hard-wrapped sources, which then look like ends of paragraphs.
    """
    kept = {inner for name in _AS_WRITTEN for outer in tree.iter(name) for inner in outer.iter()}
    for element in tree.iter():
        text, tail = element.text, element.tail
        if text and "\n" in text and element not in kept:
            element.text = _on_one_line(text)
        if tail and "\n" in tail and (not kept or element.getparent() not in kept):
            element.tail = _on_one_line(tail)


def _on_one_line(text: str) -> str:
    line = " ".join(text.split())
    if not line:
        return " "
    return f"{' ' * text[0].isspace()}{line}{' ' * text[-1].isspace()}"

"""Reads a page as a browser would, and finds what must not be there."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "img"}
ALLOWED = {
    "html", "head", "meta", "title", "link", "script", "body", "a", "header", "div", "nav", "ul", "ol", "li", "main",
    "footer", "p", "form", "label", "input", "select", "option", "button", "details", "summary", "code", "span",
    "section", "article", "aside", "h1", "h2", "h3", "strong", "mark", "time", "bdi", "q", "dl", "dt", "dd", "table",
    "thead", "tbody", "tfoot", "tr", "th", "td", "figure", "figcaption", "svg", "desc", "line", "rect", "ins", "del",
    "pre", "br",
}  # fmt: skip


class Page(HTMLParser):
    """Elements with their attributes, the text of the page, and whether every element was closed."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self.texts = []
        self.open = []
        self.problems = []
        self.feed(html)
        self.close()
        if self.open:
            self.problems.append(f"never closed: {self.open}")

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.problems.append(f"{tag} has an attribute twice: {names}")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing")

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def all(self, tag, **attributes):
        return [a for t, a in self.elements if t == tag and all(a.get(k) == v for k, v in attributes.items())]

    def hrefs(self):
        return [a["href"] for t, a in self.elements if "href" in a]


def faults(html):
    """Everything on a page that a strict reader objects to; [] = none."""
    page = Page(html)
    found = list(page.problems)
    for tag, attributes in page.elements:
        if tag not in ALLOWED:
            found.append(f"<{tag}>")
        found += [
            f"{tag} {name}" for name in attributes if name.startswith("on") or name in ("style", "srcdoc")
        ]
        target = attributes.get("href") or attributes.get("src") or attributes.get("action") or "/"
        if not target.startswith(("/", "#", "https://", "http://")) or target.startswith("//"):
            found.append(f"{tag} leads to {target}")
        if target.startswith("http") and attributes.get("rel") != "noopener noreferrer nofollow":
            found.append(f"{tag} leads out with rel={attributes.get('rel')}")
        if tag == "script" and not attributes.get("src", "").startswith("/static/"):
            found.append("script inline")
    ids = [a["id"] for _, a in page.elements if "id" in a]
    found += [f"id {one} twice" for one in set(ids) if ids.count(one) > 1]
    inputs = {a.get("id") for t, a in page.elements if t in ("input", "select") and a.get("type") != "hidden"}
    found += [f"no label for {one}" for one in inputs - {a.get("for") for a in page.all("label")}]
    if len(page.all("h1")) != 1 or len(page.all("main")) != 1:
        found.append("one h1 and one main")
    return found

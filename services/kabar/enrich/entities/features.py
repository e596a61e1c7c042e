"""What the entity tagger sees of a token, and which tokens it sees at all.

Only *candidates* are tagged: runs of tokens with a capital letter, with the connectives inside a name ("Kementerian
Pemberdayaan Perempuan **dan** Perlindungan Anak") and a lower-case kind of place before it ("**desa** Sukamaju").
Everything else is no entity by definition; it is seen only as a neighbour. That is a quarter of the work, and what
makes one article a matter of a millisecond. Model and training use this module alike.

Each form's features are made once and kept as bytes, the shape the CRF library takes without converting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kabar.enrich.gazetteer import Gazetteer
from kabar.enrich.lexicon import Lexicon

Item = list[bytes]
"""The features of one token, in the order the CRF library is given them."""

SEPARATOR: Item = [b"|"]
"""Stands between two runs: whatever is left out there was no entity."""

MAX_LINKS = 3
"""Connectives in a row inside a name."""
_MAX_FORMS = 40_000
"""Forms kept; beyond that the memory is emptied and starts again. A form takes about 1 kB."""
_LARGE_TOWN = 150_000
_EDGE = "\x00"


class Form(NamedTuple):
    """A surface form with everything that depends on it alone."""

    own: Item
    """As the token itself; empty for a form that can be in no candidate."""
    before: Item
    """As the token before."""
    after: Item
    """As the token after."""
    far_before: bytes
    far_after: bytes
    capital: bool
    link: bool
    """May stand inside a name between capitalised tokens."""
    lower_head: bool
    """A kind of place or organisation that belongs to the name after it though it is in lower case."""


def shape(form: str) -> str:
    """Letters and digits as classes, repeats shortened: ``Xx``, ``XX``, ``X.``, ``d``, ``x``, ``XxX``."""
    out: list[str] = []
    for char in form[:20]:
        kind = "X" if char.isupper() else "x" if char.isalpha() else "d" if char.isdigit() else char
        if not out or out[-1] != kind:
            out.append(kind)
    length = "+" if form.isupper() and len(form) > 1 else ""
    return "".join(out[:5]) + length


class FeatureMaker:
    """Turns token forms into the tagger's input.

    Args:
        words: The word lists.
        places: The gazetteer; single words and pairs of words are looked up.
    """

    def __init__(self, words: Lexicon, places: Gazetteer) -> None:
        self._words = words
        self._places = places
        self._forms: dict[str, Form] = {}
        self._shared: dict[bytes, bytes] = {}
        self._pairs: dict[tuple[str, str], bool] = {}
        self._edge = self._make(_EDGE)

    def form(self, text: str) -> Form:
        """The features of a form; the same object for the same text."""
        found = self._forms.get(text)
        if found is None:
            if len(self._forms) >= _MAX_FORMS:
                self._forms.clear()
                self._shared.clear()
            found = self._forms[text] = self._make(text)
        return found

    def _make(self, text: str) -> Form:
        lowered = text.lower()
        words = self._words
        capital = not text.islower() and any(c.isupper() for c in text)
        link = lowered in words.connectives or text.isdigit()
        lower_head = text in words.place_lower_heads
        near = [f"w={lowered}", f"s={shape(text)}", *self._lists(text, lowered)]
        own = [*near, *_affixes(lowered)] if capital or link or lower_head else []
        return Form(
            own=self._encoded("", own),
            before=self._encoded("-1", near),
            after=self._encoded("+1", near),
            far_before=f"-2w={lowered}".encode(),
            far_after=f"+2w={lowered}".encode(),
            capital=capital,
            link=link,
            lower_head=lower_head,
        )

    def _encoded(self, prefix: str, features: Sequence[str]) -> Item:
        """Features as bytes, equal ones as one object: forms share their affixes and lists."""
        made = [f"{prefix}{feature}".encode() for feature in features]
        return [self._shared.setdefault(feature, feature) for feature in made]

    def _lists(self, text: str, lowered: str) -> list[str]:
        """Membership in the word lists and in the gazetteer."""
        words = self._words
        tests = {
            "role": lowered in words.role_heads,
            "roles": lowered in words.role_rest,
            "orgh": lowered in words.organization_heads,
            "orgt": lowered in words.organization_tails,
            "outlet": lowered in words.outlets,
            "plh": lowered in words.place_heads,
            "plt": lowered in words.place_tails,
            "cal": lowered in words.calendar,
            "never": lowered in words.never,
            "common": lowered in words.common,
            "say": lowered in words.speech,
            "prep": text in words.prepositions,
            "given": lowered in words.given_names,
            "family": lowered in words.family_names,
            "people": lowered in self._places.people,
        }
        return [name for name, holds in tests.items() if holds] + self._place(text)

    def _place(self, text: str) -> list[str]:
        if not text[:1].isupper():
            return []
        sites = self._places.lookup(text)
        if not sites:
            return []
        first = sites[0]
        if first.trusted:
            return ["gaz", f"gaz={first.kind}"]
        return ["gaz=large" if first.population >= _LARGE_TOWN else "gaz=town"]

    def _pair(self, left: str, right: str) -> bool:
        """Whether two words together are a place of the hand-written lists ("Jawa Barat")."""
        found = self._pairs.get((left, right))
        if found is None:
            if len(self._pairs) >= _MAX_FORMS:
                self._pairs.clear()
            found = self._pairs[left, right] = self._places.trusted(f"{left} {right}")
        return found

    # ------------------------------------------------------------ sentences

    def runs(self, forms: Sequence[Form]) -> Iterator[tuple[int, int]]:
        """The candidates of one sentence as index ranges, in order, not touching each other."""
        index, total = 0, len(forms)
        while index < total:
            if not forms[index].capital:
                index += 1
                continue
            start = index - 1 if index and forms[index - 1].lower_head else index
            end = index + 1
            while (step := _links_to_capital(forms, end)) >= 0:
                end += step + 1
            yield start, end
            index = end

    def items(self, texts: Sequence[str], forms: Sequence[Form], run: tuple[int, int]) -> list[Item]:
        """The tagger's input for one run of a sentence.

        Args:
            texts: The surface forms of the whole sentence.
            forms: Their features, one for one.
            run: A range of :meth:`runs`.
        """
        total, edge = len(forms), self._edge
        out: list[Item] = []
        for i in range(*run):
            item = forms[i].own + (forms[i - 1] if i else edge).before
            item += (forms[i + 1] if i + 1 < total else edge).after
            item.append((forms[i - 2] if i > 1 else edge).far_before)
            item.append((forms[i + 2] if i + 2 < total else edge).far_after)
            if i > run[0] and self._pair(texts[i - 1], texts[i]):
                item.append(b"gaz2I")
            if i + 1 < run[1] and self._pair(texts[i], texts[i + 1]):
                item.append(b"gaz2B")
            out.append(item)
        return out


def _affixes(lowered: str) -> Iterator[str]:
    for length in (2, 3):
        if len(lowered) > length:
            yield f"<{lowered[:length]}"
    for length in (2, 3, 4):
        if len(lowered) > length:
            yield f">{lowered[-length:]}"


def _links_to_capital(forms: Sequence[Form], start: int) -> int:
    """How many connectives stand at ``start`` before the next capitalised token; -1 when the run ends there."""
    for count in range(MAX_LINKS + 1):
        at = start + count
        if at >= len(forms):
            return -1
        if forms[at].capital:
            return count
        if not forms[at].link:
            return -1
    return -1

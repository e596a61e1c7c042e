"""Which names mean the same: parts of a person's name, abbreviations with their expansion, spellings of a place.

The result maps each surface string of the article to one name. Where two names fit, nothing is merged.
"""

from __future__ import annotations

import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

from kabar.enrich.entities.draft import Draft, Kind, Mention
from kabar.enrich.gazetteer import gazetteer, place_key, read_data
from kabar.enrich.lexicon import lexicon

Key = tuple[Kind, str]
"""Type and surface string, blanks as single spaces."""

_LONGEST_ABBREVIATION = 10
_LONGEST_CODE = 4
_MOST_OWNERS = 20
"""Full names that are kept for one word: more say nothing about it."""
_LEGAL_FORMS = frozenset({"pt", "cv", "tbk", "persero", "inc", "ltd", "llc", "plc", "corp", "gmbh", "."})
_GENERIC_PLACES = frozenset({"kota", "kabupaten", "kab", "provinsi", "negara"})


@cache
def nicknames() -> dict[str, str]:
    """Short forms that news uses without explaining them."""
    table: dict[str, str] = tomllib.loads(read_data("persons.toml").decode())["nicknames"]
    return table


def unify(draft: Draft, mentions: Sequence[Mention]) -> dict[Key, str]:
    """The unified name of every surface string among the mentions."""
    counts = Counter(key_of(draft, mention) for mention in mentions)
    names = {key: key[1] for key in counts}
    listed = {key_of(draft, m): m.name for m in mentions if m.name}
    names.update(listed)
    _merge_persons(counts, names)
    _merge_organizations(counts, names)
    _spell_places(draft, names)
    _merge_places(counts, names)
    for short, long in abbreviations(draft, mentions).items():
        if short not in names or long not in names:
            continue
        if short in listed and long not in listed:
            names[long] = names[short]
        else:
            names[short] = names[long]
    return names


def key_of(draft: Draft, mention: Mention) -> Key:
    """Type and surface of a mention."""
    return mention.kind, " ".join(draft.surface(mention.first, mention.last).split())


# ---------------------------------------------------------------- persons


def _merge_persons(counts: Mapping[Key, int], names: dict[Key, str]) -> None:
    """Parts of a name join the one full name they fit: "Putin" and "V. Putin" join "Vladimir Putin"."""
    persons = [(key, tuple(key[1].casefold().split())) for key in counts if key[0] == "person"]
    full = sorted((p for p in persons if len(p[1]) > 1), key=lambda p: (-len(p[0][1]), -counts[p[0]], p[0]))
    owners: dict[str, list[Key]] = defaultdict(list)
    for key, words in full:
        wider = {
            names[k] for k in owners[words[-1]] + owners[words[0]] if _is_part(words, k[1].casefold().split())
        }
        if len(wider) == 1:
            names[key] = wider.pop()
        else:
            for word in dict.fromkeys(words):
                if len(owners[word]) < _MOST_OWNERS:
                    owners[word].append(key)
    for key, words in persons:
        if len(words) == 1:
            names[key] = _owner(words[0], key, owners, names)


def _is_part(short: Sequence[str], long: Sequence[str]) -> bool:
    """Whether a shorter name stands for a longer one.

    It is its beginning ("Veda Ega" of "Veda Ega Pratama"), or keeps the last word and leaves out or shortens words
    before it ("V. Putin", "George Bush").
    """
    if len(short) < len(long) and list(short) == list(long[: len(short)]):
        return True
    if short[-1] != long[-1] or len(short) > len(long):
        return False
    rest = iter(long[:-1])
    return all(any(word == other or word.rstrip(".") == other[0] for other in rest) for word in short[:-1])


def _owner(word: str, key: Key, owners: Mapping[str, list[Key]], names: Mapping[Key, str]) -> str:
    full = {names[owner] for owner in owners.get(word, ())}
    if len(full) > 1:
        full = {names[owner] for owner in owners[word] if owner[1].casefold().split()[-1] == word}
    if len(full) == 1:
        return full.pop()
    return nicknames().get(key[1], key[1]) if not full else key[1]


# ---------------------------------------------------------------- organisations and places


def _merge_organizations(counts: Mapping[Key, int], names: dict[Key, str]) -> None:
    """The same words without legal form are the same company; the name that stands most often is kept."""
    _merge_by(counts, names, "organization", _company)


def _company(name: str) -> str:
    words = [
        word
        for word in name.casefold().replace(".", " ").replace("(", " ").split()
        if word not in _LEGAL_FORMS
    ]
    return " ".join(words[1:] if words[:1] == ["the"] else words)


def _spell_places(draft: Draft, names: dict[Key, str]) -> None:
    """A place in capitals ("JAKARTA -") gets the spelling of the gazetteer."""
    for key, name in names.items():
        if key[0] == "place" and name.isupper() and len(name) > _LONGEST_CODE:
            sites = gazetteer().lookup(name, draft.doc.language)
            if sites:
                names[key] = sites[0].name(draft.doc.language)


def _merge_places(counts: Mapping[Key, int], names: dict[Key, str]) -> None:
    """The same words without the generic one before ("Kota Bogor", "Bogor") are the same place."""
    _merge_by(counts, names, "place", _bare_place)


def _bare_place(name: str) -> str:
    key = place_key(name)
    head, _, rest = key.partition(" ")
    return rest if rest and head in _GENERIC_PLACES else key


def _merge_by(
    counts: Mapping[Key, int], names: dict[Key, str], kind: Kind, bare: Callable[[str], str]
) -> None:
    groups: dict[str, list[Key]] = defaultdict(list)
    for key in counts:
        if key[0] == kind:
            groups[bare(names[key])].append(key)
    for same, keys in groups.items():
        if same and len(keys) > 1:
            best = min(
                keys, key=lambda k: (names[k].isupper() and " " in names[k], -counts[k], len(names[k]), k)
            )
            for key in keys:
                names[key] = names[best]


# ---------------------------------------------------------------- abbreviations


def abbreviations(draft: Draft, mentions: Iterable[Mention]) -> dict[Key, Key]:
    """Abbreviations explained in the text, in either order: "Komisi X (KX)", "KX (Komisi X)"."""
    out: dict[Key, Key] = {}
    for mention in mentions:
        inner = bracketed(draft, mention.last)
        if inner is None:
            continue
        outside, inside = draft.surface(mention.first, mention.last), draft.surface(*inner)
        for short, long in ((inside, outside), (outside, inside)):
            if abbreviates(short, long):
                out[mention.kind, short] = (mention.kind, " ".join(long.split()))
                break
    return out


def bracketed(draft: Draft, token: int) -> tuple[int, int] | None:
    """The tokens between brackets that open at ``token``, at most six."""
    forms = draft.forms
    if token >= len(forms) or forms[token] != "(":
        return None
    for last in range(token + 2, min(token + 8, len(forms))):
        if forms[last] == ")":
            return token + 1, last
    return None


def abbreviates(short: str, long: str) -> bool:
    """Whether ``short`` abbreviates ``long``: its letters in order, the first at the beginning, most at word starts.

    After Schwartz and Hearst (2003), reading from the end, with their rule that the first letter begins the long
    form's first word.
    """
    letters = [c for c in short.casefold() if c.isalnum()]
    capitals = sum(c.isupper() for c in short)
    words = [word for word in long.casefold().replace("-", " ").split() if word]
    plain = [word for word in words if word not in lexicon().connectives]
    if (
        not 2 <= len(letters) <= _LONGEST_ABBREVIATION
        or capitals < 2
        or " " in short.strip()
        or len(plain) < 2
    ):
        return False
    if "".join(word[0] for word in plain) == "".join(letters) or "".join(
        word[0] for word in words
    ) == "".join(letters):
        return True
    return letters[0] == words[0][0] and _in_order(letters, " ".join(words)) and len(letters) >= len(plain)


def _in_order(letters: Sequence[str], text: str) -> bool:
    rest = iter(text)
    return all(any(letter == char for char in rest) for letter in letters)

"""The oracle: what was promised for each registered observation, held against what is there in the end.

Pure. An acknowledged observation is an obligation; there is no tolerance and no "eventually": judged is what lies in
the log and in the index after the last fault was cured and everything had time to be worked off.

The rules, each the name of a violation:

- ``lost``: an obligation without an outcome, ``contradiction``: one with two different ones, ``wrong_outcome``: one
  that ended otherwise than it must, ``unknown_outcome``: an outcome of something nobody registered;
- ``no_letter``: dead without a dead letter, ``needless_letter``: a letter of something that did not die;
- ``missing_document``, ``wrong_content``, ``wrong_version``, ``wrong_status``, ``unknown_document``,
  ``two_documents`` (one article in two indices);
- ``missing_version``, ``unknown_version``: the versions are those that were indexed, all of them, numbered from 1.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

INDEXED = frozenset({"indexed"})
GENERATIONS = 1_000
"""``_version`` is the observation time (ms) x 1000 + generation: the rule of the design, written down once more."""


@dataclass(frozen=True)
class Expected:
    """One registered observation."""

    observation_id: str
    what: str
    """For a human: ``first 12``, ``kill 7``, ``poison news.clean``."""
    article_id: str | None = None
    """None = it is no article message."""
    observed_at: int = 0
    title: str = ""
    text: str = ""
    kill: bool = False
    outcomes: frozenset[str] = INDEXED
    """One of these."""


@dataclass(frozen=True)
class Outcome:
    """One record of the outcomes topic."""

    observation_id: str
    outcome: str


@dataclass(frozen=True)
class Document:
    """One document of the article indices."""

    index: str
    article_id: str
    version_key: int
    version: int
    status: str
    title: str
    text: str
    observation_id: str


@dataclass(frozen=True)
class Version:
    """One document of the version indices."""

    index: str
    article_id: str
    observation_id: str
    version_key: int
    version: int


@dataclass(frozen=True)
class Found:
    """What is there."""

    outcomes: Sequence[Outcome] = ()
    """In the order of the log."""
    letters: frozenset[str] = frozenset()
    """Observations with an open dead letter."""
    documents: Sequence[Document] = ()
    versions: Sequence[Version] = ()


@dataclass(frozen=True)
class Violation:
    """A broken promise."""

    rule: str
    subject: str
    says: str


@dataclass
class Registered:
    """What was sent. ``doubtful``: sent, and whether it arrived is not known; it may have any fate."""

    obligations: Mapping[str, Expected]
    doubtful: Mapping[str, Expected] = field(default_factory=dict)


def judge(registered: Registered, found: Found) -> list[Violation]:
    """Every broken promise, in the order of the rules."""
    endings: dict[str, list[str]] = defaultdict(list)
    for outcome in found.outcomes:
        endings[outcome.observation_id].append(outcome.outcome)
    return [
        *_outcomes(registered, endings),
        *_letters(endings, found.letters),
        *_documents(registered, endings, found.documents),
        *_versions(registered, endings, found.versions),
    ]


def _outcomes(registered: Registered, endings: Mapping[str, Sequence[str]]) -> Iterator[Violation]:
    for name, expected in registered.obligations.items():
        said = endings.get(name)
        if not said:
            yield Violation("lost", name, f"{expected.what}: no outcome")
            continue
        if len(set(said)) > 1:
            yield Violation("contradiction", name, f"{expected.what}: {' then '.join(said)}")
        if said[-1] not in expected.outcomes:
            allowed = " or ".join(sorted(expected.outcomes))
            yield Violation("wrong_outcome", name, f"{expected.what}: {said[-1]}, not {allowed}")
    for name, said in endings.items():
        if name not in registered.obligations and name not in registered.doubtful:
            yield Violation("unknown_outcome", name, f"{said[-1]}, and nobody registered it")


def _letters(endings: Mapping[str, Sequence[str]], letters: frozenset[str]) -> Iterator[Violation]:
    dead = {name for name, said in endings.items() if said[-1] == "dead"}
    for name in sorted(dead - letters):
        yield Violation("no_letter", name, "dead, and there is no dead letter")
    for name in sorted(letters - dead):
        yield Violation("needless_letter", name, "a dead letter of something that did not die")


def _indexed(
    registered: Registered, endings: Mapping[str, Sequence[str]]
) -> tuple[dict[str, list[Expected]], set[str]]:
    """Article -> its indexed observations by time; and the articles of which something is doubtful.

    An obligation that must be indexed counts even if it was not: its document is missing, whatever its outcome says.
    """
    articles: dict[str, list[Expected]] = defaultdict(list)
    for name, expected in registered.obligations.items():
        if expected.article_id is not None and (
            expected.outcomes == INDEXED or (endings.get(name) or [""])[-1] == "indexed"
        ):
            articles[expected.article_id].append(expected)
    for versions in articles.values():
        versions.sort(key=lambda one: one.observed_at)
    doubtful = {one.article_id for one in registered.doubtful.values() if one.article_id is not None}
    return dict(articles), doubtful


def _documents(
    registered: Registered, endings: Mapping[str, Sequence[str]], documents: Sequence[Document]
) -> Iterator[Violation]:
    articles, doubtful = _indexed(registered, endings)
    by_id = {document.article_id: document for document in documents}
    for name, count in Counter(document.article_id for document in documents).items():
        if count > 1:
            where = ", ".join(sorted(one.index for one in documents if one.article_id == name))
            yield Violation("two_documents", name, f"in {where}")
    for name in sorted(by_id.keys() - articles.keys() - doubtful):
        yield Violation("unknown_document", name, f"in {by_id[name].index}: {by_id[name].title[:60]!r}")
    for name, versions in articles.items():
        document = by_id.get(name)
        if document is None:
            yield Violation("missing_document", name, versions[-1].what)
        elif name not in doubtful:
            yield from _document(document, versions)


def _document(document: Document, versions: Sequence[Expected]) -> Iterator[Violation]:
    newest = versions[-1]
    name, key = document.article_id, newest.observed_at * GENERATIONS
    if (document.version_key, document.observation_id) != (key, newest.observation_id):
        yield Violation(
            "wrong_version", name,
            f"{newest.what}: shows observation {document.observation_id} under {document.version_key}, "
            f"the newest is {newest.observation_id} under {key}",
        )  # fmt: skip
        return
    if document.version != len(versions):
        yield Violation(
            "wrong_version", name, f"{newest.what}: is number {document.version} of {len(versions)}"
        )
    status = "killed" if newest.kill else "updated" if len(versions) > 1 else "active"
    if document.status != status:
        yield Violation("wrong_status", name, f"{newest.what}: {document.status}, not {status}")
    wanted = ("", "") if newest.kill else (newest.title, newest.text)
    if (document.title, document.text) != wanted:
        yield Violation(
            "wrong_content", name, f"{newest.what}: {document.title[:40]!r} {document.text[:80]!r}"
        )


def _versions(
    registered: Registered, endings: Mapping[str, Sequence[str]], versions: Sequence[Version]
) -> Iterator[Violation]:
    articles, doubtful = _indexed(registered, endings)
    found: dict[str, list[Version]] = defaultdict(list)
    for version in versions:
        found[version.article_id].append(version)
    for name, expected in articles.items():
        if name in doubtful:
            continue
        there = {(one.observation_id, one.version_key, one.version) for one in found[name]}
        wanted = {
            (one.observation_id, one.observed_at * GENERATIONS, number)
            for number, one in enumerate(expected, 1)
        }
        yield from (Violation("missing_version", name, _shown(one)) for one in sorted(wanted - there))
        yield from (Violation("unknown_version", name, _shown(one)) for one in sorted(there - wanted))
        if len(found[name]) > len(there):
            yield Violation("unknown_version", name, "one version twice")
    for name in sorted(found.keys() - articles.keys() - doubtful):
        yield Violation("unknown_version", name, f"{len(found[name])} versions of an unknown article")


def _shown(version: tuple[str, int, int]) -> str:
    observation, key, number = version
    return f"number {number}: observation {observation} under {key}"


def summary(violations: Iterable[Violation], limit: int = 5) -> str:
    """Counts, and the first few of each rule."""
    by_rule: dict[str, list[Violation]] = defaultdict(list)
    for violation in violations:
        by_rule[violation.rule].append(violation)
    lines = []
    for rule, some in by_rule.items():
        lines.append(f"{rule}: {len(some)}")
        lines += [f"  {one.subject} {one.says}" for one in some[:limit]]
    return "\n".join(lines)

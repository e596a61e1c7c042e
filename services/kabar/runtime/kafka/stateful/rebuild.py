"""``kabar state rebuild``: refills dedupe's ledger from the index, after its changelog was lost.

What comes back is identity: versions, kills, sources, stories. What does not are the windows: texts, signatures and
open stories of the last days. Until new ones have come in, an update cannot be told from a typo, copies of articles
before the loss are not found, and new articles open new stories.

It writes in transactions under dedupe's own id, so no dedupe worker can write at the same time, and marks its
beginning and its end: what was cut off in between is never taken for a whole memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from kabar.dedupe.identity.ledger import Entry, unpack
from kabar.dedupe.state import LEDGER
from kabar.errors import UsageError
from kabar.index.elasticsearch.client import connect
from kabar.index.elasticsearch.names import IndexNames
from kabar.runtime.kafka import topics
from kabar.runtime.kafka.clients import admin, broker_errors, names
from kabar.runtime.kafka.cluster import Cluster
from kabar.runtime.kafka.lag import lags
from kabar.runtime.kafka.records import Record
from kabar.runtime.kafka.stateful.changelog import HARNESS_KEY, Progress, Replayed, replay
from kabar.runtime.kafka.stateful.dedupe import CHANGELOG, indexed_articles
from kabar.runtime.kafka.stateful.known import Known, known_articles
from kabar.runtime.kafka.stateful.transactions import Transactions
from kabar.settings import Settings

STAGE: Final = "dedupe"
BEHIND: Final = ("enrich", "index")
"""Stages that hold articles dedupe knew and the index does not know yet."""


class Rebuilt(Struct, frozen=True):
    """What was done, or would be."""

    articles: int
    """Found in the index."""
    written: int
    """Entries, those of killed articles too."""
    killed: int
    kept: int
    """The changelog knew a version at least as new."""


class Memory(Struct, frozen=True):
    """What the changelog holds."""

    records: int
    """In the topic, outdated ones too."""
    bytes: int
    keys: dict[str, int]
    """By kind."""
    ticked: int
    """The last tick, ms; 0 = none."""
    newest: int
    """The largest ``observed_at``, ms; 0 = none."""
    rebuilding: bool
    workers: int
    """Processes of the stage: the active one and those that stand by."""


KINDS: Final = {
    b"g": "clock", b"a": "ledger", b"o": "decisions", b"t": "texts", b"w": "words of texts",
    b"s": "signatures", b"c": "stories", b"m": "merged stories",
}  # fmt: skip


def show(settings: Settings) -> Memory:
    """What is in the changelog; reads all of it.

    Raises:
        NotPrepared: it is missing.
        BrokerError: no broker answers, or it refuses us.
    """
    topics.check(settings, [CHANGELOG])
    found = replay(settings, CHANGELOG)
    keys: dict[str, int] = {}
    for key in found.records:
        kind = KINDS.get(key[:1], "unknown")
        keys[kind] = keys.get(kind, 0) + 1
    progress = found.progress
    return Memory(
        found.read,
        found.bytes,
        keys,
        progress.ticked,
        progress.newest,
        progress.rebuilding,
        workers(settings),
    )


def rebuild(
    settings: Settings,
    *,
    dry_run: bool = False,
    force: bool = False,
    say: Callable[[int, int], None] = lambda _done, _all: None,
) -> Rebuilt:
    """Refill the ledger.

    Args:
        settings: where Kafka and Elasticsearch are.
        dry_run: write nothing.
        force: although a worker is active, the stages behind have not caught up, or the changelog is not empty.
            A worker that is active is fenced off and replays what is written here; entries the changelog has that
            are at least as new stay as they are.
        say: told how many articles of how many were read.

    Raises:
        UsageError: it would be wrong now, without ``force``.
        NotPrepared: topics or the index are missing.
        BrokerError: no broker answers, or it refuses us.
        IndexUnavailable: Elasticsearch does not answer.
    """
    topics.check(settings, [CHANGELOG])
    if not force:
        _refuse_if_at_work(settings)
    if dry_run:
        found = replay(settings, CHANGELOG)
        _refuse_if_full(found, force=force)
        return _rebuild(settings, found, None, say)
    transactions = Transactions(settings, STAGE)
    try:
        found = replay(settings, CHANGELOG)
        _refuse_if_full(found, force=force)
        return _rebuild(settings, found, transactions, say)
    finally:
        transactions.close()


def workers(settings: Settings) -> int:
    """How many dedupe processes there are.

    Raises:
        BrokerError: no broker answers, or it refuses us.
    """
    group = names(settings).group(STAGE)
    client = admin(settings)
    try:
        with broker_errors():
            described = client.describe_groups([group])
    finally:
        client.close()
    return sum(len(one["members"]) for one in described.values())


def _rebuild(
    settings: Settings,
    found: Replayed,
    transactions: Transactions | None,
    say: Callable[[int, int], None],
) -> Rebuilt:
    total = indexed_articles(settings)
    articles = written = killed = 0
    for page in _pages(settings) if total else ():
        fresh = [one for one in page if _is_news(one, found)]
        articles, written = articles + len(page), written + len(fresh)
        killed += sum(entry.killed for _, entry in fresh)
        if transactions is not None:
            _write(transactions, [_record(one) for one in fresh], found.progress, ended=False)
        say(articles, total)
    if transactions is not None:
        _write(transactions, [], found.progress, ended=True)
    return Rebuilt(articles, written, killed, articles - written)


def _pages(settings: Settings) -> Iterator[list[Known]]:
    client = connect(settings)
    try:
        yield from known_articles(client, IndexNames(settings.index_prefix))
    finally:
        client.close()


def _is_news(one: Known, found: Replayed) -> bool:
    """Whether the index knows more than the changelog."""
    article, entry = one
    packed = found.records.get(LEDGER + article)
    return packed is None or unpack(packed).version_at < entry.version_at


def _record(one: Known) -> Record:
    article, entry = one
    assert isinstance(entry, Entry)
    return Record(CHANGELOG, LEDGER + article, entry.pack())


def _write(transactions: Transactions, records: Sequence[Record], progress: Progress, *, ended: bool) -> None:
    mark = Progress(progress.ticked, progress.newest, rebuilding=not ended)
    transactions.commit([*records, Record(CHANGELOG, HARNESS_KEY, mark.encode())], {}, None)


def _refuse_if_at_work(settings: Settings) -> None:
    active = workers(settings)
    if active:
        raise UsageError(
            f"{active} dedupe worker{'s are' if active > 1 else ' is'} active",
            hint="stop them first; with --force they are fenced off and go on with what is written here",
        )
    waiting = _waiting(settings)
    if waiting:
        raise UsageError(
            f"the index does not know everything yet: {waiting}",
            hint="let these workers catch up first (`kabar topics describe`); "
            "with --force articles under way may get a version 1 again",
        )


def _waiting(settings: Settings) -> str:
    with Cluster(settings) as cluster:
        places = [
            (name, number)
            for name in ("news.deduped", "news.enriched")
            if (there := cluster.found([name])[name]) is not None
            for number in range(there.partitions)
        ]
        behind = lags(settings, cluster, cluster.offsets(places))
    found = {stage: sum(lag.behind for lag in behind if lag.stage == stage) for stage in BEHIND}
    return ", ".join(f"'{stage}' is {count:,} messages behind" for stage, count in found.items() if count)


def _refuse_if_full(found: Replayed, *, force: bool) -> None:
    if found.empty or found.progress.rebuilding or force:
        return
    raise UsageError(
        f"{CHANGELOG} is not empty: it has {len(found.records):,} keys",
        hint="nothing needs to be rebuilt; with --force what the index knows better is added",
    )

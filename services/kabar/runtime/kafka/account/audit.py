"""``kabar audit`` on the log: every accepted observation has exactly one outcome or is still on its way.

The order of reading makes it right while everything runs. An observation only moves forward, and what it becomes is
in the log before the place it came from is committed: so the topics are read in the order of the stages, from what
each group has committed on, and the outcomes last. What was not seen waiting must have an outcome by then.

What it cannot say: observations whose message has left ``news.raw`` (its retention) are not in the account, nor those
accepted before the oldest outcome that is still known. Ids are held as eight bytes each, nothing else grows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from kabar.contracts.letters import DeadLetter, Ending
from kabar.contracts.message import Header
from kabar.contracts.types import SCHEMA_VERSION
from kabar.runtime.kafka.account.accounts import Account, Audit, Bag, Endings, balance
from kabar.runtime.kafka.account.witness import BATCH, Witness
from kabar.runtime.kafka.clients import names
from kabar.runtime.kafka.cluster import Cluster
from kabar.runtime.kafka.names import INPUT
from kabar.runtime.kafka.records import TICK_KEY, foreign_observation, position, read_letter
from kabar.runtime.kafka.scan import Scan
from kabar.settings import Settings

RAW: Final = "news.raw"
OUTCOMES: Final = "news.outcomes"
DEAD: Final = "news.dead"

Report = Callable[[str, int, int], None]
"""Topic, records read, records to read (at most: holes count)."""


class _Found(Struct):
    """What reading adds up."""

    account: Account
    horizon: int = 0
    """Nothing accepted before is judged, ms: outcomes from then on are known."""
    too_old: int = 0
    since: int | None = None


def audit(settings: Settings, *, report: Report = lambda *_: None) -> Audit:
    """Check the account.

    Raises:
        EnvironmentError_: Kafka or Elasticsearch does not answer, or a topic is missing.
    """
    found = _Found(Account(Bag(), {stage: Bag() for stage in INPUT}, Endings(), Bag(), Bag(), Bag(), set()))
    with ExitStack() as stack:
        witness = stack.enter_context(Witness(settings)) if settings.elasticsearch_url else None
        cluster = stack.enter_context(Cluster(settings))
        letters = stack.enter_context(Scan(settings, cluster, DEAD))
        outcomes = stack.enter_context(Scan(settings, cluster, OUTCOMES))
        accepted_until = letters.end()
        found.horizon = _horizon(outcomes)
        for stage, topic in INPUT.items():
            known = cluster.committed(names(settings).group(stage))
            committed = {number: at for (name, number), at in known.items() if name == topic}
            with Scan(settings, cluster, topic) as scan:
                _read_stage(scan, stage, committed, found, report)
        _read_outcomes(outcomes, witness, found, report)
        _read_letters(letters, accepted_until, found, report)
        if witness is not None:
            found.account.doubled.update(witness.doubled)
    return balance(found.account, too_old=found.too_old, since=found.since, index_checked=witness is not None)


def _horizon(outcomes: Scan) -> int:
    """When the oldest outcome was written that is still known; 0 = none was forgotten."""
    first, end = outcomes.first(), outcomes.end()
    oldest: dict[int, int] = {}
    if any(first.values()):
        for record in outcomes.read(first, end):
            oldest.setdefault(record.partition, record.timestamp)
            if len(oldest) == len(first):
                break
    return max(oldest.values(), default=0)


def _read_stage(scan: Scan, stage: str, committed: Mapping[int, int], found: _Found, report: Report) -> None:
    """What lies unread before a stage; before the first one, also everything that was accepted."""
    topic, first, end = INPUT[stage], scan.first(), scan.end()
    unread = {number: max(at, committed.get(number, 0)) for number, at in first.items()}
    begin = first if topic == RAW else unread
    for record in _told(scan.read(begin, end), topic, begin, end, report):
        if record.value is None or record.key == TICK_KEY:
            continue
        observation = _observation(record, topic)
        if topic == RAW and not _accept(found, observation, record.timestamp):
            continue
        if record.offset >= unread[record.partition]:
            found.account.waiting[stage].add(observation)


def _accept(found: _Found, observation: str, at: int) -> bool:
    """Take it into the account, unless it is too old to be judged."""
    if at < found.horizon:
        found.too_old += 1
        return False
    found.account.accepted.add(observation)
    found.since = at if found.since is None else min(at, found.since)
    return True


def _read_outcomes(scan: Scan, witness: Witness | None, found: _Found, report: Report) -> None:
    """Endings; what they claim of the index is looked up as they come."""
    first, end = scan.first(), scan.end()
    if witness is not None:
        witness.refresh()  # what is claimed up to here was written before
    batch: list[Ending] = []
    for record in _told(scan.read(first, end), OUTCOMES, first, end, report):
        ending = _ending(record)
        if ending is None:
            continue
        found.account.endings.add(ending)
        if witness is not None and ending.outcome == "indexed":
            batch.append(ending)
            if len(batch) == BATCH:
                _look_up(witness, batch, found.account)
                batch = []
    if witness is not None and batch:
        _look_up(witness, batch, found.account)


def _look_up(witness: Witness, batch: list[Ending], account: Account) -> None:
    missing = witness.missing(batch)
    for observation in missing.versions:
        account.without_version.add(observation)
    for observation in missing.documents:
        account.without_document.add(observation)


def _read_letters(scan: Scan, accepted_until: Mapping[int, int], found: _Found, report: Report) -> None:
    """Letters, which justify outcomes; those of ``accept`` were accepted and are in no topic."""
    first, end = scan.first(), scan.end()
    newest: dict[str, _Letter] = {}
    for record in _told(scan.read(first, end), DEAD, first, end, report):
        key = (record.key or b"").decode("utf-8", "replace")
        newest.pop(key, None)
        letter = _letter(record)
        if letter is not None and letter.observation_id is not None:
            accepted = letter.stage == "accept" and record.offset < accepted_until[record.partition]
            newest[key] = _Letter(letter.observation_id, letter.died_at if accepted else None)
    for one in newest.values():
        found.account.letters.add(one.observation)
        if one.accepted_at is not None:
            _accept(found, one.observation, one.accepted_at)


class _Letter(NamedTuple):
    observation: str
    accepted_at: int | None
    """Of what was refused at acceptance, ms."""


def _observation(record: Any, topic: str) -> str:
    """The id under which this record must end; what is no message of ours is an observation of its own."""
    try:
        header = msgspec.json.decode(record.value, type=Header)
        if header.schema_version <= SCHEMA_VERSION:
            return header.observation_id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    return foreign_observation(position(topic, record.partition, record.offset))


def _ending(record: Any) -> Ending | None:
    try:
        return msgspec.json.decode(record.value or b"", type=Ending)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _letter(record: Any) -> DeadLetter | None:
    if record.value is None:
        return None
    try:
        return read_letter(list(record.headers))[0]
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _told(
    records: Iterable[Any], topic: str, begin: Mapping[int, int], end: Mapping[int, int], report: Report
) -> Iterator[Any]:
    """The records; every thousandth, and the last, is reported."""
    total = sum(max(0, end[number] - begin[number]) for number in end)
    report(topic, 0, total)
    for count, record in enumerate(records, start=1):
        yield record
        if count % 1_000 == 0:
            report(topic, count, total)
    report(topic, total, total)

"""A stage with memory that is easy to reason about: the version of an article is how often it was seen."""

import threading
import time
from contextlib import contextmanager

from kabar.contracts.message import Header, Message
from kabar.contracts.outcomes import Ended, Forward, Outcome, StateChanged
from kabar.contracts.sections import DedupeSection, RawSection, Source
from kabar.errors import BadMessage
from kabar.runtime.health import Health
from kabar.runtime.kafka.stateful import dedupe
from kabar.runtime.kafka.stateful.deciding import Plan
from kabar.runtime.kafka.stateful.loop import Harness
from kabar.runtime.metrics import Metrics
from kabar.runtime.working import Work
from tests.dedupe.dedupe_wire import START, ident

PATIENCE = 40


class Counting:
    """Does as the text says: ``crash`` fails with its memory half changed."""

    def __init__(self):
        self.counts = {}
        self.ticks = []

    def process(self, message):
        text, article = message.raw.text, message.header.article_id.encode()
        if text == "poison":
            raise BadMessage("no good", hint="look at it")
        if text == "drop":
            return [Ended(Outcome.DROPPED, "empty")]
        self.counts[article] = self.counts.get(article, 0) + 1
        if text == "crash":
            raise KeyError("half way")
        if text == "memory":
            raise MemoryError
        if text == "mute":
            return []
        if text == "twice":
            return [Ended(Outcome.UNCHANGED), Ended(Outcome.UNCHANGED)]
        value = b"x" * 2_000_000 if text == "bloat" else b"%d" % self.counts[article]
        section = DedupeSection(version=self.counts[article], first_seen_at=START)
        added = message.with_section(section)
        if text == "grow":
            added = added.with_section(RawSection(text="x" * 34_000_000))
        return [StateChanged(b"n" + article, value), Forward(added)]

    def tick(self, tick):
        self.ticks.append(tick.now)
        return [StateChanged(b"t", b"%d" % tick.now)]

    def restore(self, records):
        self.counts = {key[1:]: int(value) for key, value in records if key[:1] == b"n"}


def saying(text, *, name="pasar", number=0, at=START, source="Warta Lubuk"):
    """A message that tells the stage what to do."""
    header = Header(
        observation_id=ident(f"{name} {number} {at} {source} {text[:50]}"), observed_at=at, accepted_at=at + 5,
        article_id=ident(name), origin="file:pasar.jsonl#1",
    )  # fmt: skip
    return Message(header).with_section(RawSection(text=text, source=Source(name=source)))


def plan(**overrides):
    given = {
        "stage": "dedupe",
        "source": "news.clean",
        "changelog": dedupe.CHANGELOG,
        "outputs": ("news.deduped", "news.outcomes", "news.dead"),
        "new": Counting,
        "record": dedupe.record,
    }
    return Plan(**{**given, **overrides})


class Running:
    """A harness in a thread."""

    def __init__(self, settings, the_plan):
        metrics = Metrics()
        self.work = Work(
            stage=the_plan.stage,
            settings=settings,
            metrics=metrics,
            health=Health(metrics),
            stop=threading.Event(),
        )
        self.harness = Harness(self.work, the_plan)
        self.error = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        try:
            self.harness.run()
        except BaseException as error:  # noqa: BLE001 - whatever it is, a test asks for it
            self.error = error

    @property
    def ready(self):
        return self.work.health.ready

    @property
    def reason(self):
        return self.work.health.reason

    def join(self):
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def stop(self):
        self.work.stop.set()
        self.join()


@contextmanager
def running(settings, the_plan=None):
    one = Running(settings, the_plan or plan())
    try:
        yield one
    finally:
        one.stop()


def until(true, what):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)

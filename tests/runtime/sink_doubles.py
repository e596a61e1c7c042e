"""Stand-ins for the sink's surroundings: strict where the real ones are, and able to be sick."""

import threading
from types import SimpleNamespace

from identifiers import identifier
from kafka import TopicPartition

from kabar.contracts.message import Header, Message
from kabar.contracts.sections import CleanSection, DedupeSection, RawSection, Source
from kabar.runtime.health import Health
from kabar.runtime.kafka.offsets import Tracker
from kabar.runtime.metrics import Metrics
from kabar.runtime.working import Work
from kabar.settings import load

T0 = 1_769_904_000_000


def work(**values):
    metrics = Metrics()
    given = {
        f"KABAR_{name.upper()}": str(value) for name, value in {"bulk_max_age_seconds": 0, **values}.items()
    }
    return Work(
        stage="index", settings=load(given), metrics=metrics, health=Health(metrics), stop=threading.Event()
    )


def enriched(number, *, source="Harian Laut", accepted_at=T0, generation=0):
    url = f"https://laut.example/{number}"
    message = Message(
        Header(
            observation_id=identifier("observation", number), article_id=identifier("article", number),
            observed_at=T0 + number, accepted_at=accepted_at, generation=generation, origin=f"file:test#{number}",
        )
    )  # fmt: skip
    for section in (
        RawSection(text="x", url=url, canonical_url=url, source=Source(name=source)),
        CleanSection(
            title=f"Kapal {number}", text="Kapal berlayar.", content_hash=identifier("text", number)
        ),
        DedupeSection(first_seen_at=T0),
    ):
        message = message.with_section(section)
    return message


def record(value, offset=0, *, partition=0, topic="news.enriched", headers=()):
    """As the client hands it out; ``value`` a message or bytes."""
    data = value.encode() if isinstance(value, Message) else value
    return SimpleNamespace(
        topic=topic, partition=partition, offset=offset, value=data, headers=list(headers), key=b"k"
    )


class FakeMember:
    """A group member fed by a script: each poll runs the next step, a list of records or a callable giving one."""

    def __init__(self, script, finish):
        self._script = list(script)
        self._finish = finish
        self.tracker = Tracker()
        self.paused = False
        self.polls_while_paused = 0
        self.commits = []
        self.assigned = {TopicPartition("news.enriched", 0), TopicPartition("news.enriched", 1)}

    def __call__(self, settings, *, group, topics, given_up):
        self.group, self.topics, self._given_up = group, topics, given_up
        return self

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.closed = True

    def poll(self, *, seconds, most):
        assert 0 <= seconds <= 1
        if self.paused:
            self.polls_while_paused += 1
            threading.Event().wait(min(seconds, 0.01))
            return []
        if not self._script:
            self._finish(self)
            return []
        step = self._script.pop(0)
        found = step(self) if callable(step) else step
        for one in found:
            self.tracker.arrived(TopicPartition(one.topic, one.partition), one.offset)
        return found

    def lose(self, *numbers):
        """Partitions go to somebody else."""
        gone = {TopicPartition("news.enriched", number) for number in numbers}
        for one in gone:
            self.tracker.forget(one)
        self._given_up(gone)
        return []

    def partitions(self):
        return self.assigned

    def pause(self):
        self.paused = True

    def resume(self):
        self.paused = False

    def behind(self):
        return 0

    def commit(self):
        points = self.tracker.commits()
        if points:
            self.commits.append({(one.topic, one.partition): at for one, at in points.items()})
        self.tracker.committed(points)
        return True


class FakePublisher:
    """Keeps what was sent; raises what it is told to first."""

    def __init__(self, *errors):
        self._errors = list(errors)
        self.sent = []

    def send(self, records):
        if self._errors:
            raise self._errors.pop(0)
        self.sent += records


class FakeWriter:
    """Keeps what was written; ``answer`` decides about each entry, ``errors`` are raised first."""

    def __init__(self, *errors, answer=lambda entry: "written"):
        self._errors = list(errors)
        self._answer = answer
        self.batches = []
        self.stories = []

    def write(self, entries):
        if self._errors:
            raise self._errors.pop(0)
        answers = [self._answer(entry) for entry in entries]
        self.batches.append(list(entries))
        return answers

    def write_stories(self, stories):
        self.stories += stories
        return ["written"] * len(stories)

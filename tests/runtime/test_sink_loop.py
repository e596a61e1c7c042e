"""The loop of the index stage, without servers: what is committed, when, and what never is."""

import msgspec
import pytest
from sink_doubles import T0, FakeMember, FakePublisher, FakeWriter, enriched, record, work

from kabar.contracts.document import millis
from kabar.contracts.letters import Ending
from kabar.contracts.story import Story
from kabar.errors import BrokerError, ConfigError, IndexUnavailable
from kabar.index.entry import Refused
from kabar.runtime.kafka.records import read_letter
from kabar.runtime.kafka.sink.loop import Sink

SICK = IndexUnavailable("the index is blocked", hint="look at its disk")


def played(script, *, writer=None, publisher=None, until=None, task=None):
    """Run a sink over a script until it has nothing to do; ``until(member)`` may keep it going."""
    task = task or work()
    writer, publisher = writer or FakeWriter(), publisher or FakePublisher()

    def finish(member):
        if not member.tracker.pending() and (until is None or until(member)):
            task.stop.set()

    member = FakeMember(script, finish)
    Sink(task, writer, publisher, member=member).run()
    return member, writer, publisher, task


def endings(publisher):
    found = [one for one in publisher.sent if one.topic == "news.outcomes"]
    return [msgspec.json.decode(one.value, type=Ending) for one in found]


def letters(publisher):
    return [(read_letter(one.headers)[0], one.value) for one in publisher.sent if one.topic == "news.dead"]


def test_articles_are_written_told_of_and_committed_in_this_order():
    story = Story(id="0" * 32, title="Kisah", first_at=1, last_at=1)
    member, writer, publisher, _ = played([
        [record(enriched(0), 7), record(enriched(1), 8), record(enriched(2), 4, partition=1)],
        [record(msgspec.json.encode(story), 2, topic="news.stories")],
    ])  # fmt: skip
    assert [entry.document.article.title for batch in writer.batches for entry in batch] == [
        "Kapal 0",
        "Kapal 1",
        "Kapal 2",
    ]
    assert writer.stories == [story]
    assert [(one.outcome, one.stage) for one in endings(publisher)] == [("indexed", "index")] * 3
    assert member.tracker.pending() == 0
    newest = {place: at for points in member.commits for place, at in points.items()}
    assert newest == {("news.enriched", 0): 9, ("news.enriched", 1): 5, ("news.stories", 0): 3}
    assert member.group == "kabar.index"
    assert member.closed


def test_nothing_is_committed_before_its_endings_are_acknowledged():
    committed_before = []

    class Watching(FakePublisher):
        def send(self, records):
            committed_before.append([at for points in member_of[0].commits for at in points.values()])
            super().send(records)

    member_of = []
    publisher = Watching(BrokerError("gone"))
    script = [lambda member: member_of.append(member) or [record(enriched(0), 7)]]
    member, writer, publisher, task = played(script, publisher=publisher)
    assert len(writer.batches) == 1, "a batch that is in the index is not written again for want of a broker"
    assert len(endings(publisher)) == 1
    assert all(at == 7 for points in committed_before for at in points), "7 itself is not done"
    assert member.commits[-1] == {("news.enriched", 0): 8}
    assert (
        task.metrics.registry.get_sample_value("kabar_environment_errors_total", {"error": "BrokerError"})
        == 1
    )


def test_a_sick_index_pauses_says_so_and_goes_on_with_nothing_dead():
    said = []

    class Watching(FakeWriter):
        def write(self, entries):
            said.append(task.health.reason)
            return super().write(entries)

    task = work()
    writer = Watching(SICK, SICK)
    member, _, publisher, _ = played(
        [[record(enriched(0), 7)], [record(enriched(1), 8)]], writer=writer, task=task
    )
    assert member.polls_while_paused > 0, "it stays in the group while it waits"
    assert "blocked" in said[1]
    assert "look at its disk" in said[1]
    assert {one.outcome for one in endings(publisher)} == {"indexed"}
    assert letters(publisher) == []
    assert sum(len(batch) for batch in writer.batches) == 2


def test_told_to_stop_while_the_index_is_sick_it_stops_and_commits_nothing():
    task = work()

    class Stopping(FakeWriter):
        def write(self, entries):
            task.stop.set()
            raise SICK

    member, _, publisher, _ = played([[record(enriched(0), 7)]], writer=Stopping(), task=task)
    assert publisher.sent == []
    assert all(points == {("news.enriched", 0): 7} for points in member.commits)


def test_told_to_stop_it_finishes_what_it_began():
    task = work()

    class Stopping(FakeWriter):
        def write(self, entries):
            task.stop.set()
            return super().write(entries)

    member, _, publisher, _ = played([[record(enriched(0), 7)]], writer=Stopping(), task=task)
    assert len(endings(publisher)) == 1
    assert member.commits[-1] == {("news.enriched", 0): 8}


def test_what_cannot_be_read_or_is_refused_dies_alone():
    bad = enriched(1)
    writer = FakeWriter(
        answer=lambda entry: (
            Refused("refused", "no number") if "1" in entry.document.article.title else "written"
        )
    )
    member, _, publisher, task = played(
        [
            [
                record(enriched(0), 0),
                record(bad, 1),
                record(b"\xff", 2),
                record(None, 3),
                record(enriched(4), 4),
            ]
        ],
        writer=writer,
    )
    assert [one.outcome for one in endings(publisher)] == ["indexed", "dead", "dead", "indexed"]
    found = letters(publisher)
    assert [(letter.reason, letter.position, original) for letter, original in found] == [
        ("refused", "news.enriched/0/1", bad.encode()),
        ("bad_message", "news.enriched/0/2", b"\xff"),
    ]
    assert member.commits[-1] == {("news.enriched", 0): 5}
    assert (
        task.metrics.registry.get_sample_value(
            "kabar_stage_messages_total", {"stage": "index", "result": "tombstone"}
        )
        == 1
    )


def test_a_document_that_crashes_the_writer_dies_alone():
    def answer(entry):
        if entry.document.article.title == "Kapal 2":
            raise ValueError("cannot be written")
        return "written"

    _, _, publisher, _ = played(
        [[record(enriched(n), n) for n in range(5)]], writer=FakeWriter(answer=answer)
    )
    assert [one.outcome for one in endings(publisher)] == ["indexed", "indexed", "dead", "indexed", "indexed"]
    ((letter, _),) = letters(publisher)
    assert (letter.reason, "cannot be written" in letter.error) == ("crashed", True)


def test_what_is_no_elasticsearch_ends_the_worker_and_kills_no_article():
    publisher = FakePublisher()
    with pytest.raises(ConfigError):
        played(
            [[record(enriched(0), 0)]],
            writer=FakeWriter(ConfigError("that is something else")),
            publisher=publisher,
        )
    assert publisher.sent == []


class Losing(FakeWriter):
    """Sick at first; and while it is asked, partitions go to somebody else."""

    def __init__(self, *lost):
        super().__init__()
        self._lost = lost

    def write(self, entries):
        if self._lost:
            self.member.lose(*self._lost)
            self._lost = ()
            raise SICK
        return super().write(entries)

    def first(self, *records):
        """A step of the script."""

        def step(member):
            self.member = member
            return list(records)

        return step


def test_partitions_that_go_elsewhere_take_what_is_not_written_with_them():
    writer = Losing(1)
    script = [
        writer.first(record(enriched(0), 7), record(enriched(1), 3, partition=1)),
        [record(enriched(2), 8)],
    ]
    member, *_ = played(script, writer=writer)
    titles = [entry.document.article.title for batch in writer.batches for entry in batch]
    assert titles == ["Kapal 0", "Kapal 2"]
    assert not any(("news.enriched", 1) in points for points in member.commits[1:])


def test_everything_lost_while_the_index_is_sick_it_reads_on():
    writer = Losing(0, 1)
    _, _, publisher, _ = played(
        [writer.first(record(enriched(0), 7)), [record(enriched(1), 9)]], writer=writer
    )
    assert len(endings(publisher)) == 1


def test_ingested_is_when_it_is_written_not_when_it_was_read(monkeypatch):
    monkeypatch.setattr("kabar.runtime.kafka.sink.flight.wall_ms", lambda: T0 + 1)
    _, writer, _, _ = played([[record(enriched(0), 0)]])
    ((entry,),) = writer.batches
    assert millis(entry.document.event.ingested) == T0 + 1
    assert entry.message == enriched(0).encode()


def test_what_was_reprocessed_or_came_without_a_time_measures_no_delay():
    _, _, _, task = played(
        [
            [
                record(enriched(0, generation=1), 0),
                record(enriched(1, accepted_at=0), 1),
                record(enriched(2), 2),
            ]
        ]
    )
    assert task.metrics.registry.get_sample_value("kabar_accepted_to_searchable_seconds_count") == 1


REFUSING = {"answer": lambda entry: Refused("refused", "no")}


def test_of_a_source_that_only_fails_nothing_more_is_tried():
    _, writer, publisher, _ = played(
        [[record(enriched(n, source="Warta Sakit"), n)] for n in range(30)], writer=FakeWriter(**REFUSING)
    )
    reasons = [one.reason for one in endings(publisher)]
    assert len(reasons) == 30
    assert reasons.count("quarantined") == 30 - len(writer.batches) > 0


def test_where_everything_fails_the_stage_pauses_instead_of_burying_the_log():
    task = work()
    member = FakeMember(
        [[record(enriched(n, source=f"Warta {n % 4}"), n)] for n in range(60)], lambda _: None
    )
    during = watched(member, task, enough=lambda: member.polls_while_paused > 3)
    publisher = FakePublisher()
    Sink(task, FakeWriter(**REFUSING), publisher, member=member).run()
    assert 20 <= len(endings(publisher)) < 60
    assert "became dead letters" in during[-1]


def test_without_partitions_it_stands_by():
    task = work()
    member = FakeMember([], lambda _: None)
    member.assigned = set()
    during = watched(member, task, enough=lambda: len(during) > 2)
    Sink(task, FakeWriter(), FakePublisher(), member=member).run()
    assert "stands by" in during[-1]


def watched(member, task, *, enough):
    """What readiness says at each poll; the task is stopped when it is enough."""
    said, poll = [], member.poll

    def watching(**asked):
        said.append(task.health.reason)
        if enough():
            task.stop.set()
        return poll(**asked)

    member.poll = watching
    return said


def test_work_that_stands_still_without_a_known_reason_ends_the_process():
    task = work(stall_seconds=5)
    member = FakeMember([[record(enriched(0), 0)]], lambda member: None)
    sink = Sink(task, FakeWriter(), FakePublisher(), member=member)
    member.tracker.arrived("p", 1)
    sink._readiness.up("group")
    sink._progress -= 6
    with pytest.raises(BrokerError, match="nothing was committed for"):
        sink._watch()
    assert "nothing was committed" in task.health.ailing
    sink._readiness.down("index", "blocked")
    sink._watch()  # that is a reason: nothing to restart for

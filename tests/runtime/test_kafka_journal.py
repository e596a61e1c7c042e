"""What a producing command remembers: jobs, times, endings, and how far endings were read. No server."""

import sqlite3

import msgspec
import pytest
from kafka_samples import NOW, message, refusal

from kabar.contracts.letters import Ending
from kabar.contracts.message import Message
from kabar.contracts.topics import DAY_MS
from kabar.errors import StoreError
from kabar.producers.files import Position
from kabar.runtime.embedded.jobs import JobOptions
from kabar.runtime.kafka.producing.journal import KEEP_DAYS, Journal, path_of
from kabar.runtime.refusals import Refused

KEY = "0" * 32
TIMES = (NOW, NOW + 3)


@pytest.fixture
def path(tmp_path):
    return path_of(tmp_path / "data", "cluster", "uji-")


@pytest.fixture
def journal(path):
    with Journal(path) as opened:
        yield opened


def begin(journal, key=KEY, *, options=None, not_these=()):
    return journal.begin(key, "pasar.jsonl", options or JobOptions(), NOW, not_these=list(not_these))


def noted(journal, job, *items, times=TIMES):
    """Planned and sent, as records 1, 2, 3 ...; their observation ids."""
    numbers = range(1, len(items) + 1)
    journal.plan(job, list(numbers), times)
    named = [named_by(job, number, item) for number, item in zip(numbers, items, strict=True)]
    journal.sent(job, Position(len(items), 100 * len(items)), named)
    return [job.observation_id(number) for number in numbers]


def named_by(job, number, item):
    """The item under the observation id its job gives it."""
    if isinstance(item, Refused):
        letter = msgspec.structs.replace(item.letter, observation_id=job.observation_id(number))
        return Refused(letter, item.original)
    return Message(msgspec.structs.replace(item.header, observation_id=job.observation_id(number)))


def ending(observation, outcome="indexed"):
    return Ending(observation_id=observation, outcome=outcome, stage="index", ended_at=NOW)


@pytest.mark.parametrize(
    "cluster, prefix", [("other", "uji-"), ("cluster", ""), ("cluster", "lain-"), ("cluster\nuji-", "")]
)
def test_each_kafka_and_prefix_has_a_file_of_its_own(tmp_path, cluster, prefix):
    assert path_of(tmp_path, cluster, prefix) != path_of(tmp_path, "cluster", "uji-")
    assert path_of(tmp_path, "cluster", "uji-") == path_of(tmp_path, "cluster", "uji-")


def test_an_unfinished_job_resumes_where_it_was_acknowledged(path):
    with Journal(path) as first:
        job = begin(first)
        first.plan(job, [1], TIMES)
        first.sent(job, Position(1, 120), [])
    with Journal(path) as second:
        again = begin(second)
    assert (again.id, again.position, again.resumed) == (job.id, Position(1, 120), True)


def test_a_finished_job_is_followed_by_a_new_one_with_other_observations(journal):
    first = begin(journal)
    journal.finish([first.id], NOW, forget=False)
    second = begin(journal)
    assert not second.resumed
    assert first.observation_id(1) != second.observation_id(1)


def test_another_file_of_the_same_call_with_the_same_content_is_another_job(journal):
    first = begin(journal)
    second = begin(journal, not_these=[first.id])
    assert (second.id != first.id, second.resumed) == (True, False)


def test_what_was_noted_and_not_acknowledged_keeps_its_times(path):
    later = (NOW + 99, NOW + 100)
    with Journal(path) as first:
        job = begin(first)
        assert first.plan(job, [1, 2, 5], TIMES) == {1: TIMES, 2: TIMES, 5: TIMES}
        first.sent(job, Position(1, 50), [])
    with Journal(path) as second:
        again = begin(second)
        assert second.plan(again, [2, 5, 6], later) == {2: TIMES, 5: TIMES, 6: later}


def test_two_processes_at_one_job_agree_about_its_times(path):
    with Journal(path) as first, Journal(path) as second:
        job, same = begin(first), begin(second)
        assert job.id == same.id
        assert first.plan(job, [1, 2], TIMES) == second.plan(same, [1, 2], (NOW + 50, NOW + 50))


def test_the_clock_never_goes_back(path):
    with Journal(path) as first:
        assert first.clock(NOW) == NOW
        noted(first, begin(first), message(1), times=(NOW + 1_000, NOW + 1_000))
        assert first.clock(NOW) == NOW + 1_000
        noted(first, begin(first, "1" * 32), message(2), times=(NOW, NOW))
    with Journal(path) as second:
        assert second.clock(NOW) == NOW + 1_000
        assert second.clock(NOW + 2_000) == NOW + 2_000


def test_endings_are_matched_and_the_newest_counts(journal):
    job = begin(journal)
    one, two, three = noted(journal, job, message(1), refusal(2), message(3))
    assert journal.waiting([job.id])
    told = [ending(one, "dead"), ending(two, "dead"), ending("f" * 32), ending(one, "unchanged")]
    assert journal.ended(told, {0: 4}) == 2
    assert journal.outcomes([job.id]) == {"unchanged": 1, "dead": 1, None: 1}
    assert journal.waiting([job.id])
    assert journal.ended([ending(three), ending(one)], {0: 6}) == 1
    assert journal.outcomes([job.id]) == {"indexed": 2, "dead": 1}
    assert not journal.waiting([job.id])


def test_articles_in_order_without_what_has_none(journal):
    job = begin(journal)
    noted(journal, job, message(3), refusal(2), message(1))
    expected = [message(3).header.article_id, message(1).header.article_id]
    assert journal.article_ids([job.id], 10) == expected
    assert journal.article_ids([job.id], 1) == expected[:1]


# ---------------------------------------------------------------- where endings are read from


def test_where_nobody_waits_reading_starts_at_the_end(journal):
    assert journal.start_reading({0: 500, 1: 20}) == {0: 500, 1: 20}
    assert journal.start_reading({0: 700, 1: 20}) == {0: 700, 1: 20}


def test_where_somebody_waits_it_goes_on_from_where_it_was(path):
    with Journal(path) as first:
        first.start_reading({0: 500})
        one, _ = noted(first, begin(first), message(1), message(2))
        first.ended([ending(one)], {0: 510})
    with Journal(path) as second:
        assert second.start_reading({0: 900}) == {0: 510}


def test_a_partition_that_came_later_is_read_from_its_beginning(journal):
    journal.start_reading({0: 500})
    noted(journal, begin(journal), message(1))
    assert journal.start_reading({0: 900, 1: 40}) == {0: 500, 1: 0}


def test_what_another_process_has_read_is_not_read_again(path):
    with Journal(path) as first, Journal(path) as second:
        first.start_reading({0: 10})
        job = begin(first)
        (one,) = noted(first, job, message(1))
        assert second.ended([ending(one)], {0: 30}) == 1
        assert not first.waiting([job.id])
        first.ended([], {0: 20})
        noted(first, begin(first, "1" * 32), message(7))
        assert second.start_reading({0: 90}) == {0: 30}


def test_a_topic_made_anew_is_read_from_its_beginning(journal):
    journal.start_reading({0: 500})
    noted(journal, begin(journal), message(1))
    assert journal.start_reading({0: 3}) == {0: 0}


# ---------------------------------------------------------------- keeping


def test_what_nobody_will_ask_for_is_forgotten(journal):
    job = begin(journal)
    noted(journal, job, message(1), message(2))
    journal.finish([job.id], NOW, forget=True)
    assert journal.outcomes([job.id]) == {}
    assert journal.start_reading({0: 70}) == {0: 70}


def test_endings_are_kept_for_a_while(journal):
    job = begin(journal)
    (one,) = noted(journal, job, message(1))
    journal.ended([ending(one)], {0: 1})
    journal.finish([job.id], NOW, forget=False)
    later = begin(journal, "1" * 32)
    journal.finish([later.id], NOW + KEEP_DAYS * DAY_MS, forget=False)
    assert journal.outcomes([job.id]) == {"indexed": 1}
    last = begin(journal, "2" * 32)
    journal.finish([last.id], NOW + KEEP_DAYS * DAY_MS + 1, forget=False)
    assert journal.outcomes([job.id]) == {}
    assert journal.finished(KEY, JobOptions()).id == job.id


def test_a_job_is_known_by_its_options_too(journal):
    job = begin(journal)
    journal.finish([job.id], NOW, forget=False)
    assert journal.finished(KEY, JobOptions()) is not None
    assert journal.finished(KEY, JobOptions(event_time=True)) is None
    assert journal.finished("9" * 32, JobOptions()) is None


# ---------------------------------------------------------------- the file


def test_a_newer_file_is_left_alone(path):
    with Journal(path):
        pass
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="newer kabar") as refused, Journal(path):
        pass
    assert "upgrade" in refused.value.hint


def test_what_is_no_database_is_named(path):
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database at all, but long enough to be looked at " * 40)
    with pytest.raises(StoreError, match=path.name), Journal(path):
        pass


def test_a_plan_is_all_or_nothing(journal):
    job = begin(journal)
    with pytest.raises(StoreError):
        journal.plan(job, [1, None], TIMES)  # the second breaks the table's rules
    assert journal.outcomes([job.id]) == {}
    assert journal.clock(0) == 0

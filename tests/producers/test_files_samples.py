"""The sample wire: complete, invented, and read as its expectations say, as far as reading and acceptance decide."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from kabar.contracts.ids import observation_id
from kabar.contracts.message import Message
from kabar.contracts.observation import accept
from kabar.errors import Poison
from kabar.producers.files import find, open_input

SAMPLES = Path(__file__).parents[2] / "samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))
NOW = 1_800_000_000_000


def accepted() -> dict[tuple[str, int], Message | str]:
    found: dict[tuple[str, int], Message | str] = {}
    for one in find([SAMPLES / "wire"]):
        assert not one.problem, one
        name = one.path.relative_to(SAMPLES / "wire").as_posix()
        with open_input(one.path) as source:
            for record in source.read():
                found[name, record.number] = take(name, record)
    return found


def take(name, record) -> Message | str:
    if record.fields is None:
        return record.reason.value
    try:
        return accept(
            record.fields,
            observation_id=observation_id(name, record.number),
            observed_at=NOW,
            accepted_at=NOW,
            origin=f"file:{name}#{record.number}",
            event_time=True,
        )
    except Poison as error:
        return error.reason


MESSAGES = accepted()
RECORDS = {
    (name, int(number)): e for name, records in EXPECTED["records"].items() for number, e in records.items()
}
LINES = {key: value for key, value in MESSAGES.items() if key[0].endswith(".jsonl")}


def test_there_is_an_expectation_for_every_record_and_a_record_for_every_expectation():
    assert set(MESSAGES) == set(RECORDS)
    assert len(RECORDS) >= 170
    assert Counter(e["outcome"] for e in RECORDS.values()) == EXPECTED["totals"]


@pytest.mark.parametrize("key", sorted(RECORDS), ids="{0[0]}#{0[1]}".format)
def test_dead_at_acceptance_or_accepted(key):
    expected, found = RECORDS[key], MESSAGES[key]
    if expected["outcome"] == "dead":
        assert found == expected["reason"]
    else:
        assert isinstance(found, Message)


def test_versions_share_an_article_id_and_nothing_else_does():
    ids: dict[str, set[str]] = {}
    for key, expected in RECORDS.items():
        name = expected.get("article") or expected.get("kill")
        if name:
            ids.setdefault(name, set()).add(MESSAGES[key].header.article_id)
    assert {name: len(found) for name, found in ids.items() if len(found) != 1} == {}
    assert len({next(iter(found)) for found in ids.values()}) == len(ids)


def test_observations_are_in_order_but_for_the_late_ones():
    late, newest = [], 0
    for key in sorted(LINES):
        message = LINES[key]
        if not isinstance(message, Message) or message.header.observed_at == NOW:
            continue
        if message.header.observed_at < newest:
            late.append(RECORDS[key]["outcome"])
        newest = max(newest, message.header.observed_at)
    assert late == ["superseded", "superseded"]


def test_every_line_that_can_say_when_says_when():
    undated = [k for k, m in LINES.items() if isinstance(m, Message) and m.header.observed_at == NOW]
    assert undated == []


def test_all_addresses_are_invented():
    text = b"".join(p.read_bytes() for p in sorted((SAMPLES / "wire").rglob("*")) if p.is_file()).decode(
        "latin-1"
    )
    hosts = set(re.findall(r"(?:https?:)?//([a-z0-9.-]+)", text))
    assert {h for h in hosts if not h.endswith(".example")} <= {"schema.org"}
    assert len({h.removeprefix("www.").removeprefix("amp.") for h in hosts}) >= 9


def test_there_is_enough_of_everything():
    firsts = [
        k for k, e in RECORDS.items() if e.get("version") == 1 and "article" in e and "copy_of" not in e
    ]
    languages = Counter("en" if is_english(MESSAGES[k]) else "id" for k in firsts)
    assert languages["id"] >= 100
    assert languages["en"] >= 44
    assert len(EXPECTED["stories"]) >= 15
    assert all(len(articles) >= 3 for articles in EXPECTED["stories"].values())
    assert sum("copy_of" in e for e in RECORDS.values()) >= 12
    assert Counter(e["change"] for e in RECORDS.values() if "change" in e).keys() >= {
        "typo",
        "update",
        "correction",
    }
    assert sum("kill" in e for e in RECORDS.values()) >= 3
    assert len({m.raw.source.name for m in LINES.values() if isinstance(m, Message)}) >= 10


def is_english(message: Message) -> bool:
    words = re.findall("[a-z]+", (message.raw.text or message.raw.data.decode("latin-1")).lower())
    counts = Counter(words)
    return counts["the"] > counts["yang"] + counts["di"]


def test_articles_are_of_the_length_of_news():
    lengths = [len(m.raw.text.split()) for k, m in LINES.items() if "version" in RECORDS[k] and isinstance(m, Message) and m.raw.text]  # fmt: skip
    assert all(50 <= n <= 320 for n in lengths)
    assert sum(n >= 80 for n in lengths) > 0.75 * len(lengths)


def test_the_wire_stays_small():
    assert sum(p.stat().st_size for p in (SAMPLES / "wire").rglob("*")) < 400_000

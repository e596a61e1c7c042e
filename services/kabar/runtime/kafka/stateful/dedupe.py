"""``kabar work dedupe``: the stage of identity and similarity under the transactional harness."""

from __future__ import annotations

from functools import partial

from kabar.contracts.outcomes import Effect, Forward, StoryChanged
from kabar.dedupe.stage import DedupeStage
from kabar.errors import NotPrepared
from kabar.index.elasticsearch.client import connect, index_errors
from kabar.index.elasticsearch.names import IndexNames
from kabar.runtime.kafka.names import INPUT, OUTPUT
from kabar.runtime.kafka.records import Record, message_record, story_record
from kabar.runtime.kafka.stateful.deciding import Plan
from kabar.runtime.kafka.stateful.loop import Harness
from kabar.runtime.options import dedupe_options
from kabar.runtime.protocol import StatefulStage
from kabar.runtime.working import Work
from kabar.settings import Settings

CHANGELOG = "news.dedupe-state"


def run(work: Work) -> None:
    """Work or stand by until told to stop.

    Raises:
        NotPrepared: topics are missing or wrong, or the memory is empty though the index is not.
        BrokerError: nobody answers at the start.
    """
    Harness(work, plan(work.settings)).run()


def plan(settings: Settings) -> Plan:
    """Dedupe as the harness sees it."""
    return Plan(
        stage="dedupe",
        source=INPUT["dedupe"],
        changelog=CHANGELOG,
        outputs=(OUTPUT["dedupe"], "news.stories", "news.outcomes", "news.dead"),
        new=lambda: DedupeStage(dedupe_options(settings)),
        record=record,
        restored=partial(refuse_amnesia, settings),
    )


def record(effect: Effect) -> Record:
    """What an effect becomes: an article for the next stage, or a story."""
    if isinstance(effect, StoryChanged):
        return story_record(effect.story)
    assert isinstance(effect, Forward)
    return message_record(OUTPUT["dedupe"], effect.message)


def refuse_amnesia(settings: Settings, stage: StatefulStage) -> None:
    """That the ledger is not empty while the index is not: every update would become a first version.

    Without a configured Elasticsearch there is nothing to compare with.

    Raises:
        NotPrepared: the memory was lost.
        IndexUnavailable: nobody can say.
    """
    assert isinstance(stage, DedupeStage)
    if stage.sizes()["articles"] or not settings.elasticsearch_url:
        return
    known = indexed_articles(settings)
    if known:
        raise NotPrepared(
            f"dedupe remembers no article, but the index '{_alias(settings)}' has {known:,}",
            hint="its memory was lost: run `kabar state rebuild`; for a new start use another index_prefix",
        )


def indexed_articles(settings: Settings) -> int:
    """Articles in the index; 0 where there is none.

    Raises:
        IndexUnavailable: nobody answers.
    """
    client = connect(settings)
    try:
        with index_errors():
            answer = client.count(index=_alias(settings), ignore_unavailable=True)
            return int(answer["count"])
    finally:
        client.close()


def _alias(settings: Settings) -> str:
    return IndexNames(settings.index_prefix).alias("articles")

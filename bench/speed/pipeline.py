"""The embedded pipeline end to end: throughput, processor time by stage, latency, each for text and for HTML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.quality.notes import Notes
from bench.speed import latency
from bench.speed.bare import LOOPS
from bench.speed.inputs import Corpus, Kind, load_pages, load_texts
from bench.speed.latency import Latencies
from bench.speed.stages import StageTimes
from bench.speed.stages import measure as measure_stages
from bench.speed.throughput import Comparison, Say, compare

WARM_UP = 20
"""Articles before the stages are timed: models, tables and regular expressions are loaded by then."""

Loader = Callable[[Path, int, Notes], Corpus | None]


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    articles: int = 600
    """Texts of the sample."""
    pages: int = 100
    """HTML pages of the sample: a page takes about ten times as long as a text."""
    rounds: int = 3
    probes: int = 60
    """Per situation and kind of input."""


@dataclass(frozen=True)
class Measured:
    """One kind of input."""

    corpus: Corpus
    throughput: Comparison
    stages: StageTimes
    latencies: dict[str, Latencies]

    @property
    def other_cpu_ms(self) -> float:
        """Per article, what the whole run takes beyond the sum of its stages; may be negative."""
        return self.throughput.cpu_ms - self.stages.total

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        run, stages = self.throughput, self.stages
        return {
            "articles": len(self.corpus.sample),
            "sample": self.corpus.origin,
            "mean_bytes": self.corpus.mean_bytes,
            "workers": run.workers,
            "outcomes": run.laps[-1].outcomes,
            "articles_per_second": run.per_second,
            "articles_per_second_by_round": [one.articles / one.seconds for one in run.laps],
            "cores_busy_with_other_programs": run.foreign_cores,
            "cpu_ms_per_article": run.cpu_ms,
            "stages_cpu_ms_per_article": {**stages.cpu_ms, "other": self.other_cpu_ms},
            "stages_messages": stages.messages,
            "bare": {
                "loop": run.loop,
                "articles_per_second": run.bare_per_second,
                "cpu_ms_per_article": run.bare_cpu_ms,
            },
            "wall_ratio_to_bare": run.wall_ratio,
            "cpu_ratio_to_bare": run.cpu_ratio,
            "latency": {name: _latency(found) for name, found in self.latencies.items()},
        }


def _latency(found: Latencies) -> dict[str, float]:
    return {
        "probes": found.probes,
        "p50_ms": found.p(0.5),
        "p99_ms": found.p(0.99),
        "acceptance_p50_ms": found.acceptance(0.5),
        "acceptance_p99_ms": found.acceptance(0.99),
        "load_per_second": found.load_per_second,
        "deepest_inbox": found.deepest_inbox,
        "poll_gap_p99_ms": found.poll_gap_p99_ms,
    }


def run(directory: Path, sizes: Sizes, notes: Notes, say: Say) -> dict[Kind, Measured]:
    """Measure every kind of input the directory holds."""
    found: dict[Kind, Measured] = {}
    kinds: tuple[tuple[Kind, Loader, int], ...] = (
        ("text", load_texts, sizes.articles),
        ("html", load_pages, sizes.pages),
    )
    for kind, load, count in kinds:
        corpus = load(directory, count, notes)
        if corpus is None:
            notes.remark(f"{kind}: DIR holds no set of this kind, so it is left out")
            continue
        found[kind] = _measure(corpus, sizes, _labelled(kind, say))
    return found


def _labelled(kind: Kind, say: Say) -> Say:
    return lambda text: say(f"{kind}: {text}")


def _measure(corpus: Corpus, sizes: Sizes, say: Say) -> Measured:
    throughput = compare(corpus.sample, LOOPS[corpus.kind], rounds=sizes.rounds, say=say)
    say("stages, in one process")
    stages = measure_stages(corpus.sample, warm_up=corpus.others[:WARM_UP])
    latencies = latency.measure(corpus, per_second=throughput.per_second, probes=sizes.probes, say=say)
    return Measured(corpus, throughput, stages, latencies)

"""The table: every setting with its default, how it is read, its unit, and what goes wrong in either direction."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple


class Setting(NamedTuple):
    """One row of the table. ``why`` says what goes wrong in either direction."""

    name: str
    default: Any
    parse: Callable[[str], Any]
    unit: str
    why: str
    secret: bool = False


def _integer(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(f"must be between {low} and {high}")
        return number

    return parse


def _number(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        number = float(text)
        if not low <= number <= high:
            raise ValueError(f"must be between {low} and {high}")
        return number

    return parse


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return parse


def _matching(pattern: str, wanted: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"must be {wanted}")
        return text

    return parse


_addresses = _matching(
    r"|[^\s,:]+:\d{1,5}(,[^\s,:]+:\d{1,5})*|\[[0-9a-fA-F:]+\]:\d{1,5}", "host:port, several with commas"
)
_name_part = _matching(r"[A-Za-z0-9._-]{0,100}", "at most 100 letters, digits, dots, underscores and hyphens")
_index_part = _matching(
    r"|[a-z0-9][a-z0-9._-]{0,99}", "at most 100 lower-case letters, digits, dots, underscores and hyphens"
)


SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(
        "data_dir",
        "var/kabar",
        str,
        "path",
        "beside where you start it, so that a trial leaves nothing elsewhere",
    ),
    Setting("host", "127.0.0.1", str, "address", "loopback: the page has no login"),
    Setting("port", 8080, _integer(0, 65535), "port", "0 picks a free one"),
    Setting("default_source", "", str, "name", "source of items that name none"),
    Setting(
        "workers",
        0,
        _integer(0, 256),
        "processes",
        "0 = one per core, at most 8: clean and enrich take the time",
    ),
    Setting(
        "worker_memory_mb",
        2_048,
        _integer(256, 65_536),
        "MiB",
        "a page that needs more is hostile; lower breaks 10 MB pages",
    ),
    Setting(
        "article_deadline_seconds",
        20.0,
        _number(0.1, 600),
        "s",
        "the slowest real page seen takes under 1 s; a busy machine must not make dead letters",
    ),
    Setting(
        "batch_max",
        200,
        _integer(1, 5_000),
        "articles",
        "larger commits save little; smaller ones cost throughput",
    ),
    Setting(
        "batch_max_bytes",
        16_000_000,
        _integer(1_000, 1_000_000_000),
        "bytes",
        "bounds the memory of a batch of large pages",
    ),
    Setting(
        "inbox_max",
        5_000,
        _integer(10, 10_000_000),
        "articles",
        "beyond it readers wait: backpressure instead of a full disk",
    ),
    Setting(
        "poll_seconds",
        0.05,
        _number(0.001, 10),
        "s",
        "how soon a push of another process is noticed; a check costs microseconds",
    ),
    Setting("tick_seconds", 60, _integer(1, 3_600), "s", "how often stages hear of time passing"),
    Setting(
        "similarity_window_days",
        7,
        _integer(1, 365),
        "days",
        "copies appear within days; longer costs memory",
    ),
    Setting(
        "revision_window_hours",
        72,
        _integer(1, 2_160),
        "hours",
        "how long texts are kept to tell a typo from an update",
    ),
    Setting(
        "similarity_max_articles",
        1_000_000,
        _integer(1_000, 100_000_000),
        "articles",
        "hard cap on remembered signatures",
    ),
    Setting(
        "retention_days",
        0,
        _integer(0, 36_500),
        "days",
        "0 = keep everything; `kabar run` prunes once an hour",
    ),
    Setting("retention_max_mb", 0, _integer(0, 100_000_000), "MiB", "0 = no cap on the size of the store"),
    Setting(
        "kafka_bootstrap",
        "",
        _addresses,
        "host:port,...",
        "where Kafka is; '' = embedded, everything in one process",
    ),
    Setting(
        "kafka_security_protocol",
        "PLAINTEXT",
        _one_of("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
        "",
        "PLAINTEXT only within a trusted network",
    ),
    Setting(
        "kafka_sasl_mechanism",
        "SCRAM-SHA-512",
        _one_of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
        "",
        "PLAIN sends the password itself: only over SSL",
    ),
    Setting("kafka_sasl_username", "", str, "name", "for a SASL_ protocol"),
    Setting("kafka_sasl_password", "", str, "", "for a SASL_ protocol", secret=True),
    Setting("kafka_ca_file", "", str, "path", "certificates to trust; '' = the system's"),
    Setting("kafka_cert_file", "", str, "path", "our certificate, where the broker asks for one"),
    Setting("kafka_key_file", "", str, "path", "and its key"),
    Setting(
        "topic_prefix",
        "",
        _name_part,
        "name",
        "several kabars on one Kafka: also before groups and transactions",
    ),
    Setting(
        "elasticsearch_url",
        "",
        str,
        "URL",
        "where Elasticsearch is; '' = the index is the data directory's",
    ),
    Setting("elasticsearch_api_key", "", str, "", "an API key in its encoded form", secret=True),
    Setting("elasticsearch_ca_file", "", str, "path", "certificates to trust; '' = the system's"),
    Setting("index_prefix", "", _index_part, "name", "several kabars on one Elasticsearch"),
    Setting(
        "analysis_template",
        "",
        str,
        "path",
        "component template (JSON) with other analyzers; '' = the shipped one: indonesian and english",
    ),
    Setting(
        "index_replicas",
        1,
        _integer(0, 10),
        "copies",
        "0 on a single node, where a copy could not be placed; lost nodes lose documents then",
    ),
    Setting(
        "index_refresh_seconds",
        1.0,
        _number(0.1, 300),
        "s",
        "how soon a written article is found; longer indexes cheaper",
    ),
    Setting("bulk_max", 500, _integer(1, 10_000), "documents", "larger requests save little and fail larger"),
    Setting(
        "bulk_max_bytes",
        5_000_000,
        _integer(1_000, 100_000_000),
        "bytes",
        "Elasticsearch refuses 100 MB; small requests spread better",
    ),
    Setting(
        "bulk_max_age_seconds",
        0.2,
        _number(0, 60),
        "s",
        "how long documents wait for others to fill a request: delay against throughput",
    ),
    Setting(
        "drain_seconds",
        20.0,
        _number(0.1, 600),
        "s",
        "how long a worker that is told to stop may finish what it has; what is cut off comes again",
    ),
    Setting(
        "stall_seconds",
        120.0,
        _number(5, 3_600),
        "s",
        "a worker with work that commits nothing for this long ends itself, to be started again",
    ),
    Setting(
        "probe_port",
        0,
        _integer(0, 65535),
        "port",
        "of a worker's probes and metrics, on `host`; 0 picks a free one and logs it",
    ),
    Setting("archive_dir", "var/archive", str, "path", "where `kabar work archive` writes its segments"),
    Setting(
        "archive_days",
        7,
        _integer(0, 36_500),
        "days",
        "how long what was accepted is kept to be processed again; 0 = not at all",
    ),
    Setting(
        "log_level",
        "info",
        _one_of("debug", "info", "warning", "error"),
        "",
        "debug prints one line per article",
    ),
    Setting(
        "log_format",
        "auto",
        _one_of("auto", "console", "json"),
        "",
        "auto = readable on a terminal, JSON elsewhere",
    ),
)

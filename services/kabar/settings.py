"""Every setting: type, default, unit, the reason for the default, and where the value in use came from.

Order, later wins: default, ``kabar.toml`` (``KABAR_CONFIG`` or ``./kabar.toml``), environment (``KABAR_<NAME>``,
or ``KABAR_<NAME>_FILE`` for a secret in a file), command line. ``kabar config show`` prints this table, so the
documentation and the parser cannot disagree.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from kabar.errors import ConfigError

Origin = Literal["default", "file", "environment", "command line"]


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

_BY_NAME: Final = {setting.name: setting for setting in SETTINGS}


class Value(NamedTuple):
    """A value in use and where it came from."""

    value: Any
    origin: Origin
    detail: str = ""


class Settings:
    """The values in use. Attribute access by name: ``settings.batch_max``."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = dict(values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # copying looks for these before the values are there
            raise AttributeError(name)
        try:
            return self._values[name].value
        except KeyError:
            raise AttributeError(name) from None

    def rows(self) -> list[tuple[Setting, Value]]:
        """The table with values and origins; secrets are masked here and nowhere printed plain."""
        out = []
        for setting in SETTINGS:
            value = self._values[setting.name]
            masked = value._replace(value="********") if setting.secret and value.value else value
            out.append((setting, masked))
        return out

    def replace(self, **overrides: Any) -> Settings:
        """With command-line values; None means the option was not given."""
        given = {name: Value(value, "command line") for name, value in overrides.items() if value is not None}
        for name, value in given.items():
            given[name] = value._replace(
                value=_parsed(_BY_NAME[name], str(value.value), f"--{name.replace('_', '-')}")
            )
        changed = Settings({**self._values, **given})
        _check_together(changed)
        return changed

    @property
    def worker_count(self) -> int:
        """Worker processes to start."""
        return self.workers or min(8, os.cpu_count() or 1)

    @property
    def directory(self) -> Path:
        """The data directory."""
        return Path(self.data_dir).expanduser()


def load(environment: Mapping[str, str], *, config: Path | None = None) -> Settings:
    """Read all layers but the command line.

    Raises:
        ConfigError: an unknown name (near ones are listed), a malformed value, an unreadable file.
    """
    values = {setting.name: Value(setting.default, "default") for setting in SETTINGS}
    values.update(_from_file(environment, config))
    values.update(_from_environment(environment))
    settings = Settings(values)
    _check_together(settings)
    return settings


def _from_file(environment: Mapping[str, str], config: Path | None) -> dict[str, Value]:
    named = config or (Path(environment["KABAR_CONFIG"]) if environment.get("KABAR_CONFIG") else None)
    path = named or Path("kabar.toml")
    if named is None and not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    _refuse_unknown(set(table), str(path))
    return {
        name: Value(_parsed(_BY_NAME[name], str(raw), str(path)), "file", str(path))
        for name, raw in table.items()
    }


def _from_environment(environment: Mapping[str, str]) -> dict[str, Value]:
    out: dict[str, Value] = {}
    known = {"KABAR_CONFIG", "KABAR_FAILPOINTS"}
    for setting in SETTINGS:
        name = f"KABAR_{setting.name.upper()}"
        known |= {name, f"{name}_FILE"}
        text, detail = environment.get(name), name
        if text is None and environment.get(f"{name}_FILE"):
            detail = f"{name}_FILE"
            try:
                text = Path(environment[detail]).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(f"{detail}: cannot read {environment[detail]}: {error}") from error
        if text is not None:
            out[setting.name] = Value(_parsed(setting, text, detail), "environment", detail)
    unknown = {name for name in environment if name.startswith("KABAR_")} - known
    _refuse_unknown({name.removeprefix("KABAR_").lower() for name in unknown}, "the environment (KABAR_...)")
    return out


def _parsed(setting: Setting, text: str, where: str) -> Any:
    try:
        return setting.parse(text)
    except ValueError as error:
        raise ConfigError(
            f"{where}: '{setting.name}' cannot be {text!r}: {error}", hint=setting.why
        ) from error


def _refuse_unknown(names: set[str], where: str) -> None:
    unknown = sorted(names - set(_BY_NAME))
    if unknown:
        raise ConfigError(
            f"{where} names settings that do not exist: {', '.join(unknown)}",
            hint="`kabar config show` lists all of them; in Kubernetes set enableServiceLinks: false",
        )


def _check_together(settings: Settings) -> None:
    """Combinations: both keys are named."""
    if settings.inbox_max < settings.batch_max:
        raise ConfigError(
            f"'inbox_max' ({settings.inbox_max}) is smaller than 'batch_max' ({settings.batch_max})",
            hint="a batch could never fill; raise inbox_max or lower batch_max",
        )
    if settings.revision_window_hours > settings.similarity_window_days * 24:
        raise ConfigError(
            f"'revision_window_hours' ({settings.revision_window_hours}) is longer than "
            f"'similarity_window_days' ({settings.similarity_window_days} days)",
            hint="texts would be kept for articles whose signature is forgotten",
        )

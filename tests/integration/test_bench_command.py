"""`fairlead bench URL`: what it measures, what it notices, and what it says when it cannot."""

import http.server
import json
import os
import resource
import signal
import subprocess
import threading
import time

import pytest

from harness.fairlead import BINARY
from harness.fake_deployment import FakeDeployment
from harness.http1 import HttpClient
from harness.ports import free_port
from harness.process import Process
from harness.timing import patience
from harness.transports import next_message
from harness.world import PASSWORD, unique
from nginx_rig import Nginx

NGINX_ENV = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}


def url_of(address):
    return f"http://{address[0]}:{address[1]}"


def bench(url, *options, env=None, nofile=None):
    """Runs it to its end. A short, small load unless `options` say otherwise."""
    def in_child():
        if nofile:
            resource.setrlimit(resource.RLIMIT_NOFILE, (nofile, nofile))

    options = [str(o) for o in options]
    for name, value in (("--receivers", "20"), ("--seconds", "1"), ("--rate", "40"), ("--senders", "4")):
        if name not in options:
            options += [name, value]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD_BENCH")}
    return subprocess.run([BINARY, "bench", url, *options], capture_output=True, text=True, timeout=patience(120),
                          env={**clean, **(env or {})}, preexec_fn=in_child)


async def rooms_of_benches(person):
    rooms = (await person.rest.get("/api/v1/rooms")).json["rooms"]
    return [room for room in rooms if room["name"].startswith("fairlead bench ")]


def rows(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def expect_clean(row, receivers, due):
    """All that was sent arrived, once and in order. A slow machine makes fewer sends than were due."""
    assert row["ok"] is True, row
    assert row["receivers"] == receivers and due / 4 <= row["sent"] <= due, row
    assert row["deliveries"] == receivers * row["sent"], row
    assert row["lost"] == row["repeated"] == row["out_of_order"] == row["of_refused_sends"] == 0
    assert row["rate_limited"] == row["failed"] == row["reconnects"] == 0
    latency = row["latency_ms"]
    assert 0 < latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["max"]
    assert 0 < row["connect_ms"]["p50"] <= row["connect_ms"]["p99"]
    assert row["sends_per_s"] > 0 and row["deliveries_per_s"] > 0


@pytest.mark.sanitize
@pytest.mark.parametrize("transport", ["ws", "sse", "poll"])
def test_everything_arrives_directly(server, transport):
    done = bench(url_of(server.address), "--transports", transport, "--json")
    assert done.returncode == 0, done.stderr
    (row,) = rows(done)
    assert row["transport"] == transport
    expect_clean(row, 20, 40)
    assert "Signed up the account bench-" in done.stderr


@pytest.mark.nginx
def test_everything_arrives_through_nginx_on_each_transport_in_turn(server, site):
    done = bench(url_of(site.proxy(server).address), "--json")
    assert done.returncode == 0, done.stderr
    assert [row["transport"] for row in rows(done)] == ["ws", "sse", "poll"]
    for row in rows(done):
        expect_clean(row, 20, 40)


def test_without_json_the_table_is_on_stdout_and_the_rest_on_stderr(server):
    done = bench(url_of(server.address), "--transports", "sse,ws")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.split("\n")
    assert [line.split()[0] for line in lines if line][-3:] == ["transport", "sse", "ws"]
    assert " p99 " in done.stdout and "sse: 20 receivers, " in done.stderr and ", 0 lost" in done.stderr
    assert "\x1b" not in done.stderr and "\r" not in done.stderr  # no terminal, no progress bar


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem", "-out",
                    folder / "cert.pem", "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    return folder


@pytest.mark.nginx
def test_tls_is_checked_unless_told_otherwise(server, certificate, tmp_path):
    nginx = Nginx(tmp_path, [f"unix:{server.unix_path}"], "--tls", str(certificate / "cert.pem"), str(certificate / "key.pem"))
    try:
        refused = bench(f"https://localhost:{nginx.port}")
        assert refused.returncode == 1 and "not to be trusted" in refused.stderr and "--insecure" in refused.stderr
        trusted = {"SSL_CERT_FILE": str(certificate / "cert.pem")}
        other_name = bench(f"https://127.0.0.1:{nginx.port}", env=trusted)
        assert other_name.returncode == 1 and "mismatch" in other_name.stderr
        for options, env in (("--insecure",), None), ((), trusted):
            done = bench(f"https://localhost:{nginx.port}", "--json", *options, env=env)
            assert done.returncode == 0, done.stderr
            for row in rows(done):
                expect_clean(row, 20, 40)
        plain = bench(f"http://localhost:{nginx.port}")
        assert plain.returncode == 1 and "https://" in plain.stderr
    finally:
        nginx.close()


@pytest.fixture
def prefix_proxy(server, tmp_path):
    """Another site's nginx that has Fairlead under /deep/chat/, with or without Upgrade."""
    started = []

    def start(upgrade):
        port = free_port()
        passes = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection;' if upgrade else ""
        (tmp_path / "nginx.conf").write_text(
            f"pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\n"
            f"http {{ access_log off; client_body_temp_path {tmp_path}/b; proxy_temp_path {tmp_path}/p;\n"
            f" fastcgi_temp_path {tmp_path}/f; uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s;\n"
            f" server {{ listen 127.0.0.1:{port}; location / {{ return 200 'a shop'; }}\n"
            f" location /deep/chat/ {{ proxy_pass {url_of(server.address)}/; proxy_http_version 1.1;\n"
            f" proxy_buffering off; {passes} }} }} }}")
        process = subprocess.Popen(["nginx", "-e", f"{tmp_path}/error.log", "-c", f"{tmp_path}/nginx.conf", "-g",
                                    "daemon off;"], env=NGINX_ENV)
        started.append(process)
        deadline = time.monotonic() + patience(10)
        while not (tmp_path / "pid").exists():
            assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "error.log").read_text()
            time.sleep(0.02)
        return f"http://127.0.0.1:{port}"

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


@pytest.mark.nginx
def test_a_path_prefix_is_kept_and_a_missing_one_is_suspected(prefix_proxy):
    url = prefix_proxy(upgrade=True)
    done = bench(url + "/deep/chat/", "--json")
    assert done.returncode == 0, done.stderr
    for row in rows(done):
        expect_clean(row, 20, 40)
    missing = bench(url)
    assert missing.returncode == 1 and "is this a Fairlead, and is a path missing" in missing.stderr


@pytest.mark.nginx
def test_a_proxy_that_strips_upgrade_is_named_and_the_others_are_measured(prefix_proxy):
    done = bench(prefix_proxy(upgrade=False) + "/deep/chat", "--json")
    assert done.returncode == 1
    websocket, sse, poll = rows(done)
    assert websocket["ok"] is False and "Upgrade" in websocket["error"] and "--transports sse,poll" in websocket["error"]
    expect_clean(sse, 20, 40)
    expect_clean(poll, 20, 40)


def test_under_the_default_limit_it_signs_up_as_many_senders_as_it_needs(site):
    node = site.node("--sends-per-5s", "5", redis=None)
    done = bench(url_of(node.address), "--json", "--rate", 12, "--seconds", 2)
    assert done.returncode == 0, done.stderr
    assert "signing up 12 accounts to send" in done.stderr
    for row in rows(done):
        expect_clean(row, 20, 24)


async def test_sends_over_an_accounts_limit_are_counted_and_explained_not_lost(site):
    node = site.node("--sends-per-5s", "5", redis=None)
    client = HttpClient(node.address)
    token = (await client.post("/api/v1/users", {"name": "ann", "password": PASSWORD})).json["token"]
    client.close()
    done = bench(url_of(node.address), "--json", "--transports", "sse", "--token", token)
    assert done.returncode == 0, done.stderr
    (row,) = rows(done)
    assert row["rate_limited"] >= 5 and 9 <= row["sent"] <= 40 - row["rate_limited"]  # one of the burst of 10 was for the limit
    assert row["lost"] == 0 and row["deliveries"] == 20 * row["sent"]
    assert "429" in done.stderr and "--sends-per-5s" in done.stderr and "Signed up" not in done.stderr


async def test_an_account_and_a_room_of_ones_own_are_used_and_left_as_they_were(server, world):
    ann = await world.user("ann")
    room = await world.room_of(ann)
    done = bench(url_of(server.address), "--json", "--transports", "sse", "--name", ann.name, "--room", room,
                 env={"FAIRLEAD_BENCH_PASSWORD": PASSWORD})
    assert done.returncode == 0, done.stderr
    (row,) = rows(done)
    expect_clean(row, 20, 40)
    texts = [message["text"] for message in await ann.history(room)]
    assert len(texts) == row["sent"] + 1  # the one to learn the limit
    assert all(text.startswith("fairlead bench ") for text in texts)
    assert (await ann.rest.get("/api/v1/users/me")).status == 200  # only the login of its own was ended


async def test_the_room_it_made_is_deleted(server, world):
    ann = await world.user("ann")
    done = bench(url_of(server.address), "--transports", "poll", "--token", ann.token)
    assert done.returncode == 0, done.stderr
    assert await rooms_of_benches(ann) == [], done.stderr


def test_a_restart_in_the_middle_loses_nothing_and_shows_as_reconnects(site):
    node = site.node("--drain-seconds", "1", redis=None)
    process = subprocess.Popen([BINARY, "bench", url_of(node.address), "--transports", "ws", "--receivers", "20",
                                "--seconds", "4", "--rate", "25", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True)
    try:
        deadline = time.monotonic() + patience(20)
        store = os.path.join(node.data, "fairlead.db")
        quiet = os.path.getsize(store + "-wal")
        while os.path.getsize(store + "-wal") < quiet + 200_000:  # it is sending
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.02)
        node.terminate()
        node.start()
        out, err = process.communicate(timeout=patience(90))
    finally:
        process.kill()
        process.wait()
    row = json.loads(out)
    assert process.returncode == 0, out + err
    assert row["reconnects"] >= 20
    assert row["lost"] == row["repeated"] == row["out_of_order"] == row["failed"] == 0
    assert row["deliveries"] == 20 * row["sent"]


def lose(number, event, held):
    return [] if number % 10 == 0 else [event]


def repeat(number, event, held):
    return [event, event] if number % 10 == 0 else [event]


def reorder(number, event, held):
    if number % 10 == 0:
        held.append(event)
        return []
    return [event, held.pop()] if held else [event]


@pytest.mark.parametrize("fault, name", [(lose, "lost"), (repeat, "repeated"), (reorder, "out_of_order")])
def test_what_a_server_does_wrong_is_noticed_and_is_exit_code_1(fault, name):
    with FakeDeployment(fault) as fake:
        done = bench(fake.url, "--json", "--transports", "sse", "--receivers", 3)
    assert done.returncode == 1, done.stderr
    (row,) = rows(done)
    in_all = row["sent"] + 1  # the first is the one to learn the limit
    expected = {"lost": 0, "repeated": 0, "out_of_order": 0, name: in_all // 10}
    if name == "out_of_order" and in_all % 10 == 0:  # nothing came after the last
        expected.update(lost=1, out_of_order=expected["out_of_order"] - 1)
    assert row["ok"] is False and in_all > 10
    assert {key: row[key] for key in expected} == expected
    assert "a Fairlead must never do that" in done.stderr


def test_the_fake_without_a_fault_is_fine():
    with FakeDeployment(lambda number, event, held: [event]) as fake:
        done = bench(fake.url, "--json", "--transports", "sse", "--receivers", 3)
    assert done.returncode == 0, done.stderr
    expect_clean(rows(done)[0], 3, 40)


def test_saturate_shows_its_steps_and_the_best_of_them(server):
    done = bench(url_of(server.address), "--json", "--transports", "ws", "--saturate", "--rate", 200, "--seconds", 0.5)
    (row,) = rows(done)
    assert done.returncode == 0, done.stdout + done.stderr
    assert row["steps"][0]["asked_sends_per_s"] == 200 and row["steps"][-1]["stopped_by"] in {
        step["stopped_by"] for step in row["steps"]}
    assert row["deliveries_per_s"] == max(step["deliveries_per_s"] for step in row["steps"] if step["stopped_by"] in (
        "", "sends could not keep up"))
    assert any(step["stopped_by"] for step in row["steps"]) and "looking for the highest rate" in done.stderr


def test_nothing_listening_is_said(server):
    done = bench(f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1 and "nothing listens at 127.0.0.1 port" in done.stderr and done.stdout == ""


def test_wrong_credentials_are_said(server):
    url = url_of(server.address)
    token = bench(url, "--token", "no-token")
    assert token.returncode == 1 and "401" in token.stderr and "--token" in token.stderr
    password = bench(url, "--name", unique("nobody"), "--password", "wrong password")
    assert password.returncode == 1 and "bad_credentials" in password.stderr
    room = bench(url, "--room", "r_nothing")
    assert room.returncode == 1 and "404" in room.stderr and "no such room" in room.stderr


def test_another_kind_of_server_is_recognised():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as other:
        other.RequestHandlerClass.log_message = lambda *_: None
        threading.Thread(target=other.serve_forever, daemon=True).start()
        done = bench(url_of(other.server_address))
        other.shutdown()
    assert done.returncode == 1 and "is this a Fairlead" in done.stderr


@pytest.mark.parametrize("options, word", [
    (["ftp://h"], "http://"), (["http://h", "--rate", "0"], "--rate"), (["http://h", "--transports", "pigeon"], "pigeon"),
    (["http://h", "--name", "ann"], "--password"), ([], "url"), (["http://h", "--nonsense"], "nonsense")])
def test_a_mistake_in_the_options_is_exit_code_2(options, word):
    done = subprocess.run([BINARY, "bench", *options], capture_output=True, text=True, timeout=patience(20))
    assert done.returncode == 2 and word in done.stderr and done.stdout == ""


def test_too_few_descriptors_are_said_beforehand(server):
    done = bench(url_of(server.address), "--receivers", 1000, nofile=200)
    assert done.returncode == 2 and "ulimit -n" in done.stderr


def test_the_help_teaches_with_examples():
    done = subprocess.run([BINARY, "bench", "--help"], capture_output=True, text=True, timeout=patience(20))
    assert done.returncode == 0
    assert done.stdout.count("\n  fairlead bench http") == 2


async def test_an_interrupt_shows_what_was_measured_and_cleans_up(server, world, tmp_path):
    ann = await world.user("ann")
    process = Process("bench", [BINARY, "bench", url_of(server.address), "--transports", "sse", "--seconds", "60", "--json",
                                "--receivers", "5", "--token", ann.token], str(tmp_path))
    deadline = time.monotonic() + patience(20)
    while not (rooms := await rooms_of_benches(ann)):
        assert time.monotonic() < deadline
    stream = await ann.stream("sse")
    for _ in range(3):
        await next_message(stream)
    process.signal(signal.SIGINT)
    assert process.wait(30) == 1
    row = json.loads(process.stdout())
    assert row["interrupted"] is True and row["lost"] == 0 and row["deliveries"] == 5 * row["sent"] > 0
    assert len(rooms) == 1 and await rooms_of_benches(ann) == []

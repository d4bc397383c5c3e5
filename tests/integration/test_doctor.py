"""`fairlead doctor`: names the right cause on ways that are broken on purpose, and nothing where nothing is wrong."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading

import pytest

from doctor_rig import BrokenNginx, make_certificate
from harness.fairlead import BINARY
from harness.ports import free_port
from harness.process import Process
from harness.timing import patience
from harness.world import PASSWORD

STREAM_GZIP = {"gzip": "on", "gzip_types": "text/event-stream", "gzip_proxied": "any", "proxy_hide_header": "Content-Encoding"}


def doctor(*arguments, env=None, stdin=None):
    clean = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and not k.startswith("FAIRLEAD_DOCTOR")}
    return subprocess.run([BINARY, "doctor", *[str(a) for a in arguments]], capture_output=True, text=True, input=stdin,
                          timeout=patience(180), env={**clean, **(env or {})})


def examine(url, *arguments, idle=0, **more):
    """(exit code, what it said as JSON)."""
    done = doctor(url, "--json", "--guest", "--idle", idle, *arguments, **more)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


def symptoms(said):
    return {cause["symptom"] for cause in said["causes"]}


def change_for(said, symptom):
    (cause,) = [c for c in said["causes"] if c["symptom"] == symptom]
    return " ".join(f"{r.get('product', '')}: {r['change']}" for r in cause["remedies"])


@pytest.fixture(scope="module")
def certificate(scratch):
    return make_certificate(scratch)


@pytest.fixture
def nginx(server, tmp_path):
    started = []

    def start(nodes=None, **options):
        made = BrokenNginx(tmp_path, nodes or [f"unix:{server.unix_path}"], **options)
        started.append(made)
        return made.start()

    yield start
    for made in started:
        made.stop()


# The way itself: what is broken, all that may be named, and a word of the remedy for nginx.
BROKEN = {
    "no upgrade map": (dict(location={"proxy_set_header Upgrade": None, "proxy_set_header Connection": "''"}),
                       {"upgrade_stripped"}, "map $http_upgrade"),
    "buffering on": (dict(location={"proxy_buffering": "on", "proxy_ignore_headers": "X-Accel-Buffering"}),
                     {"sse_held"}, "proxy_buffering off"),
    "gzip on event streams": (dict(location=STREAM_GZIP), {"sse_compressed"}, "gzip off"),
    "gzip and buffering": (dict(location={**STREAM_GZIP, "proxy_buffering": "on",
                                          "proxy_ignore_headers": "X-Accel-Buffering"}),
                           {"sse_compressed", "sse_held"}, "gzip off"),
    "HTTP/1.0 upstream": (dict(location={"proxy_http_version": "1.0"}), {"http10", "upgrade_refused"},
                          "proxy_http_version 1.1"),
    "a cache of GETs": (dict(http="proxy_cache_path {folder}/cache keys_zone=c:1m;",
                             location={"proxy_buffering": "on", "proxy_cache": "c", "proxy_cache_valid": "200 1m",
                                       "proxy_ignore_headers": "Cache-Control"}),
                        {"cached"}, "proxy_cache off"),
    "small header buffers": (dict(http="large_client_header_buffers 2 1k; client_header_buffer_size 1k;"),
                             {"url_limit", "header_limit"}, "large_client_header_buffers 4 8k"),
    "small bodies": (dict(http="client_max_body_size 4k;"), {"body_limit"}, "client_max_body_size"),
    "no real IP": (dict(location={"proxy_set_header X-Real-IP": None}), {"address_unknown"}, "X-Real-IP $remote_addr"),
    "methods": (dict(server="  if ($request_method !~ ^(GET|POST)$) { return 405; }"), {"method_refused"},
                "$request_method"),
    "a header lost": (dict(location={"proxy_set_header Authorization": "''"}), {"header_lost", "account"}, "Authorization"),
}


@pytest.mark.nginx
@pytest.mark.parametrize("name", BROKEN)
def test_the_cause_is_named_and_no_other(name, nginx, tmp_path):
    options, expected, remedy = BROKEN[name]
    options = {k: v.replace("{folder}", str(tmp_path)) if isinstance(v, str) else v for k, v in options.items()}
    code, said = examine(nginx(**options).url)
    assert symptoms(said) == expected, said
    assert said["products"] == ["nginx"]
    changes = " ".join(change_for(said, symptom) for symptom in expected)
    assert "nginx: " in changes and remedy in changes, changes
    bad = [cause for cause in said["causes"] if cause["severity"] == "bad"]
    assert code == (1 if bad else 0) and said["well"] == (not bad)


@pytest.mark.nginx
def test_short_timeouts_are_measured_in_silence(nginx):
    code, said = examine(nginx(location={"proxy_read_timeout": "2s"}).url, idle=5)
    assert code == 1 and symptoms(said) == {"idle_cut"}, said
    assert "proxy_read_timeout 75s" in change_for(said, "idle_cut")
    ages = {p["probe"]: p["value"] for p in said["probes"] if p.get("symptom") == "idle_cut"}
    assert set(ages) == {"silence, WebSocket", "silence, SSE", "silence, a held poll"}
    assert all(1.5 < age < 4.5 for age in ages.values()), ages


@pytest.mark.nginx
def test_a_replayed_poll_is_caught_by_its_ticket(nginx, server):
    nodes = [f"unix:{server.unix_path}", f"{server.address[0]}:{server.address[1]}"]
    made = nginx(nodes=nodes, node="", location={"proxy_read_timeout": "2s", "proxy_next_upstream": None})
    code, said = examine(made.url, idle=5)
    assert code == 1 and "poll_replayed" in symptoms(said) and symptoms(said) <= {"poll_replayed", "idle_cut"}, said
    assert "proxy_next_upstream off" in change_for(said, "poll_replayed")


@pytest.mark.nginx
def test_http2_alone_leaves_no_websocket(nginx, certificate):
    made = nginx(certificate=certificate, server="  if ($server_protocol != HTTP/2.0) { return 505; }")
    code, said = examine(made.url, "--insecure")
    assert code == 1 and symptoms(said) == {"http1_refused"}, said
    assert "$server_protocol" in change_for(said, "http1_refused")
    assert any(p["probe"] == "sse" and p["state"] == "ok" for p in said["probes"])


@pytest.mark.nginx
def test_a_stream_that_is_cut_at_an_age_is_seen(nginx, server, tmp_path):
    with Relay(server.address, life_s=4) as relay:
        code, said = examine(relay.url, "--lifetime", 12)
    assert code == 1 and symptoms(said) == {"life_cut"}, said


def test_nothing_is_wrong_on_a_direct_connection(server):
    code, said = examine(f"http://{server.address[0]}:{server.address[1]}", idle=5)
    assert (code, said["causes"], said["products"]) == (0, [], []), said
    assert {p["state"] for p in said["probes"]} == {"ok"}, said


@pytest.mark.nginx
def test_nothing_is_wrong_behind_our_own_nginx(site):
    node = site.node("--drain-seconds", "1", redis=None)
    proxy = site.proxy(node)
    url = f"http://{proxy.address[0]}:{proxy.address[1]}"
    done = doctor(url, "--json", "--guest", "--host", "--nginx-conf", os.path.join(proxy.folder, "nginx.conf"),
                  "--sessions", 1000)
    said = json.loads(done.stdout)
    of_kernel = {"tcp_retries2", "somaxconn", "descriptors"}  # the test's machine is as it is
    assert {p["state"] for p in said["probes"] if p["probe"] not in of_kernel} == {"ok"}, said
    assert "every directive is as the server expects it" in done.stdout


@pytest.mark.nginx
def test_nothing_is_wrong_over_tls_with_both_http_versions(nginx, certificate):
    made = nginx(certificate=certificate)
    code, said = examine(made.url, "--cacert", certificate[0])
    assert (code, said["causes"]) == (0, []), said
    probes = {p["probe"]: p for p in said["probes"]}
    assert probes["sse, http/2"]["state"] == "ok" and probes["http/2"]["detail"] == "offered"


@pytest.mark.nginx
def test_a_certificate_is_not_believed(nginx, certificate):
    code, said = examine(nginx(certificate=certificate).url)
    assert code == 1 and symptoms(said) == {"certificate"} and "--cacert" in change_for(said, "certificate")


# nginx -T: what is wrong, with file and line, though the way still works.
HOST = {
    "timeouts": (dict(location={"proxy_read_timeout": "30s"}), "proxy_read_timeout is 30s", "proxy_read_timeout 75s"),
    "upgrade": (dict(location={"proxy_set_header Upgrade": None}), "proxy_set_header Upgrade is missing", "$http_upgrade"),
    "buffering": (dict(location={"proxy_buffering": None}), "proxy_buffering is nginx's default, on", "proxy_buffering off"),
    "ignored": (dict(location={"proxy_ignore_headers": "X-Accel-Buffering"}), "proxy_ignore_headers is", "take X-Accel"),
    "gzip": (dict(location={"gzip": "on"}), "gzip is on", "gzip off"),
    "version": (dict(location={"proxy_http_version": None}), "proxy_http_version is nginx's default, 1.0", "1.1"),
    "cache": (dict(http="proxy_cache_path /tmp keys_zone=c:1m;", location={"proxy_cache": "c"}), "proxy_cache is c",
              "proxy_cache off"),
    "headers": (dict(http="large_client_header_buffers 4 2k;"), "large_client_header_buffers is 4 2k", "4 8k"),
    "real ip": (dict(location={"proxy_set_header X-Real-IP": None}), "X-Real-IP is missing", "$remote_addr"),
    "replay": (dict(nodes=["127.0.0.1:1", "127.0.0.1:2"], node="", location={"proxy_next_upstream": None}),
               "proxy_next_upstream is nginx's default", "proxy_next_upstream off"),
    "fails": (dict(nodes=["127.0.0.1:1", "127.0.0.1:2"], node=""), "max_fails is nginx's default, 1", "max_fails=0"),
}


@pytest.mark.nginx
@pytest.mark.parametrize("name", HOST)
def test_nginx_is_compared_directive_by_directive(name, tmp_path):
    options, seen, change = HOST[name]
    made = BrokenNginx(tmp_path, options.pop("nodes", ["unix:/nowhere"]) if "nodes" in options else ["unix:/nowhere"],
                       **{k: v for k, v in options.items() if k != "nodes"})
    with open(made.conf, "w", encoding="utf-8") as file:
        file.write(made.text)
    done = doctor("--host", "--json", "--nginx-conf", made.conf, "--sessions", 100)
    said = json.loads(done.stdout)
    about = [p for p in said["probes"] if p["probe"] == "nginx" and seen in p["detail"]]
    assert about, done.stdout
    place = re.search(re.escape(made.conf) + r":(\d+)", about[0]["detail"])
    lines = made.text.splitlines()
    assert place and 1 <= int(place[1]) <= len(lines)
    word = seen.split()[0]
    if "default" not in seen and "missing" not in seen:
        assert word in lines[int(place[1]) - 1]
    changes = " ".join(r["change"] for c in said["causes"] for r in c["remedies"])
    assert change in changes and made.conf in changes


def test_a_dump_taken_elsewhere_is_read(tmp_path):
    dump = tmp_path / "dump"
    dump.write_text("# configuration file /etc/nginx/nginx.conf:\nevents {}\nhttp { include sites/*; }\n"
                    "# configuration file /etc/nginx/sites/chat:\nserver {\n location / { proxy_pass http://127.0.0.1:8400; }\n}\n")
    done = doctor("--host", "--nginx-dump", dump)
    assert done.returncode == 1 and "/etc/nginx/sites/chat:2" in done.stdout


class Relay:
    """A TCP relay to `address` that breaks what it is told to."""

    def __init__(self, address, life_s=None, deaf_after_101=False, closes_after_101=False, floods_after_101=False):
        self.address = address
        self.life_s = life_s
        self.deaf = deaf_after_101 or floods_after_101
        self.floods = floods_after_101
        self.closes = closes_after_101
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.open = set()

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for sock in list(self.open):
            self._end(sock)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    @staticmethod
    def _end(*socks):
        for sock in socks:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _serve(self, client):
        server = socket.create_connection(self.address)
        self.open |= {client, server}
        upgraded = threading.Event()
        if self.life_s:
            timer = threading.Timer(self.life_s, self._end, (client, server))
            timer.daemon = True
            timer.start()
        threading.Thread(target=self._up, args=(client, server, upgraded), daemon=True).start()
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if data.startswith(b"HTTP/1.1 101"):
                    upgraded.set()
                    head, _, _ = data.partition(b"\r\n\r\n")
                    if self.closes or self.floods:
                        client.sendall(head + b"\r\n\r\n")
                    while self.floods:
                        client.sendall(b"\x89\x00" * 32768)  # pings
                    if self.closes:
                        break
                client.sendall(data)
        self._end(client, server)

    def _up(self, client, server, upgraded):
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                if not (self.deaf and upgraded.is_set()):
                    server.sendall(data)
        self._end(server)


@pytest.mark.parametrize("fault, symptom", [("deaf_after_101", "one_way_101"), ("closes_after_101", "closed_101"),
                                            ("floods_after_101", "silent_101")])
def test_a_101_that_proves_nothing_is_seen_through(server, fault, symptom):
    with Relay(server.address, **{fault: True}) as relay:
        code, said = examine(relay.url)
    assert code == 1 and symptoms(said) == {symptom}, said


class Scripted:
    """Answers every connection with `answer(request)`, bytes; None tunnels to what CONNECT asked for."""

    def __init__(self, answer):
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.seen = []

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with contextlib.suppress(OSError), client:
            request = b""
            while b"\r\n\r\n" not in request and (data := client.recv(65536)):
                request += data
            self.seen.append(request)
            answer = self.answer(request)
            if answer is not None:
                client.sendall(answer)
                return
            host, _, port = request.split()[1].decode().rpartition(":")
            with socket.create_connection((host, int(port))) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\nProxy-agent: tinyproxy/1.11.1\r\n\r\n")
                back = threading.Thread(target=self._copy, args=(server, client), daemon=True)
                back.start()
                self._copy(client, server)
                back.join()

    @staticmethod
    def _copy(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)


@pytest.mark.nginx
@pytest.mark.parametrize("by", ["option", "environment"])
def test_a_forward_proxy_is_gone_through(nginx, certificate, by):
    made = nginx(certificate=certificate)
    def answer(request):  # who it is, it also shows in the error page of a host that cannot be
        return None if request.startswith(b"CONNECT ") else b"HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n"

    with Scripted(answer) as proxy:
        options, env = (("--proxy", proxy.url), {}) if by == "option" else ((), {"https_proxy": proxy.url})
        code, said = examine(made.url, "--cacert", certificate[0], *options, env=env)
        to_us = [request for request in proxy.seen if b"fairlead-doctor.invalid" not in request]
        assert to_us and all(request.startswith(b"CONNECT ") for request in to_us)
    assert (code, said["causes"]) == (0, []), said
    assert said["proxy"] == proxy.url and "tinyproxy" in said["products"]


@pytest.mark.nginx
def test_a_forward_proxy_that_refuses_connect_is_named(nginx, certificate):
    made = nginx(certificate=certificate)
    refusal = b"HTTP/1.1 403 Forbidden\r\nServer: squid/5.7\r\nVia: 1.1 gate (squid/5.7)\r\nContent-Length: 0\r\n\r\n"
    with Scripted(lambda request: refusal) as proxy:
        code, said = examine(made.url, "--proxy", proxy.url, "--insecure")
    assert code == 1 and symptoms(said) == {"tunnel_refused"}, said
    assert "Squid: `acl SSL_ports port" in change_for(said, "tunnel_refused")


@pytest.mark.parametrize("page, name", [
    (b"HTTP/1.1 400 Bad request\r\nConnection: close\r\n\r\n<h1>400 Bad request</h1>\nYour browser sent an invalid request.\n", "HAProxy"),
    (b"HTTP/1.1 400 Invalid header received from client\r\nConnection: close\r\n\r\n", "privoxy")])
def test_who_hides_is_known_by_the_error_page_it_must_write(server, page, name):
    """A door that passes on what is a request, and answers itself what is none."""
    def answer(request):
        return page if request.startswith(b"FAIRLEAD DOCTOR") else raw(server.address, request)

    with Scripted(answer) as door:
        _, said = examine(door.url)
    assert said["products"] == [name], said


def test_one_of_several_ways_in_can_be_asked_for(server):
    url = "http://chat.invalid"
    code, said = examine(url, "--connect-to", f"{server.address[0]}:{server.address[1]}")
    assert (code, said["causes"]) == (0, []), said


def raw(address, request):
    """What `address` answers to these bytes, to its end."""
    request = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1) if b"Upgrade" not in request else request
    answer = b""
    with socket.create_connection(address, patience(20)) as server:
        server.sendall(request)
        server.settimeout(patience(2))
        with contextlib.suppress(TimeoutError):
            while data := server.recv(65536):
                answer += data
    return answer


def test_hostile_answers_are_neither_believed_nor_printed_raw():
    evil = b"HTTP/1.1 302 \x1b[2JFound\r\nLocation: http://\x1b]0;owned\x07\r\nServer: \x1b[31mred\r\nContent-Length: 0\r\n\r\n"
    with Scripted(lambda request: evil) as server:
        done = doctor(server.url, "--guest")
    assert done.returncode == 1 and "\x1b" not in done.stdout + done.stderr and "\x07" not in done.stdout


@pytest.mark.parametrize("body", [b"\xff\x00" * 3_000_000, b"[" * 100_000, b'{"transports":1,"server_time":2,"headers":3}'],
                         ids=["endless", "deep", "wrong types"])
def test_what_is_no_fairlead_is_said(body):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    with Scripted(lambda request: head + body) as server:
        code, said = examine(server.url)
    assert code == 1 and symptoms(said) == {"not_fairlead"}, said


def test_a_token_that_would_be_more_than_a_token_is_not_used():
    """Through a forward proxy what it smuggles would be a request of its own."""
    def answer(request):
        path = (request.split() + [b"", b""])[1]
        body = {b"/api/v1/users": b'{"token":"x\\r\\nX-Smuggled: 1"}'}.get(
            path, b'{"transports":["poll"],"server_time":"2030-01-01T00:00:00.000Z","headers":[]}')
        status = b"201 Created" if path == b"/api/v1/users" else b"200 OK"
        return b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (
            status, len(body), body)
    with Scripted(answer) as server:
        done = doctor(server.url, "--guest", "--idle", 0)
    assert any(request.startswith(b"POST /api/v1/users ") for request in server.seen), done.stdout
    assert done.returncode == 1 and not any(b"\r\nX-Smuggled" in request for request in server.seen), done.stdout


def test_what_cannot_be_reached_is_said():
    code, said = examine(f"http://127.0.0.1:{free_port()}")
    assert code == 1 and symptoms(said) == {"unreachable"}, said
    code, said = examine("http://no-such-host.invalid")
    assert code == 1 and symptoms(said) == {"no_name"}, said
    code, said = examine("http://127.0.0.1:1", "--proxy", f"127.0.0.1:{free_port()}")
    assert code == 1 and symptoms(said) & {"unreachable", "proxy_away"}, said


@pytest.mark.nginx
def test_a_proxy_without_a_node_is_told_from_no_proxy(tmp_path):
    made = BrokenNginx(tmp_path, [f"127.0.0.1:{free_port()}"]).start()
    try:
        code, said = examine(made.url)
    finally:
        made.stop()
    assert code == 1 and symptoms(said) == {"nobody_home"}, said
    assert "fairlead serve" in change_for(said, "nobody_home")


def test_without_an_account_it_does_what_it_can_and_says_what_is_missing(server):
    done = doctor(f"http://{server.address[0]}:{server.address[1]}")
    assert done.returncode == 0, done.stdout
    assert "the handshake arrives at the server" in done.stdout and "--guest" in done.stdout


async def test_an_account_of_ones_own_is_used_and_signed_out(server, world, tmp_path):
    ann = await world.user("ann")
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD + "\n")
    url = f"http://{server.address[0]}:{server.address[1]}"
    done = doctor(url, "--user", ann.name, "--password-file", secret, "--idle", 0)
    assert done.returncode == 0, done.stdout
    assert (await ann.rest.get("/api/v1/users/me")).status == 200
    wrong = doctor(url, "--user", ann.name, "--password-file", "-", "--idle", 0, stdin="not that\n")
    assert wrong.returncode == 1 and "bad_credentials" in wrong.stdout and "--password-file" in wrong.stdout
    token = doctor(url, "--idle", 0, env={"FAIRLEAD_DOCTOR_TOKEN": ann.token})
    assert token.returncode == 0, token.stdout


@pytest.mark.parametrize("arguments, word", [
    ([], "URL"), (["ftp://h"], "http://"), (["http://h", "--idle", "3"], "5 to 55"), (["http://h", "--user", "ann"], "--password-file"),
    (["http://h", "--guest", "--token", "t"], "one account"), (["http://h", "--token-file", "/nowhere"], "/nowhere"),
    (["http://h", "--nonsense"], "nonsense"), (["http://h", "--proxy", "gopher://x"], "HOST:PORT")])
def test_a_mistake_in_the_options_is_exit_code_2(arguments, word):
    done = doctor(*arguments)
    assert done.returncode == 2 and word in done.stderr and done.stdout == "", done.stderr


def test_an_interrupt_ends_it_cleanly(server, tmp_path):
    process = Process("doctor", [BINARY, "doctor", f"http://{server.address[0]}:{server.address[1]}", "--guest", "--idle", "55"],
                      str(tmp_path))
    process.wait_until(lambda: b"  poll" in process.stdout(), 30, "the silence begins")
    process.signal(signal.SIGINT)
    assert process.wait(20) == 2 and b"interrupted" in process.stderr()

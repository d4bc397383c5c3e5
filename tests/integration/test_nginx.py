"""nginx/ as it stands, in front of a scripted upstream. (What the real server does behind it is tested elsewhere.)"""

import json
import socket
import subprocess

import pytest

from harness.fairlead import BINARY
from harness.ports import free_port
from nginx_rig import ENV, Nginx, Upstream, answer, connects, parse, until

pytestmark = pytest.mark.nginx


def script(request, connection):
    path = request.target.partition("?")[0]
    if path == "/api/v1/dropped" or path == "/rt/v1/poll" and "dropped" in request.target:
        return None
    if path == "/rt/v1/ws" and dict(request.headers).get("upgrade") == "websocket":
        return b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello"
    if path == "/rt/v1/ws":
        return answer("426 Upgrade Required", b'{"code":"upgrade_required"}', "Upgrade: websocket")
    if path == "/rt/v1/sse":
        accel = b"" if "bare" in request.target else b"X-Accel-Buffering: no\r\n"
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + accel + b"Cache-Control: no-store, no-transform\r\nConnection: close\r\n\r\ndata: first\n\n")
        connection.recv(1)  # until nginx leaves
        return None
    return answer()


@pytest.fixture(scope="module")
def upstream(tmp_path_factory):
    server = Upstream(tmp_path_factory.mktemp("up") / "s", script)
    server.path = server._listener.getsockname()
    yield server
    server.close()


@pytest.fixture(scope="module")
def nginx(upstream, tmp_path_factory):
    server = Nginx(tmp_path_factory.mktemp("nginx"), [f"unix:{upstream.path}"])
    yield server
    server.close()


@pytest.fixture
def lonely(tmp_path):
    """nginx whose upstream is not there."""
    server = Nginx(tmp_path, [f"unix:{tmp_path}/nobody"], "--login-rate", "1", "--streams-per-client", "2")
    yield server
    server.close()


def problem(status, headers, body, expected_status, code):
    assert status == expected_status
    assert headers["content-type"] == "application/problem+json"
    page = json.loads(body)
    assert page["status"] == expected_status and page["code"] == code
    assert page["title"] and page["detail"] and page["type"] == f"urn:fairlead:problem:{code}"
    assert page["request_id"] == headers["x-request-id"]
    return page


def last(upstream, nginx, *args, **kwargs):
    """Asks, and returns what the upstream saw of it."""
    before = len(upstream.requests)
    status, _, _ = nginx.ask(*args, **kwargs)
    assert len(upstream.requests) == before + 1, status
    return upstream.requests[-1]


def test_nginx_finds_no_fault_with_the_configuration(nginx):
    done = subprocess.run(nginx.command("-t"), env=ENV, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr and "[alert]" not in done.stderr


def test_nginx_finds_no_fault_with_the_tls_configuration(tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                    "/CN=localhost", "-days", "2", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"],
                   check=True, capture_output=True)
    server = Nginx(tmp_path, [f"unix:{tmp_path}/nobody"], "--tls", str(tmp_path / "cert.pem"), str(tmp_path / "key.pem"))
    try:
        done = subprocess.run(server.command("-t"), env=ENV, capture_output=True, text=True)
        assert done.returncode == 0 and "[warn]" not in done.stderr, done.stderr
        status, headers, _ = parse(server.raw(b"GET /chat?a=1 HTTP/1.1\r\nHost: fairlead.test\r\n\r\n"))
        assert (status, headers["location"]) == (308, "https://fairlead.test/chat?a=1")
    finally:
        server.close()


def test_nginx_finds_no_fault_with_the_configuration_in_one_file(upstream, tmp_path):
    done = subprocess.run([BINARY, "config", "nginx", "--stdout", "--upstream", f"unix:{upstream.path}", "--run", tmp_path, "--log", tmp_path],
                          env=ENV, capture_output=True, text=True, check=True)
    (tmp_path / "one.conf").write_text(done.stdout)
    done = subprocess.run(["nginx", "-t", "-c", tmp_path / "one.conf", "-e", tmp_path / "error.log"], env=ENV, capture_output=True, text=True)
    assert done.returncode == 0 and "[warn]" not in done.stderr, done.stderr


def test_only_websocket_is_passed_on_as_an_upgrade(upstream, nginx):
    for offered in ("h2c", "websocket, h2c", "TLS/1.0", "foo"):
        seen = dict(last(upstream, nginx, "/rt/v1/connect", headers=[("Upgrade", offered), ("HTTP2-Settings", "AAMA")]).headers)
        assert "upgrade" not in seen and "http2-settings" not in seen, offered
        assert seen["connection"] == "keep-alive"


def test_a_websocket_handshake_passes_whole(upstream, nginx):
    with nginx.connect() as s:
        s.sendall(b"GET /rt/v1/ws HTTP/1.1\r\nHost: fairlead.test:8080\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
                  b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                  b"Sec-WebSocket-Protocol: fairlead.v1.json, fairlead.bearer.abc\r\nOrigin: http://fairlead.test:8080\r\n\r\n")
        got = b""
        while not got.endswith(b"hello"):
            part = s.recv(4096)
            assert part, got
            got += part
    assert got.startswith(b"HTTP/1.1 101 ")
    seen = dict(upstream.requests[-1].headers)
    assert seen["upgrade"] == "websocket" and seen["connection"] == "upgrade"
    assert seen["sec-websocket-protocol"] == "fairlead.v1.json, fairlead.bearer.abc"
    assert seen["host"] == "fairlead.test:8080" and seen["origin"] == "http://fairlead.test:8080"


def test_the_servers_own_426_keeps_its_body_and_its_upgrade_header(nginx):
    status, headers, body = nginx.ask("/rt/v1/ws")
    assert (status, headers["upgrade"], body) == (426, "websocket", b'{"code":"upgrade_required"}')


def until_first_event(s):
    got = b""
    while b"data: first" not in got:
        part = s.recv(4096)
        assert part, got
        got += part
    return got


def first_of_stream(nginx, target):
    with nginx.connect() as s:
        s.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n".encode())
        return until_first_event(s)


def test_a_stream_is_not_held_back_and_an_outer_nginx_is_told_so(nginx):
    got = first_of_stream(nginx, "/rt/v1/sse")
    assert b"X-Accel-Buffering: no\r\n" in got
    assert b"Content-Encoding" not in got


def test_a_stream_is_not_held_back_even_if_the_server_does_not_ask(nginx):
    first_of_stream(nginx, "/rt/v1/sse?bare")


OUTER = """daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 64; }}
http {{
    access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
    scgi_temp_path {folder}/s;
    server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{inner}; }} }}
}}
"""


def test_a_stream_passes_an_outer_nginx_that_nobody_has_tuned(nginx, tmp_path):
    port = free_port()
    (tmp_path / "outer.conf").write_text(OUTER.format(folder=tmp_path, port=port, inner=nginx.port))
    outer = subprocess.Popen(["nginx", "-c", tmp_path / "outer.conf", "-e", tmp_path / "log"], env=ENV)
    try:
        until(lambda: connects(port), "the outer nginx accepts")
        with socket.create_connection(("127.0.0.1", port), 10) as s:
            s.sendall(b"GET /rt/v1/sse HTTP/1.1\r\nHost: x\r\n\r\n")
            until_first_event(s)
        with socket.create_connection(("127.0.0.1", port), 1) as s:  # it holds back what the server says nothing of
            s.sendall(b"GET /rt/v1/sse?bare HTTP/1.1\r\nHost: x\r\n\r\n")
            with pytest.raises(TimeoutError):
                until_first_event(s)
    finally:
        outer.terminate()
        outer.wait(10)


def test_authorization_and_the_real_address_reach_the_server(upstream, nginx):
    seen = dict(last(upstream, nginx, "/api/v1/sync", headers=[
        ("Authorization", "Bearer T"), ("X-Real-IP", "192.0.2.1"), ("X-Forwarded-For", "192.0.2.1"),
        ("X-Forwarded-Proto", "https"), ("Forwarded", "for=192.0.2.1"), ("X-Api-Key", "k")]).headers)
    assert seen["authorization"] == "Bearer T" and seen["x-api-key"] == "k"
    assert seen["x-real-ip"] == seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["x-forwarded-proto"] == "http" and "forwarded" not in seen
    assert seen["connection"] == "keep-alive"


def test_only_a_load_balancer_that_was_named_is_believed(upstream, nginx, tmp_path):
    claims = [("X-Forwarded-For", "203.0.113.9, 198.51.100.7"), ("X-Forwarded-Proto", "https")]
    seen = dict(last(upstream, nginx, "/api/v1/sync", headers=claims).headers)
    assert (seen["x-real-ip"], seen["x-forwarded-proto"]) == ("127.0.0.1", "http")
    server = Nginx(tmp_path, [f"unix:{upstream.path}"], "--real-ip-from", "127.0.0.0/8", "--real-ip-from", "192.0.2.1")
    try:
        seen = dict(last(upstream, server, "/api/v1/sync", headers=claims).headers)
        assert (seen["x-real-ip"], seen["x-forwarded-for"], seen["x-forwarded-proto"]) == ("198.51.100.7", "198.51.100.7", "https")
        assert "max-age" in server.ask("/api/v1/sync", headers=claims)[1]["strict-transport-security"]
    finally:
        server.close()


def test_the_request_id_is_the_clients_if_well_formed_and_else_a_new_one(upstream, nginx):
    seen = dict(last(upstream, nginx, "/api/v1/sync", headers=[("X-Request-Id", "abc-1.2_3")]).headers)
    assert seen["x-request-id"] == "abc-1.2_3"
    for bad in ('x"y', "a~b", "a b", "x" * 65, "<script>"):
        seen = dict(last(upstream, nginx, "/api/v1/sync", headers=[("X-Request-Id", bad)]).headers)
        assert len(seen["x-request-id"]) == 32 and seen["x-request-id"] != bad


def test_a_chunked_body_reaches_the_server_whole_with_its_length(upstream, nginx):
    for path in ("/api/v1/users", "/rt/v1/connect", "/rt/v1/poll", "/rt/v1/probe"):
        with nginx.connect() as s:
            s.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n".encode())
            canary = last(upstream, nginx, "/api/v1/canary")  # nginx has read what came before, and passed on nothing
            s.sendall(b"2\r\nef\r\n0\r\n\r\n")
            assert s.recv(4096).startswith(b"HTTP/1.1 200")
        seen = upstream.requests[-1]
        assert upstream.requests[-2] is canary
        assert seen.body == b"abcdef" and "transfer-encoding" not in dict(seen.headers)


def test_a_ticket_or_a_token_never_stands_in_the_access_log(nginx):
    secret = "s3cr3t-ticket"
    for number, target in enumerate([f"/rt/v1/connect?ticket={secret}", f"/rt/v1/connect?cursor=c1&ticket={secret}&session=s_1",
                                     f"/rt/v1/connect?%74icket={secret}", f"/api/v1/search?q={secret}",
                                     f"/rt/v1/connect?TICKET={secret}&ticket={secret}", f"/nothing?token={secret}"]):
        nginx.ask(target, headers=[("X-Request-Id", f"masked-{number}"), ("Authorization", f"Bearer {secret}")])
        line = nginx.access_log(f"masked-{number}")
        assert line["path"] == target.partition("?")[0]
    assert nginx.access_log("masked-0")["ticket"] == "[masked]"
    assert nginx.access_log("masked-1")["session"] == "s_1" and nginx.access_log("masked-1")["cursor"] == "c1"
    assert secret not in (nginx.folder / "access.log").read_text()
    assert secret not in (nginx.folder / "error.log").read_text()


def test_of_polls_only_the_first_and_failures_are_logged(nginx):
    for number, target in enumerate(["/rt/v1/poll", "/rt/v1/poll?cursor=c1", "/rt/v1/poll?session=s_1&cursor=", "/rt/v1/poll?dropped&cursor=c1"]):
        nginx.ask(target, headers=[("X-Request-Id", f"polled-{number}")])
    assert nginx.access_log("polled-3")["status"] == 502
    logged = (nginx.folder / "access.log").read_text()
    assert [f"polled-{number}" in logged for number in range(4)] == [True, False, True, True]


def test_the_operators_pages_are_hidden_however_they_are_written(upstream, nginx):
    before = len(upstream.requests)
    for target in ("/metrics", "/healthz", "/readyz", "/metrics?x=1", "//metrics", "/%6detrics", "/api/../metrics",
                   "/api/%2e%2e/metrics", "/rt/..%2fmetrics", "/rt/v1/%2e%2e/%2e%2e/metrics", "http://h/metrics", "/metrics/"):
        problem(*nginx.ask(target), 404, "not_found")
    assert len(upstream.requests) == before


def test_a_body_over_64_kib_is_413_as_a_problem(upstream, nginx):
    last(upstream, nginx, "/api/v1/users", "POST", body=b"x" * 65536)
    problem(*nginx.ask("/api/v1/users", "POST", body=b"x" * 65537), 413, "content_too_large")


def test_too_long_a_target_is_414_and_too_long_a_header_431_as_a_problem(nginx):
    problem(*nginx.ask("/api/v1/" + "a" * 9000), 414, "uri_too_long")
    problem(*nginx.ask("/api/v1/sync", headers=[("X-Long", "a" * 9000)]), 431, "header_fields_too_large")


def test_a_request_that_is_not_http_is_400_as_a_problem(nginx):
    problem(*parse(nginx.raw(b"GET /api\x01 HTTP/1.1\r\nHost: x\r\n\r\n")), 400, "bad_request")
    problem(*parse(nginx.raw(b"GET /api/v1/sync HTTP/1.1\r\n\r\n")), 400, "bad_request")
    problem(*nginx.ask("/", "DELETE"), 405, "method_not_allowed")


def test_without_a_server_the_answer_is_502_as_a_problem_with_retry_after(lonely):
    for target in ("/api/v1/sync", "/rt/v1/connect", "/rt/v1/poll", "/rt/v1/hello"):
        status, headers, body = lonely.ask(target, headers=[("X-Request-Id", "r-502")])
        assert problem(status, headers, body, 502, "bad_gateway")["request_id"] == "r-502"
        assert int(headers["retry-after"]) > 0 and headers["cache-control"] == "no-store"


def test_a_flood_of_logins_is_429_with_retry_after(lonely):
    def login():
        return lonely.ask("/api/v1/sessions", "POST")

    sockets = []
    try:
        for _ in range(501):  # the burst: 100 go on at once, 400 wait their turn
            s = lonely.connect()
            s.sendall(b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            sockets.append(s)
        status, headers, body = until(lambda: (got := login())[0] == 429 and got, "429")
        problem(status, headers, body, 429, "rate_limited")
        assert headers["retry-after"] == "1"
        assert lonely.ask("/api/v1/users?q=a")[0] == 502  # a look-up costs no password hash
    finally:
        for s in sockets:
            s.close()


def test_streams_are_counted_by_token_and_the_next_over_the_limit_is_429(upstream, tmp_path):
    server = Nginx(tmp_path, [f"unix:{upstream.path}"], "--streams-per-client", "2")
    sockets = []

    def stream(token, header="Authorization: Bearer "):
        s = server.connect()
        sockets.append(s)
        s.sendall(f"GET /rt/v1/sse HTTP/1.1\r\nHost: x\r\n{header}{token}\r\n\r\n".encode())
        return int(s.recv(4096).split()[1])

    long_token = "x" * 400
    try:
        assert [stream(long_token + "A") for _ in range(3)] == [200, 200, 429]
        assert stream(long_token + "B") == 200  # another token of the same address
        assert stream(long_token + "A", "Sec-WebSocket-Protocol: fairlead.v1.json, fairlead.bearer.") == 429
        assert stream(long_token + "A", "Cookie: theme=dark; __Host-fairlead=") == 429
        assert stream(long_token + "C; other=1", "Cookie: fairlead=") == 200
        assert [stream("", "X-None: ") for _ in range(3)] == [200, 200, 429]  # no token: by address
    finally:
        for s in sockets:
            s.close()
        server.close()
    assert long_token not in (server.folder / "error.log").read_text()


def test_what_might_take_effect_twice_is_never_replayed(upstream, tmp_path):
    twins = [Upstream(tmp_path / name, script) for name in ("a", "b")]
    server = Nginx(tmp_path, [f"unix:{tmp_path}/a", f"unix:{tmp_path}/b"])
    try:
        for method, target in (("POST", "/api/v1/dropped"), ("GET", "/rt/v1/poll?dropped"), ("POST", "/rt/v1/poll?dropped")):
            before = sum(len(twin.requests) for twin in twins)
            assert server.ask(target, method)[0] == 502
            assert sum(len(twin.requests) for twin in twins) == before + 1, target
        before = sum(len(twin.requests) for twin in twins)
        server.ask("/api/v1/dropped")  # idempotent: the other node is asked
        assert sum(len(twin.requests) for twin in twins) == before + 2
    finally:
        server.close()
        for twin in twins:
            twin.close()


def test_connections_to_the_server_are_kept_between_requests(upstream, nginx):
    nginx.ask("/api/v1/sync")
    before = upstream.connections
    for _ in range(20):
        nginx.ask("/api/v1/sync")
    assert upstream.connections - before <= 1


def test_a_client_that_leaves_a_held_poll_is_noticed_at_once(tmp_path):
    left = []

    def hold(request, connection):
        left.append(connection.recv(1))  # returns when nginx closes
        return None

    held = Upstream(tmp_path / "held", hold)
    server = Nginx(tmp_path, [f"unix:{tmp_path}/held"])
    try:
        for target in ("/rt/v1/poll?timeout=50", "/rt/v1/connect", "/rt/v1/sse"):
            before = len(left)
            with server.connect() as s:
                s.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                until(lambda: len(held.requests) == before + 1, "the request arrives")
            until(lambda: len(left) == before + 1, f"{target}: the server hears of it", 3)
    finally:
        server.close()
        held.close()


def test_a_server_that_stays_silent_is_504_as_a_problem_once(tmp_path):
    silent = Upstream(tmp_path / "silent", lambda request, connection: connection.recv(1) and None)
    server = Nginx(tmp_path, [f"unix:{tmp_path}/silent"], edit=("proxy_read_timeout 75s", "proxy_read_timeout 1s"))
    try:
        status, headers, body = server.ask("/rt/v1/poll?timeout=50")
        problem(status, headers, body, 504, "gateway_timeout")
        assert int(headers["retry-after"]) > 0
        assert len(silent.requests) == 1
    finally:
        server.close()
        silent.close()


def test_a_reload_lets_a_poll_in_flight_be_answered(tmp_path):
    def slow(request, connection):
        until(lambda: (tmp_path / "go").exists(), "the reload")
        return answer()

    server_side = Upstream(tmp_path / "slow", slow)
    server = Nginx(tmp_path, [f"unix:{tmp_path}/slow"])
    try:
        with server.connect() as s:
            s.sendall(b"GET /rt/v1/poll HTTP/1.1\r\nHost: x\r\n\r\n")
            until(lambda: server_side.requests, "the poll arrives")
            subprocess.run(server.command("-s", "reload"), env=ENV, check=True)
            until(lambda: server.ask("/")[0] in (200, 403, 404), "the new worker answers")
            (tmp_path / "go").touch()
            assert s.recv(4096).startswith(b"HTTP/1.1 200")
    finally:
        server.close()
        server_side.close()


def test_pages_come_with_their_type_a_policy_and_a_cheap_second_look(tmp_path):
    web = tmp_path / "web"
    (web / "lib").mkdir(parents=True)
    (web / "index.html").write_text("<!doctype html><p>" + "hello " * 500)
    (web / "help.html").write_text("help")
    (web / "lib/app.0123abcd.js").write_text("1")
    (web / ".hidden").write_text("no")
    server = Nginx(tmp_path / "nginx", [f"unix:{tmp_path}/nobody"], "--web", str(web))
    try:
        status, headers, body = server.ask("/")
        assert status == 200 and headers["content-type"] == "text/html; charset=utf-8"
        assert headers["cache-control"] == "no-cache" and b"hello" in body
        assert "script" not in headers["content-security-policy"] and "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert server.ask("/", headers=[("If-None-Match", headers["etag"])])[0] == 304
        assert server.ask("/", headers=[("Accept-Encoding", "gzip")])[1]["content-encoding"] == "gzip"
        status, headers, _ = server.ask("/connectivity/")
        assert (status, headers["location"]) == (301, "/connectivity")
        assert server.ask("/help")[2] == b"help"
        status, headers, _ = server.ask("/lib/app.0123abcd.js")
        assert headers["content-type"] == "text/javascript; charset=utf-8" and "immutable" in headers["cache-control"]
        problem(*server.ask("/.hidden"), 404, "not_found")
        problem(*server.ask("/nothing"), 404, "not_found")
        problem(*server.ask("/lib/"), 403, "forbidden")
    finally:
        server.close()

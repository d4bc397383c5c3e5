"""The rendered nginx over TLS, in front of the real server: versions, resumption, HTTP/1.1 and HTTP/2."""

import json
import socket
import ssl
import subprocess

import pytest

from harness.websocket import handshake
from nginx_rig import Nginx

pytestmark = pytest.mark.nginx


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    files = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost",
                    "-days", "2", "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return [str(file) for file in files]


@pytest.fixture
def nginx(certificate, server, tmp_path):
    made = Nginx(tmp_path, [f"unix:{server.unix_path}"], "--tls", *certificate)
    yield made
    made.close()


def connect(nginx, version=None, alpn="http/1.1", session=None, context=None):
    context = context or client(version, alpn)
    return context.wrap_socket(socket.create_connection(("127.0.0.1", nginx.port), 10), server_hostname="localhost", session=session)


def client(version=None, alpn="http/1.1"):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols([alpn])
    if version:
        context.set_ciphers("ALL:@SECLEVEL=0")  # so that it is nginx who refuses
        context.minimum_version = context.maximum_version = version
    return context


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_tls_1_2_and_1_3_are_spoken_and_offer_http_2(nginx, version):
    with connect(nginx, ssl.TLSVersion[version], "h2") as s:
        assert s.version() == version.replace("_", ".") and s.selected_alpn_protocol() == "h2"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_1_1_is_refused(nginx):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(nginx, ssl.TLSVersion.TLSv1_1).close()


def test_who_comes_back_resumes_its_session(nginx):
    context = client(ssl.TLSVersion.TLSv1_2)
    with connect(nginx, context=context) as first:
        assert not first.session_reused
        session = first.session
    with connect(nginx, context=context, session=session) as again:
        assert again.session_reused


def curl(nginx, path, *options):
    return ["curl", "-sk", "--max-time", "20", *options, f"https://localhost:{nginx.port}{path}"]


def sign_up(nginx, name):
    body = json.dumps({"name": name, "password": "a long secret"})
    done = subprocess.run(curl(nginx, "/api/v1/users", "-H", "Content-Type: application/json", "-d", body), capture_output=True, check=True)
    return json.loads(done.stdout)["token"]


@pytest.mark.parametrize("version, status", [("--http1.1", "HTTP/1.1 200"), ("--http2", "HTTP/2 200")])
def test_events_come_at_once_over_each_http(nginx, version, status):
    token = sign_up(nginx, f"tls-{nginx.port}")
    asked = curl(nginx, "/rt/v1/sse?probe=0", version, "-i", "-N", "-H", f"Authorization: Bearer {token}", "-H", "Accept: text/event-stream")
    with subprocess.Popen(asked, stdout=subprocess.PIPE, text=True) as stream:
        lines = []
        while not lines or '"type":"hello"' not in lines[-1]:  # the stream goes on behind it
            lines.append(stream.stdout.readline())
            assert lines[-1], lines
        stream.kill()
    assert lines[0].startswith(status)
    assert any(line.lower().startswith("strict-transport-security: max-age=") for line in lines)


def test_a_websocket_opens_over_tls(nginx):
    token = sign_up(nginx, f"ws-{nginx.port}")
    with connect(nginx) as s:
        s.sendall(handshake("/rt/v1/ws?probe=0", token, host=f"localhost:{nginx.port}", headers=[("Origin", f"https://localhost:{nginx.port}")]))
        got = b""
        while b'"hello"' not in got:
            part = s.recv(4096)
            assert part, got
            got += part
    assert got.startswith(b"HTTP/1.1 101 ")

#!/usr/bin/env python3
"""What an idle stream costs nginx, with the configuration that `fairlead config nginx` writes: private pages of its one
worker for each stream, in KB, as a Markdown table.

  tests/bench/nginx_memory.py [--binary build/release/fairlead] [--nginx nginx] [--streams 1000] [-- --stream-buffer 4k …]

What follows -- goes to `fairlead config nginx`. Each request has a head as a browser's, with a token and a cookie (1.4 KB).
Not in it: the kernel's buffers (about 4 KB for a TCP socket), and the server's own memory (run.py, point 3)."""
import argparse, contextlib, http.client, json, os, re, shutil, socket, ssl, struct, subprocess, tempfile, time

from programs import ROOT, free_port, wait_port

ENV = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
HEAD = {
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "accept-language": "en-GB,en;q=0.9,de;q=0.8", "cache-control": "no-cache", "cookie": "consent=1; preferences=" + "p" * 800,
    "sec-ch-ua": '"Chromium";v="126", "Not-A.Brand";v="8"', "sec-fetch-mode": "cors", "sec-fetch-site": "same-origin",
}
SSE = {"accept": "text/event-stream"}
WEB_SOCKET = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
              "sec-websocket-protocol": "fairlead.v1.json"}


def http1(path, headers):
    lines = [f"GET {path}?probe=0&heartbeat=55 HTTP/1.1", "host: localhost", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def http2(path, headers):
    """Preface, empty SETTINGS, and a HEADERS frame of literals (RFC 9113, RFC 7541 without compression)."""
    def literal(text):
        raw, rest = text.encode(), len(text) - 127
        length = bytes([len(raw)]) if rest < 0 else b"\x7f" + (bytes([rest]) if rest < 128 else bytes([rest & 127 | 128, rest >> 7]))
        return length + raw

    fields = {":method": "GET", ":scheme": "https", ":authority": "localhost", ":path": path + "?probe=0&heartbeat=55", **headers}
    block = b"".join(b"\x00" + literal(k) + literal(v) for k, v in fields.items())
    return (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
            + struct.pack(">I", len(block))[1:] + b"\x01\x05" + struct.pack(">I", 1) + block)


# name -> (whether TLS, its ALPN, the request)
KINDS = {
    "SSE": (False, None, lambda head: http1("/rt/v1/sse", {**head, **SSE})),
    "WebSocket": (False, None, lambda head: http1("/rt/v1/ws", {**head, **WEB_SOCKET})),
    "held poll": (False, None, None),
    "SSE, TLS": (True, "http/1.1", lambda head: http1("/rt/v1/sse", {**head, **SSE})),
    "WebSocket, TLS": (True, "http/1.1", lambda head: http1("/rt/v1/ws", {**head, **WEB_SOCKET})),
    "SSE, TLS and HTTP/2": (True, "h2", lambda head: http2("/rt/v1/sse", {**head, **SSE})),
}


def private_kb(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        return sum(int(kb) for kb in re.findall(r"^Private_\w+: +(\d+) kB", f.read(), re.MULTILINE))


def workers(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(word) for word in f.read().split()]


def version(nginx):
    return subprocess.run([nginx, "-v"], capture_output=True, text=True, env=ENV, check=True).stderr.split("/")[-1].split()[0]


@contextlib.contextmanager
def program(*command):
    process = subprocess.Popen([str(word) for word in command], env=ENV)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def certificate(folder):
    files = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost",
                    "-days", "2", "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files


@contextlib.contextmanager
def nginx(args, folder, upstream, tls):
    """A fresh one; its port, and the id of its worker."""
    port, out = free_port(), tempfile.mkdtemp(dir=folder)
    command = [args.binary, "config", "nginx", "--out", out, "--listen", f"127.0.0.1:{port}", "--upstream", "unix:" + upstream, "--workers", 1,
               "--nginx-version", version(args.nginx), *(["--tls", *certificate(out)] if tls else []), *args.options]
    subprocess.run([str(word) for word in command], check=True, env=ENV, stdout=subprocess.DEVNULL)
    with program(args.nginx, "-c", out + "/nginx.conf", "-e", out + "/error.log", "-g", "daemon off;") as process:
        wait_port(port, process)
        yield port, workers(process.pid)[0]


def first_poll(port, head):
    """Where the next poll, which is held, goes on from."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/rt/v1/poll", headers=head)
    answer = json.load(connection.getresponse())
    connection.close()
    return f"/rt/v1/poll?cursor={answer['cursor']}&session={answer['session']}&timeout=55"


def open_stream(port, kind, head, context):
    tls, _, request = KINDS[kind]
    held = None if request else first_poll(port, head)
    sock = socket.create_connection(("127.0.0.1", port), 30)
    if tls:
        sock = context.wrap_socket(sock, server_hostname="localhost")
    if held:
        sock.sendall(http1(held, head).replace(b"?probe=0&heartbeat=55", b""))
        return sock
    sock.sendall(request(head))
    got = b""
    while b'"hello"' not in got:
        part = sock.recv(65536)
        if not part:
            raise SystemExit(f"{kind}: {got[:300]}")
        got += part
    return sock


def measure(args, folder, upstream, token, kind):
    tls, alpn, _ = KINDS[kind]
    context = ssl._create_unverified_context() if tls else None
    if tls:
        context.set_alpn_protocols([alpn])
    head = {**HEAD, "authorization": "Bearer " + token}
    with nginx(args, folder, upstream, tls) as (port, worker), contextlib.ExitStack() as streams:
        for _ in range(50):  # what is allocated once
            open_stream(port, kind, head, context).close()
        time.sleep(1)
        before = private_kb(worker)
        for _ in range(args.streams):
            streams.enter_context(open_stream(port, kind, head, context))
        time.sleep(1)
        return (private_kb(worker) - before) / args.streams


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--binary", default=os.path.join(ROOT, "build", "release", "fairlead"))
    ap.add_argument("--nginx", default="nginx", help="the program")
    ap.add_argument("--streams", type=int, default=1000)
    ap.add_argument("--kinds", default="", help="only those whose name contains this")
    ap.add_argument("options", nargs="*", help="of `fairlead config nginx`")
    args = ap.parse_args()
    folder = tempfile.mkdtemp(prefix="fairlead-memory-")
    upstream, port = os.path.join(folder, "s"), free_port()
    try:
        with program(args.binary, "serve", "--data", folder + "/data", "--listen", f"127.0.0.1:{port}", "--listen", "unix:" + upstream,
                     "--user-admissions-per-s", 0, "--log-level", "error") as server:
            wait_port(port, server)
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("POST", "/api/v1/users", json.dumps({"name": "memory", "password": "a long secret"}), {"content-type": "application/json"})
            token = json.load(connection.getresponse())["token"]
            print(f"| an idle stream, nginx {version(args.nginx)} | KB |\n|---|---|", flush=True)
            for kind in KINDS:
                if args.kinds in kind:
                    print(f"| {kind} | {measure(args, folder, upstream, token, kind):.1f} |", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()

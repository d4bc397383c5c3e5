"""Our nginx configuration in front of a scripted upstream, for what needs no real server."""

import collections
import contextlib
import json
import os
import socket
import subprocess
import threading
import time

from harness.fairlead import BINARY
from harness.ports import free_port

ENV = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}


def until(condition, what, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


def connects(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True


Request = collections.namedtuple("Request", "method target version headers body")


class Upstream:
    """A Unix-socket server that keeps every request it got and answers as `script(request, connection)` says:
    bytes to send, or None to close without a word. Its threads end with close()."""

    def __init__(self, path, script):
        self.requests = []
        self.connections = 0
        self._script = script
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(256)
        self._open = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as stream:
            while True:
                line = stream.readline().decode("latin-1").split()
                if not line:
                    return
                headers = []
                while (header := stream.readline().decode("latin-1").strip()):
                    name, _, value = header.partition(":")
                    headers.append((name.lower(), value.strip()))
                length = int(dict(headers).get("content-length", 0))
                request = Request(*line, headers, stream.read(length))
                self.requests.append(request)
                answer = self._script(request, connection)
                if answer is None:
                    return
                connection.sendall(answer)

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Nginx:
    """nginx with our rendered configuration in `folder`, on a port of its own; `edit` (old, new) shortens a time."""

    def __init__(self, folder, upstreams, *options, edit=None):
        self.folder = folder
        self.port = free_port()
        args = [BINARY, "config", "nginx", "--out", str(folder), "--listen", f"127.0.0.1:{self.port}", "--workers", "1"]
        for upstream in upstreams:
            args += ["--upstream", str(upstream)]
        subprocess.run(args + list(options), check=True, env=ENV)
        for snippet in folder.glob("fairlead/*.conf") if edit else ():
            snippet.write_text(snippet.read_text().replace(*edit))
        self._process = subprocess.Popen(self.command("-g", "daemon off;"), env=ENV)
        until(self._answers, "nginx accepts")

    def command(self, *options):
        return ["nginx", "-c", str(self.folder / "nginx.conf"), "-e", str(self.folder / "error.log"), *options]

    def _answers(self):
        assert self._process.poll() is None, (self.folder / "error.log").read_text()
        return connects(self.port)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), 10)

    def raw(self, data):
        """Sends bytes, reads to the end of the connection."""
        with self.connect() as s:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                s.sendall(data)
            got = b""
            with contextlib.suppress(ConnectionResetError):
                while (part := s.recv(65536)):
                    got += part
            return got

    def ask(self, target, method="GET", headers=(), body=b""):
        """One request with Connection: close. Returns (status, headers, body)."""
        head = [f"{method} {target} HTTP/1.1", "Host: fairlead.test:8080", "Connection: close"]
        head += [f"{name}: {value}" for name, value in headers]
        if body or method == "POST":
            head.append(f"Content-Length: {len(body)}")
        return parse(self.raw("\r\n".join(head).encode() + b"\r\n\r\n" + body))

    def access_log(self, request_id):
        """The line of that request; nginx writes it within a second of the request's end."""
        def line():
            for text in (self.folder / "access.log").read_text().splitlines():
                entry = json.loads(text)
                if entry["request_id"] == request_id:
                    return entry
        return until(line, f"access log line of {request_id}")

    def close(self):
        self._process.terminate()
        self._process.wait(10)


def parse(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    if headers.get("transfer-encoding") == "chunked":
        plain, rest = b"", body
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            plain, rest = plain + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
        body = plain
    return int(lines[0].split()[1]), headers, body


def answer(status="200 OK", body=b"{}", *headers):
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: application/json", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body

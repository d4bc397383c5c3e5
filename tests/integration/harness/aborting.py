"""One process of the isolation test: blocking sockets, many at a time, that leave at random.

Every request carries a token of its own (X-Request-Id), and most name an id of their own; every byte of
every answer that is read must be an answer to the request that this very connection sent.
"""

import json
import random
import re
import socket
import struct
import time

TIMEOUT_S = 60
ABORT_SHARE = 0.35
TOKEN = re.compile(r"t\d+-\d+-\d+")  # somebody's; an id that the server made never looks like this


class Foreign(Exception):
    """Bytes that belong to somebody else."""


class Connection:
    def __init__(self, address):
        self.sock = socket.create_connection(address, TIMEOUT_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.left = False

    def send(self, data):
        self.sock.sendall(data)

    def fill(self):
        data = self.sock.recv(65536)
        if not data:
            raise ConnectionResetError("end of stream")
        self.buffer += data

    def head(self):
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        if not lines[0].startswith("HTTP/1.1 "):
            raise Foreign(f"not a status line: {lines[0][:100]!r}")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return int(lines[0].split(" ")[1]), headers

    def body(self, headers):
        length = int(headers["content-length"])
        while len(self.buffer) < length:
            self.fill()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return body

    def leave(self, rng):
        """RST, FIN, or half a goodbye."""
        if self.left:
            return
        self.left = True
        way = rng.random()
        try:
            if way < 0.5:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif way < 0.6:
                self.sock.shutdown(socket.SHUT_WR)
            elif way < 0.7 and not self.buffer:
                self.sock.settimeout(0.005)
                self.sock.recv(20)  # goes in the middle of an answer
        except OSError:
            pass
        self.sock.close()


class Requests:
    """Makes requests of one user, and judges the answers."""

    def __init__(self, user, rng, prefix):
        self.user = user  # {"id", "name", "token", "room"}
        self.rng = rng
        self.prefix = prefix
        self.count = 0

    def make(self):
        """(bytes, judge(connection)); the judge reads the whole answer."""
        self.count += 1
        token = f"{self.prefix}-{self.count}"
        pick = self.rng.random()
        if pick < 0.35:
            return self._get("/api/v1/users/me", token), lambda c: self._me(c, token)
        if pick < 0.60:
            name = f"r_{token}"
            return self._get(f"/api/v1/rooms/{name}", token), lambda c: self._missing(c, token)
        if pick < 0.70:
            return self._get("/rt/v1/hello", token), lambda c: self._answer(c, token, 200)
        if pick < 0.78:
            body = json.dumps({"text": f"said {token}", "nonce": token}).encode()
            return self._post(f"/api/v1/rooms/{self.user['room']}/messages", token, body), \
                lambda c: self._sent(c, token)
        if pick < 0.86:
            return self._get("/rt/v1/poll", token), lambda c: self._poll(c, token)
        if pick < 0.92:
            return self._get("/rt/v1/sse", token, "Accept: text/event-stream\r\n"), lambda c: self._stream(c, token)
        if pick < 0.95:
            body = b"{" + b"x" * 70_000
            return self._post("/api/v1/rooms", token, body), lambda c: self._too_large(c, token)
        return self._get("/api/v1/users/me", token, authorized=False), lambda c: self._unauthorized(c, token)

    def _get(self, target, token, more="", authorized=True):
        auth = f"Authorization: Bearer {self.user['token']}\r\n" if authorized else ""
        return f"GET {target} HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {token}\r\n{auth}{more}\r\n".encode()

    def _post(self, target, token, body):
        return (f"POST {target} HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {token}\r\n"
                f"Authorization: Bearer {self.user['token']}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body

    def _answer(self, connection, token, *statuses):
        status, headers = connection.head()
        body = connection.body(headers)
        if headers.get("x-request-id") != token:
            raise Foreign(f"{token} got the answer of {headers.get('x-request-id')}: {status} {body[:200]!r}")
        if status not in statuses:
            raise Foreign(f"{token} expected {statuses}, got {status} {body[:300]!r}")
        if headers.get("connection", "").lower() == "close":
            connection.sock.close()
            connection.left = True
        return status, json.loads(body) if body else None

    def _me(self, connection, token):
        _, body = self._answer(connection, token, 200)
        if body["id"] != self.user["id"]:
            raise Foreign(f"{self.user['id']} was told to be {body['id']}")

    def _missing(self, connection, token):
        _, body = self._answer(connection, token, 404)
        if body["request_id"] != token:
            raise Foreign(f"{token} got the problem of {body['request_id']}")

    def _unauthorized(self, connection, token):
        _, body = self._answer(connection, token, 401)
        if body["request_id"] != token:
            raise Foreign(f"{token} got the problem of {body['request_id']}")

    def _sent(self, connection, token):
        _, body = self._answer(connection, token, 200, 201)
        if body["text"] != f"said {token}" or body["author"]["id"] != self.user["id"]:
            raise Foreign(f"{token} got the message {body}")

    def _too_large(self, connection, token):
        try:
            status, headers = connection.head()
            connection.body(headers)
        except ConnectionError:
            connection.leave(self.rng)  # our unread body may turn the close into a reset
            return
        made = headers.get("x-request-id", "")
        if status != 413 or (made != token and TOKEN.match(made)):
            raise Foreign(f"{token} sent a body that is too large and got {status} of {made}")
        connection.leave(self.rng)

    def _poll(self, connection, token):
        _, body = self._answer(connection, token, 200)
        hello = body["events"][0]
        if hello["user"]["id"] != self.user["id"]:
            raise Foreign(f"{self.user['id']} got the hello of {hello['user']['id']}")
        # Half of the time a poll is held, and left.
        if self.rng.random() < 0.5 and not connection.left:
            connection.send(self._get(f"/rt/v1/poll?timeout=20&events=durable&cursor={body['cursor']}&session={body['session']}",
                                      token + "-held"))
            connection.leave(self.rng)

    def _stream(self, connection, token):
        status, headers = connection.head()
        if status != 200 or headers.get("x-request-id") != token:
            raise Foreign(f"{token} asked for a stream, got {status} of {headers.get('x-request-id')}")
        while b'"type":"hello"' not in connection.buffer or not connection.buffer.endswith(b"\n"):
            connection.fill()
        if self.user["id"].encode() not in connection.buffer:
            raise Foreign(f"{self.user['id']} got another's stream: {connection.buffer[:400]!r}")
        connection.leave(self.rng)


def run(address, users, requests, seed, width=24):
    """Makes `requests` requests in waves over `width` connections. Returns what it counted."""
    rng = random.Random(seed)
    sources = [Requests(user, rng, f"t{seed}-{n}") for n, user in enumerate(users)]
    pool, counts = [], {"read": 0, "aborted": 0, "cut": 0, "foreign": []}
    done = 0
    while done < requests and not counts["foreign"]:
        wave = []
        for _ in range(min(width, requests - done)):
            try:
                connection = pool.pop() if pool and rng.random() < 0.8 else Connection(address)
                data, judge = rng.choice(sources).make()
                connection.send(data)
                wave.append((connection, judge))
            except OSError:
                counts["cut"] += 1
            done += 1
        rng.shuffle(wave)
        for connection, judge in wave:
            if rng.random() < ABORT_SHARE:
                connection.leave(rng)
                counts["aborted"] += 1
                continue
            try:
                judge(connection)
                counts["read"] += 1
            except Foreign as foreign:
                counts["foreign"].append(str(foreign))
            except (OSError, ValueError, KeyError) as error:
                if isinstance(error, OSError) and not isinstance(error, TimeoutError):
                    counts["cut"] += 1
                else:
                    counts["foreign"].append(f"{type(error).__name__}: {error}")
                connection.leave(rng)
            if connection.left:
                continue
            if connection.buffer:
                counts["foreign"].append(f"bytes that nobody asked for: {connection.buffer[:300]!r}")
            pool.append(connection)
        while len(pool) > width:
            pool.pop(0).leave(rng)
    for connection in pool:
        # An idle connection must have nothing to say.
        try:
            connection.sock.settimeout(0.01)
            late = connection.sock.recv(1000)
            if late:
                counts["foreign"].append(f"late bytes: {late!r}")
        except OSError:
            pass
        connection.leave(rng)
    counts["ended_at"] = time.time()
    return counts


def main():
    """A process of its own: arguments as JSON on stdin, counts as JSON on stdout."""
    import sys
    job = json.load(sys.stdin)
    json.dump(run(tuple(job["address"]), job["users"], job["requests"], job["seed"], job["width"]), sys.stdout)


if __name__ == "__main__":
    main()

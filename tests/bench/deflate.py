"""What permessage-deflate costs and saves: the same chat, by turns with and without, on one server.

    tests/bench/deflate.py [SERVER]      default: build/release/fairlead

Prints, for rooms of several sizes: bytes a delivery (the WebSocket frames of prose in messages of 20 to 200 characters), and CPU time of the
server's WebSocket thread a delivery (the least of all rounds). Times are of this machine; their ratio is what to look at."""
import base64, glob, http.client, json, os, random, re, select, socket, statistics, sys

import seed
from programs import ROOT

SIZES = {2: 400, 16: 300, 250: 80, 1000: 40}  # sessions: messages
ROUNDS = 9


def prose():
    """Sentences of the project's own pages, cut to the lengths of chat."""
    text = " ".join(open(path, encoding="utf-8").read() for path in sorted(glob.glob(os.path.join(ROOT, "docs", "*.md"))))
    words, picks = re.findall(r"[\w,.;:()'-]+", text), random.Random(1)
    while True:
        at, length = picks.randrange(len(words) - 60), picks.randint(20, 200)
        yield " ".join(words[at:at + 60])[:length]


class Sessions:
    """WebSockets that count what they are sent, and no more."""

    def __init__(self, port, tokens, extensions):
        self.bytes, self.poll, self.sockets = 0, select.epoll(), {}
        for token in tokens:
            wire = socket.create_connection(("127.0.0.1", port))
            key = base64.b64encode(os.urandom(16)).decode()
            wire.sendall((f"GET /rt/v1/ws?probe=0&heartbeat=55&events=durable HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nAuthorization: Bearer {token}\r\n{extensions}\r\n").encode())
            head = b""
            while b'"type":"hello"' not in head:
                head += wire.recv(4096)
            assert (b"permessage-deflate" in head) == bool(extensions), head
            wire.setblocking(False)
            self.poll.register(wire, select.EPOLLIN)
            self.sockets[wire.fileno()] = wire

    def drain(self, seconds):
        """Until nothing has come for so long."""
        while ready := self.poll.poll(seconds):
            for number, _ in ready:
                got = self.sockets[number].recv(1 << 20)
                assert got, "the server has closed"
                self.bytes += len(got)

    def close(self):
        for wire in self.sockets.values():
            wire.close()


def ws_thread_s(pid):
    total = 0
    for task in glob.glob(f"/proc/{pid}/task/*"):
        if open(task + "/comm").read().startswith("ws"):
            total += int(open(task + "/schedstat").read().split()[0])
    return total / 1e9


def measure(port, pid, world, room, size, texts, deflate):
    """(bytes, CPU seconds of the WebSocket thread) a delivery."""
    offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n" if deflate else ""
    sessions = Sessions(port, [world.token(user) for user in range(1, size + 1)], offer)
    sessions.drain(0.5)
    rest = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": "Bearer " + world.token(1), "Content-Type": "application/json"}
    before, bytes_before = ws_thread_s(pid), sessions.bytes
    for text in texts:
        rest.request("POST", f"/api/v1/rooms/{room}/messages", json.dumps({"text": text}), headers)
        answer = rest.getresponse()
        assert answer.status == 201, answer.read()
        answer.read()
        sessions.drain(0)
    sessions.drain(0.5)
    deliveries = size * len(texts)
    result = (sessions.bytes - bytes_before) / deliveries, (ws_thread_s(pid) - before) / deliveries
    sessions.close()
    return result


def main():
    binary = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "build/release/fairlead"))
    said = prose()
    rooms = [range(1, size + 1) for size in SIZES]
    flags = ["--websocket-deflate", "on", "--sends-per-5s", "0"]
    with seed.served(binary, "deflate", max(SIZES), rooms, flags=flags) as (world, port, server):
        print("| sessions in the room | bytes a delivery | with | saved | µs a delivery | with | ratio |\n|---|---|---|---|---|---|---|")
        for number, (size, messages) in enumerate(SIZES.items(), 1):
            rounds = {False: [], True: []}
            for _ in range(ROUNDS):
                texts = [next(said) for _ in range(messages)]
                for deflate in rounds:
                    rounds[deflate].append(measure(port, server.pid, world, seed.wire("r", number), size, texts, deflate))
            plain, small = (statistics.median(row[0] for row in rows) for rows in rounds.values())
            # What others do on the machine only ever adds.
            plain_s, small_s = (min(row[1] for row in rows) for rows in rounds.values())
            ratio = small_s / plain_s
            print(f"| {size} | {plain:.0f} | {small:.0f} | {1 - small / plain:.0%} | {1e6 * plain_s:.1f} | {1e6 * small_s:.1f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()

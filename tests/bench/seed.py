"""Data directories with users, rooms and messages in them, written straight into the store: signing up 10,000 users
would cost 10,000 password hashes. Knows the schema (src/store/sqlite/schema.cpp) and how a token is made
(src/auth/tokens.cpp); a server makes the file, so a change of either shows at once."""
import base64, contextlib, hashlib, os, shutil, sqlite3, struct, subprocess, tempfile, time, types

from programs import free_port, wait_port

DIGITS = "0123456789abcdefghijklmnopqrstuv"
MEMBER = 1


def base32(number):
    return "".join(DIGITS[number >> shift & 31] for shift in range(60, -1, -5))


def wire(prefix, number):
    return f"{prefix}_{base32(number)}"


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class World:
    """A stopped server's data directory."""

    def __init__(self, path):
        self.path = path
        with contextlib.closing(self.connect()) as db:
            settings = dict(db.execute("SELECT key, value FROM settings"))
        self.epoch, self.key = bytes(settings["epoch"]).decode(), settings["token_key"]
        self.messages = 0

    def connect(self):
        return sqlite3.connect(os.path.join(self.path, "fairlead.db"))

    def token(self, user):
        payload = struct.pack(">qq", user, int(time.time() + 86400) * 1000) + os.urandom(16)
        mac = hashlib.blake2b(b"token\0" + payload, key=self.key, digest_size=32).digest()
        return f"fl1.{base64url(payload)}.{base64url(mac)}"

    def cursor(self, position):
        return f"c1.{self.epoch}.{base32(position)}"


def world(bench, name, users, rooms, messages=0, text=None):
    """Users 1 to `users`; room n has the users rooms[n - 1]; the messages go round the rooms, each with its position's `text`.
    Made once per suite."""
    if name not in bench.worlds:
        made = World(empty(bench, os.path.join(bench.dir, "world-" + name)))
        fill(made, users, rooms, messages, text or long_text)
        bench.worlds[name] = made
    return bench.worlds[name]


def empty(bench, path):
    port = free_port()
    server = subprocess.Popen([bench.binary, "serve", "--data", path, "--listen", f"127.0.0.1:{port}", "--drain-seconds", "0"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_port(port, server)
    finally:
        server.terminate()
        server.wait()
    return path


@contextlib.contextmanager
def served(binary, name, users, rooms, messages=0, text=None, flags=()):
    """(world, port, process) of a server over a world of its own; both are gone afterwards."""
    folder, port = tempfile.mkdtemp(prefix=f"fairlead-{name}-"), free_port()
    made = world(types.SimpleNamespace(binary=binary, dir=folder, worlds={}), name, users, rooms, messages, text)
    server = subprocess.Popen([binary, "serve", "--data", made.path, "--listen", f"127.0.0.1:{port}", "--drain-seconds", "0", *flags], stdout=subprocess.DEVNULL)
    try:
        wait_port(port, server)
        yield made, port, server
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


def long_text(position):
    return f"message {position} ".ljust(200, "x")


def fill(made, users, rooms, messages, text):
    now = int(time.time() * 1000)
    db = made.connect()
    db.isolation_level = None
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "cache_size = -500000"):
        db.execute("PRAGMA " + pragma).fetchall()
    db.execute("BEGIN")
    db.executemany("INSERT INTO users VALUES (?, ?, ?, 'none', ?)", ((u, name(u), name(u), now) for u in range(1, users + 1)))
    share = [messages // len(rooms) + (n < messages % len(rooms)) for n in range(len(rooms))]
    db.executemany("INSERT INTO rooms VALUES (?, ?, '', 0, 0, ?, ?, ?, 0)",
                   ((n, f"room {n}", now, share[n - 1], len(members)) for n, members in enumerate(rooms, 1)))
    db.executemany("INSERT INTO members VALUES (?, ?, ?, 1, 0, ?)",
                   ((n, user, MEMBER, now) for n, members in enumerate(rooms, 1) for user in members))
    for first in range(1, messages + 1, 20000):
        batch = [message(made, position, rooms, now, text(position)) for position in range(first, min(first + 20000, messages + 1))]
        db.executemany("INSERT INTO events VALUES (?, ?, ?, 0, 0, ?, ?)", (event for event, _ in batch))
        db.executemany("INSERT INTO messages VALUES (?, ?, ?, ?, ?, 0, 0, 0, '', ?, '', '', ?)", (row for _, row in batch))
    db.execute("COMMIT")
    db.execute("PRAGMA journal_mode = WAL").fetchall()
    db.close()
    made.messages = messages


def name(user):
    return f"user-{user:06d}"


def message(made, position, rooms, now, text):
    """The rows of one message as chat::send_message writes them."""
    index = (position - 1) % len(rooms)
    room, seq, author = index + 1, (position - 1) // len(rooms) + 1, rooms[index][0]
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(now // 1000))
    body = (f'{{"type":"message.created","cursor":"{made.cursor(position)}","room_id":"{wire("r", room)}","time":"{at}","data":'
            f'{{"id":"{wire("m", position)}","room_id":"{wire("r", room)}","seq":{seq},"author":{{"id":"{wire("u", author)}",'
            f'"name":"{name(author)}","display_name":"{name(author)}"}},"text":"{text}","mentions":[],"reactions":[],"created_at":"{at}"}}}}')
    return (position, room, room, now, body.encode()), (position, room, seq, author, now, b"0" * 32, text)

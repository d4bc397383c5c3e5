"""docs/openapi.yaml against the running server: each operation, asked rightly, wrongly in one place, and like nothing
that a client would send. No 500, no status and no field that the document does not name."""

import json
from urllib.parse import quote, urlencode

import pytest

from harness.http1 import HttpClient
from harness.openapi import Document, Maker
from harness.world import PASSWORD, World, unique

DOCUMENT = Document()


def each(*wanted):
    """A test for each operation of which all of `wanted` holds."""
    chosen = [one for one in DOCUMENT.operations if all(getattr(one, name) is not None for name in wanted)]
    return pytest.mark.parametrize("operation", chosen, ids=lambda one: one.name)


_KEY = "an operators key"

# What no schema says: path segments and bodies as only an attacker or a broken program sends them.
_SEGMENTS = ["0", "-1", "nothing", "u_" + "0" * 26, "m_" + "Z" * 26, "r_" + "x" * 200, "%00", "..", "%2e%2e", "a b", "🙂", "%ff", "'--", "me"]
_BODIES = [b"", b"{", b"[]", b"null", b"7", b'"text"', b"{}{}", b'{"text":"\xff"}', b'{"text":"\\ud800"}', b'{"text":"\\u0000"}',
           b"[" * 5000, b'{"a":' * 3000, b'{"text":"a","text":"b"}', b'{"limit":1e400}', b'{"name":' + b"9" * 400 + b"}", b"\xef\xbb\xbf{}"]
_QUERY_VALUES = ["", "-1", "0", "1e3", "99999999999999999999", "x" * 3000, "%00", "%ff", "a,b,c", "%F0%9F%99%82", "+"]


@pytest.fixture(scope="module")
def node(shared_site):
    return shared_site.node("--api-key", _KEY, "--sends-per-5s", "100000", "--sends-burst", "100000", "--drain-seconds", "1")


class Scene:
    """Who asks, and what there is to ask about. `fill` makes a path of it that is right for an operation."""

    def __init__(self, address):
        self.world = World(address)
        self.ann = self.ben = self.eve = None

    async def fresh(self):
        """Another room: the last one may be gone. The people stay: they cost a password hash each."""
        if self.ann is None:
            self.ann, self.ben, self.eve = await self.world.users(3)
        self.room = await self.world.room_of(self.ann, self.ben)
        self.message = (await self.ann.say(self.room, "something to talk about"))["id"]

    def fill(self, operation, **other):
        values = {"room": self.room, "user": self.ben.id, "message": self.message, "emoji": quote("👍"), **other}
        return operation.path.format(**values)

    async def another_token(self):
        """Of Ann's, to be ended."""
        return (await self.ann.rest.post("/api/v1/tokens/refresh")).json["token"]

    async def ask(self, operation, target, body=None, user=None, headers=None):
        """Asks on a connection of its own; checks the answer, and that it is none of the server's failures."""
        token = None
        if operation.security == "bearer":
            token = await self.another_token() if operation.path == "/api/v1/sessions/current" else (user or self.ann).token
        client = HttpClient(self.ann.address, token)
        more = {"X-Fairlead-CSRF": "1", **(headers or {})}  # who asks for a cookie needs it
        if operation.security == "api_key":
            more.setdefault("X-Api-Key", _KEY)
        if body is not None:
            more.setdefault("Content-Type", "application/json")
        try:
            response = await client.request(operation.method, target, body=body, headers=more, seconds=60)
        finally:
            client.close()
        assert response.status < 500 or operation.path == "/readyz", f"{operation.name} {target} {body and body[:200]!r}: {response}"
        operation.check(response)
        return response


@pytest.fixture(scope="module")
def shared_scene(node):
    return Scene(node.address)


@pytest.fixture
def scene(shared_scene):
    yield shared_scene
    shared_scene.world.close()  # connections belong to a test's loop


def right_query(operation, scene, maker):
    """Of what must be there, and sometimes of what may. Ids are not in the schema: those are the scene's."""
    meant = {"users": f"{scene.ann.id},{scene.ben.id}", "before": scene.message, "after": scene.message, "around": scene.message,
             "room": scene.room, "q": "something"}
    wanted, is_placed = {}, False
    if operation.path == "/api/v1/sync":
        meant["after"] = scene.room
    for one in operation.query:
        if not one.get("required") and maker.random.random() < 0.5:
            continue
        if one["name"] in ("before", "after", "around"):  # at most one of them
            if is_placed:
                continue
            is_placed = True
        wanted[one["name"]] = meant.get(one["name"]) or maker.valid(one["schema"])
    return "?" + urlencode(wanted) if wanted else ""


def right_body(operation, scene, maker):
    body = maker.valid(operation.body)
    meant = {"reply_to": scene.message, "message_id": scene.message, "session": "s_" + "0" * 20, "user": scene.ben.id}
    for name in set(body) & set(meant):
        body[name] = meant[name]
    if operation.name == "POST /api/v1/users":
        body["name"] = unique("openapi")
    if operation.name == "POST /api/v1/sessions":
        body = {"name": scene.ben.name, "password": PASSWORD}
    if operation.name == "POST /api/v1/server/disconnect":
        body = maker.random.choice([{"user": scene.ben.id}, {"session": "s_" + "0" * 20}])
    if operation.name == "PUT /api/v1/rooms/{room}/members/{user}":
        body["role"] = "reader"
    if operation.name == "PATCH /api/v1/rooms/{room}":
        body["slow_mode_seconds"] = 0  # other calls send there
    if "nonce" in body:
        body["nonce"] = unique("nonce")
    return body


@each()
async def test_what_the_document_allows_is_done(operation, scene):
    maker = Maker(operation.name)
    for _ in range(6):
        await scene.fresh()
        body = right_body(operation, scene, maker) if operation.body else None
        as_guest = operation.path.endswith("/leave")
        user = scene.eve if operation.path.endswith("/join") else scene.ben if as_guest else scene.ann
        response = await scene.ask(operation, scene.fill(operation) + right_query(operation, scene, maker),
                                   None if body is None else json.dumps(body).encode(), user)
        assert response.status < 300, f"{operation.name} {body}: {response}"


@each("body")
async def test_what_is_wrong_in_one_place_is_refused_and_changes_nothing(operation, scene):
    await scene.fresh()
    for what, body in Maker(operation.name).wrong_bodies(operation.body):
        fixed = right_body(operation, scene, Maker(what))
        name = what.split()[0]
        wrong = {**fixed, name: body[name]} if name in body else {key: value for key, value in fixed.items() if key != name}
        if operation.name == "POST /api/v1/server/disconnect":
            wrong = {name: body.get(name)}
        before = await scene.ann.history(scene.room)
        response = await scene.ask(operation, scene.fill(operation), json.dumps(wrong).encode())
        assert 400 <= response.status < 500, f"{operation.name}, {what}: {response}"
        if response.status == 422:
            assert name in response.json["fields"], f"{what}: {response}"
        assert await scene.ann.history(scene.room) == before


@each()
async def test_what_no_client_sends_gets_a_documented_answer(operation, scene):
    await scene.fresh()
    for body in _BODIES:
        await scene.ask(operation, scene.fill(operation), body)
    if operation.body:
        good = json.dumps(right_body(operation, scene, Maker(0))).encode()
        assert (await scene.ask(operation, scene.fill(operation), b" " * 65_537 + good)).status == 413
        for kind in ("text/plain", "application/x-www-form-urlencoded", "", "application/json; charset=latin1"):
            await scene.ask(operation, scene.fill(operation), good, headers={"Content-Type": kind})
    for name in operation.path_parameters:
        for segment in _SEGMENTS:
            await scene.ask(operation, scene.fill(operation, **{name: quote(segment, safe="%.'")}), b"{}" if operation.body else None)
    for one in operation.query:
        for value in _QUERY_VALUES:
            await scene.ask(operation, f"{scene.fill(operation)}?{one['name']}={value}")
        await scene.ask(operation, f"{scene.fill(operation)}?{one['name']}=1&{one['name']}=2")


@each("security")
async def test_without_the_right_to_ask_it_is_401(operation, scene):
    await scene.fresh()
    gone = await scene.another_token()
    await HttpClient(scene.ann.address, gone).delete("/api/v1/sessions/current")
    body = json.dumps(right_body(operation, scene, Maker(1))).encode() if operation.body else None
    header = "X-Api-Key" if operation.security == "api_key" else "Authorization"
    for value in (None, "", "Bearer", "Bearer x", "Bearer fl1.x.y", "Basic YTpi", f"Bearer {gone}", "Bearer " + "a" * 3000,
                  f"Bearer {scene.ann.token}x"):
        response = await scene.ask(operation, scene.fill(operation), body, headers={header: value})
        assert response.status == 401, f"{value}: {response}"

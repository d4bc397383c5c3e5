"""Tokens of an external issuer: good wherever one of ours is, and nowhere when they are not."""

import asyncio
import time

import pytest

from harness.http1 import HttpClient
from harness.issuer import Issuer
from harness.metrics import metric
from harness.problems import expect_problem
from harness.timing import eventually
from harness.transports import next_message, next_of, open_stream
from harness.websocket import Refused, WebSocket
from harness.world import PASSWORD, User, World, expect, unique

KINDS = ["ws", "sse", "poll", "connect_ws", "connect_sse", "connect_poll"]


@pytest.fixture
def issuer(site):
    return Issuer(site.folder())


@pytest.fixture
def node(site, issuer):
    return site.node("--drain-seconds", "1", *issuer.flags, redis=None)


async def me(node, token):
    client = HttpClient(node.address, token)
    try:
        return await client.get("/api/v1/users/me")
    finally:
        client.close()


async def somebody(node, token):
    return User(node.address, {"user": expect(await me(node, token), 200).json, "token": token})


@pytest.mark.sanitize
async def test_the_subject_is_made_a_user_at_first_sight_and_is_the_same_one_afterwards(node, issuer):
    first = expect(await me(node, issuer.token("ann", name="Ann Example")), 200).json
    assert first["name"] == "ann" and first["display_name"] == "Ann Example"
    assert expect(await me(node, issuer.token("ann", name="Another")), 200).json == first
    node.terminate()
    node.start()
    assert expect(await me(node, issuer.token("ann")), 200).json == first


async def test_many_first_requests_at_once_make_one_user(node, issuer):
    tokens = [issuer.token("ann", jti=str(n)) for n in range(4)]
    answers = await asyncio.gather(*(me(node, tokens[n % 4]) for n in range(40)))
    assert len({expect(answer, 200).json["id"] for answer in answers}) == 1


async def test_a_name_that_is_taken_stays_with_who_has_it(node, issuer):
    client = HttpClient(node.address)
    local = expect(await client.post("/api/v1/users", {"name": "ann", "password": PASSWORD}), 201).json["user"]
    theirs = expect(await me(node, issuer.token("ann")), 200).json
    assert theirs["id"] != local["id"] and theirs["name"].startswith("ann-")
    odd = expect(await me(node, issuer.token("Auth0|Ann@example.org")), 200).json
    assert odd["name"] == "auth0-ann-example.org"
    # Nobody signs in with a password as somebody whom the issuer vouches for.
    for password in ("", "x", PASSWORD):
        answer = await client.post("/api/v1/sessions", {"name": theirs["name"], "password": password})
        assert answer.status in (401, 422), answer
    client.close()


@pytest.mark.sanitize
@pytest.mark.parametrize("kind", KINDS)
async def test_every_transport_takes_it_and_delivers(node, issuer, kind):
    ann, bob = await somebody(node, issuer.token("ann")), await somebody(node, issuer.token("bob"))
    room = await ann.new_room()
    await bob.join(room)
    stream = await bob.stream(kind)
    sent = await ann.say(room, "hello")
    assert (await next_message(stream)).body["data"]["id"] == sent["id"]
    for person in (ann, bob):
        person.leave_no_trace()


@pytest.mark.parametrize("kind", ["ws", "sse", "poll"])
async def test_a_stream_may_be_the_first_that_is_seen_of_a_token(node, issuer, kind):
    stream = await open_stream(kind, node.address, issuer.token(unique("new")), params={"probe": 0})
    stream.abandon()


async def test_a_browser_gives_it_as_a_subprotocol_and_an_event_stream_as_a_post(node, issuer):
    stream = await WebSocket.open(node.address, issuer.token("ann"), via="subprotocol")
    assert (await stream.next_event()).body["user"]["name"] == "ann"
    await stream.close()
    post = await open_stream("sse", node.address, issuer.token("ann"), params={"probe": 0}, method="POST")
    post.abandon()


async def test_a_ticket_bought_with_it_ends_with_it(node, issuer):
    client = HttpClient(node.address, issuer.token("ann", seconds=4))
    ticket = expect(await client.post("/api/v1/tickets"), 201).json["ticket"]
    stream = await WebSocket.open(node.address, None, params={"ticket": ticket, "probe": 0})
    assert (await stream.next_event()).type == "hello"
    events, closed = await stream.until_closed(30)
    assert closed.code == 4001 and events[-1].type == "bye"
    client.close()


async def test_a_stream_ends_with_its_token_unless_it_is_given_the_next_one(node, issuer):
    soon, renewed = [await WebSocket.open(node.address, issuer.token("ann", seconds=5), params={"probe": 0}) for _ in "12"]
    for stream in (soon, renewed):
        assert (await stream.next_event()).type == "hello"
    later = issuer.token("ann", seconds=300)
    assert (await renewed.command("auth", token=later))["type"] == "ack"
    assert (await renewed.command("auth", token=issuer.token("bob")))["error"]["code"] == "forbidden"
    assert (await renewed.command("auth", token=issuer.token("ann", iss="x")))["error"]["code"] == "unauthorized"
    _, closed = await soon.until_closed(30)
    assert closed.code == 4001
    assert (await renewed.command("ping"))["type"] == "ack"
    await renewed.close()


async def test_a_poll_goes_on_with_the_next_token(node, issuer):
    poll = await open_stream("poll", node.address, issuer.token("ann", seconds=3))
    expired = poll.client.token
    await eventually(lambda: _is(me(node, expired), 401), 20, "the token's end")
    with pytest.raises(Refused) as refused:
        await poll.ask(timeout=0)
    expect_problem(refused.value.response, 401)
    poll.client.token = issuer.token("ann")
    assert (await poll.ask(timeout=0)).session == poll.session
    poll.abandon()


async def _is(answer, status):
    return (await answer).status == status


async def test_it_is_not_exchanged_for_a_token_of_ours(node, issuer):
    client = HttpClient(node.address, issuer.token("ann"))
    expect_problem(await client.post("/api/v1/tokens/refresh"), 403, "forbidden")
    client.close()


@pytest.mark.sanitize
async def test_logging_out_revokes_it_on_every_node_and_after_a_restart(site, issuer):
    nodes = site.nodes(2, "--drain-seconds", "1", *issuer.flags)
    token, other = issuer.token("ann", jti="1"), issuer.token("ann", jti="2")
    streams = [await open_stream(kind, node.address, token) for node in nodes for kind in ("ws", "sse")]
    client = HttpClient(nodes[0].address, token)
    expect(await client.delete("/api/v1/sessions/current"), 204)
    client.close()
    for stream in streams:
        events, _ = await stream.until_closed(15)
        assert events[-1].type == "bye"
    for node in nodes:
        await eventually(lambda node=node: _is(me(node, token), 401), 10, "refused on every node")
        expect(await me(node, other), 200)
    nodes[1].kill()
    nodes[1].start()
    expect_problem(await me(nodes[1], token), 401)


@pytest.mark.sanitize
async def test_what_is_not_right_about_a_token_is_refused_everywhere(node, issuer):
    now = int(time.time())
    wrong = {
        "expired": issuer.token("ann", seconds=-5),
        "of another issuer": issuer.token("ann", iss="https://evil.example"),
        "another audience": issuer.token("ann", aud="mail"),
        "not valid yet": issuer.token("ann", nbf=now + 600),
        "no exp": issuer.token("ann", exp=None),
        "no sub": issuer.token(None),
        "wrong signature": issuer.token("ann", key=b"x" * 32),
        "not known here": issuer.token("ann", kid="one", header={"kid": "two"}),
        "not signed with HS256": issuer.token("ann", header={"alg": "none"}),
        "another kind": issuer.token("ann", header={"typ": "logout+jwt"}),
        "extension": issuer.token("ann", header={"crit": ["exp"]}),
    }
    for why, token in wrong.items():
        problem = expect_problem(await me(node, token), 401, "unauthorized")
        assert why in problem["detail"], (why, problem["detail"])
        for kind in ("ws", "sse", "poll"):
            with pytest.raises(Refused) as refused:
                await open_stream(kind, node.address, token)
            expect_problem(refused.value.response, 401, "unauthorized")
    assert expect(await me(node, issuer.token("ann")), 200)


async def test_keys_are_read_anew_when_their_file_changes_and_kept_when_it_is_broken(node, issuer):
    old = issuer.token("ann")
    expect(await me(node, old), 200)
    issuer.publish("not a key set")
    await eventually(lambda: metric(node, "fairlead_jwt_key_failures_total") == 1, 20, "the refusal")
    assert b"jwt_keys_refused" in log_of(node)
    expect(await me(node, old), 200)
    expect(await me(node, issuer.token("bob")), 200)
    issuer.keys = {"two": b"y" * 32}
    issuer.publish()
    await eventually(lambda: _is(me(node, issuer.token("ann", kid="two")), 200), 20, "the new key")
    expect_problem(await me(node, old), 401)


@pytest.mark.parametrize("flags, headers", [((), {}), (("--trusted-proxy",), {"X-Real-IP": "203.0.113.5"})])
async def test_a_poll_that_goes_on_needs_a_key_that_is_still_there(site, issuer, flags, headers):
    node = site.node(*flags, *issuer.flags, redis=None)
    client = HttpClient(node.address, issuer.token("ann"), headers=headers)

    async def poll(after):
        return await client.get(f"/rt/v1/poll?timeout=0&session={after['session']}&cursor={after['cursor']}")

    last = expect(await client.get("/rt/v1/poll"), 200).json
    for _ in range(3):  # from the second on it is known without being parsed
        last = expect(await poll(last), 200).json
    issuer.keys = {"two": b"y" * 32}
    issuer.publish()
    await eventually(lambda: _is(me(node, issuer.token("ann", kid="two")), 200), 20, "the new key")
    expect_problem(await poll(last), 401, "unauthorized")
    client.close()


@pytest.mark.parametrize("kind", ["ws", "sse"])
async def test_who_lives_by_a_key_that_has_gone_must_show_the_token_again(node, issuer, kind):
    issuer.keys["two"] = b"y" * 32
    issuer.publish()
    await eventually(lambda: _is(me(node, issuer.token("ben", kid="two")), 200), 20, "the second key")
    local = await World(node.address).user()
    tokens = {"one": issuer.token("ann"), "two": issuer.token("ben", kid="two"), "ours": local.token}
    streams = {name: await open_stream(kind, node.address, token) for name, token in tokens.items()}
    del issuer.keys["one"]
    issuer.publish()
    for name in ("one", "two"):
        bye = await next_of(streams[name], "bye")
        assert (bye.body["code"], bye.body["resume"]) == ("going_away", True)
    (await open_stream(kind, node.address, tokens["two"])).abandon()
    with pytest.raises(Refused, match="401"):
        await open_stream(kind, node.address, tokens["one"])
    await local.new_room()
    assert (await next_of(streams["ours"], "room.created")).room_id
    for stream in streams.values():
        stream.abandon()


async def test_a_ticket_bought_with_a_key_that_has_gone_lets_nobody_in(node, issuer):
    issuer.keys["two"] = b"y" * 32
    issuer.publish()
    await eventually(lambda: _is(me(node, issuer.token("ben", kid="two")), 200), 20, "the second key")
    old, new = (HttpClient(node.address, issuer.token(name, kid=kid)) for name, kid in (("ann", "one"), ("ben", "two")))
    tickets = [expect(await client.post("/api/v1/tickets"), 201).json["ticket"] for client in (old, old, new)]
    del issuer.keys["one"]
    issuer.publish()
    await eventually(lambda: _is(me(node, old.token), 401), 20, "the key has gone")
    for kind, ticket in zip(("ws", "sse"), tickets):
        with pytest.raises(Refused, match="401"):
            await open_stream(kind, node.address, None, params={"ticket": ticket})
    (await open_stream("ws", node.address, None, params={"ticket": tickets[2]})).abandon()
    for client in (old, new):
        client.close()


def log_of(node):
    return node.process.stdout() + node.process.stderr()


async def test_neither_tokens_nor_keys_are_logged(node, issuer):
    token = issuer.token("ann")
    expect(await me(node, token), 200)
    expect_problem(await me(node, token + "x"), 401)
    log = log_of(node)
    assert b"jwt_keys_read" in log
    assert token.split(".")[2].encode() not in log and b"eyJ" not in log


async def test_a_server_that_cannot_read_its_keys_says_what_to_do_and_does_not_start(site, issuer):
    def refusal(*flags):
        node = site.node(*flags, redis=None, start=False)
        node.start(wait=False)
        node.process.expected_to_die = True
        node.process.wait(20)
        return node.process.stderr().decode()

    issuer.publish("{}")
    assert '"keys", an array, is expected' in refusal(*issuer.flags)
    assert "--jwt-issuer" in refusal("--jwt-alg", "RS256", "--jwt-key", "key.pem", "--jwt-audience", "x")


@pytest.mark.nginx
@pytest.mark.parametrize("kind", ["ws", "sse", "poll"])
async def test_a_token_of_many_groups_passes_nginx(site, node, issuer, kind):
    nginx = site.proxy(node)
    token = issuer.token("ann", groups=[f"group-{n:04}" for n in range(280)])
    assert 4800 < len(token) < 6144
    stream = await open_stream(kind, nginx.address, token, params={"probe": 0})
    assert stream.hello.body["user"]["name"] == "ann"
    stream.abandon()
    if kind == "ws":
        browser = await WebSocket.open(nginx.address, token, via="subprotocol", params={"probe": 0})
        assert (await browser.next_event()).type == "hello"
        browser.abandon()

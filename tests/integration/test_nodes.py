"""Several nodes of one server: any request and any reconnect may reach any of them."""

import asyncio
import fcntl
import os
import shutil
import signal
import time

import pytest

from harness.events import message_of
from harness.http1 import HttpClient
from harness.metrics import metric
from harness.timing import eventually, patience
from harness.transports import next_message, next_of
from harness.websocket import Refused
from harness.world import World, expect
from test_presence import Watch, status_is, status_of


@pytest.fixture
def nodes(site):
    return site.nodes(3, "--drain-seconds", "1")


def on(user, node):
    return user.at(node.address)


@pytest.mark.sanitize
@pytest.mark.parametrize("kind", ["ws", "ws_cbor", "sse", "poll"])
async def test_what_is_sent_to_one_node_arrives_on_the_others_with_the_same_bytes(nodes, kind):
    world = World(nodes[0].address)
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    streams = [await on(bob, node).stream(kind) for node in nodes]
    for n, node in enumerate(nodes):
        await on(ann, node).say(room, f"from node {n}")
        events = [await next_message(stream) for stream in streams]
        assert {message_of(event)["text"] for event in events} == {f"from node {n}"}
        assert len({event.raw for event in events}) == 1
        assert len({event.cursor for event in events}) == 1
    world.close()


@pytest.mark.sanitize
async def test_typing_is_seen_on_every_node(nodes):
    world = World(nodes[0].address)
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    streams = [await on(bob, node).stream("ws") for node in nodes]
    expect(await on(ann, nodes[1]).rest.post(f"/api/v1/rooms/{room}/typing"), 204)
    for stream in streams:
        event = await next_of(stream, "typing")
        assert event.body["room_id"] == room and event.cursor is None
    world.close()


@pytest.mark.sanitize
@pytest.mark.parametrize("old, new", [("ws", "sse"), ("sse", "ws"), ("ws", "ws"), ("ws", "poll"), ("sse", "poll")])
async def test_a_session_that_goes_on_at_another_node_ends_there_where_it_was(nodes, old, new):
    world = World(nodes[0].address)
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    first = await ann.stream(old)
    hello = first.hello.body
    params = {"session": hello["session"], "cursor": hello["cursor"]}
    second = await on(ann, nodes[1]).stream(new, params, hello=new != "poll")
    if new == "poll":
        assert (await second.step(timeout=0)).session == hello["session"]
    events, closed = await first.until_closed(10)
    if old == "ws":
        assert closed.code == 4009, closed
    else:
        assert events and events[-1].type == "bye", events
    await on(bob, nodes[2]).say(room, "after the move")
    assert message_of(await next_message(second))["text"] == "after the move"
    world.close()


async def test_a_session_that_comes_back_stays_where_it_is(nodes):
    """There and back again, as fast as can be: the news of the move there comes late, and ends nothing."""
    world = World(nodes[0].address)
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    stream = await ann.stream("ws")
    params = {"session": stream.hello.body["session"], "cursor": stream.hello.body["cursor"]}
    for n in range(20):
        await on(ann, nodes[1 + n % 2]).stream("sse", params)
        stream = await ann.stream("ws", params)
        assert stream.hello.body["resume"] == "resumed"
    await asyncio.sleep(0.5)
    await bob.say(room, "still here")
    assert message_of(await next_message(stream))["text"] == "still here"
    world.close()


@pytest.mark.sanitize
async def test_polls_may_each_go_to_another_node(nodes):
    world = World(nodes[0].address)
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    poll = await on(ann, nodes[0]).stream("poll", {"events": "durable"})
    seen = []
    for n in range(30):
        await on(bob, nodes[n % 3]).say(room, str(n))
        other = await on(ann, nodes[(n + 1) % 3]).stream(
            "poll", {"session": poll.session, "cursor": poll.cursor, "events": "durable"}, hello=False)
        answer = await other.step(timeout=10)
        seen += [message_of(event)["text"] for event in answer.events if event.type == "message.created"]
        poll = other
    assert seen == [str(n) for n in range(30)]
    world.close()


@pytest.mark.sanitize
async def test_a_stream_may_be_proved_at_any_node(site):
    nodes = site.nodes(2, "--drain-seconds", "1")
    world = World(nodes[0].address)
    ann = await world.user("ann")
    stream = await ann.stream("sse", prove=False)
    hello = stream.hello.body
    expect(await on(ann, nodes[1]).rest.post(
        "/rt/v1/probe", {"session": hello["session"], "probe": hello["probe"]}), 204)
    await asyncio.sleep(patience(12))
    room = await ann.new_room()
    await ann.say(room, "not ended as unproven")
    assert message_of(await next_message(stream))["text"] == "not ended as unproven"
    stranger = await world.user("eve")
    answer = await on(stranger, nodes[1]).rest.post("/rt/v1/probe", {"session": hello["session"], "probe": hello["probe"]})
    assert answer.status == 404, answer
    world.close()


@pytest.mark.sanitize
@pytest.mark.parametrize("redis", [True, False], ids=["with Redis", "without"])
async def test_logout_reaches_every_node(site, redis):
    nodes = site.nodes(3, "--drain-seconds", "1")
    world = World(nodes[0].address)
    ann = await world.user("ann")
    streams = [await on(ann, node).stream(kind) for node in nodes for kind in ("ws", "sse")]
    if not redis:
        nodes[0].redis.stop()
    expect(await on(ann, nodes[1]).rest.delete("/api/v1/sessions/current"), 204)
    for stream in streams:
        events, closed = await stream.until_closed(10)
        if stream.kind == "ws":
            assert closed.code == 4001, closed
        else:
            assert events[-1].type == "bye" and events[-1].body["code"] == "auth_ended", events
    for node in nodes:
        assert (await on(ann, node).rest.get("/api/v1/users/me")).status == 401
    world.close()


@pytest.mark.sanitize
async def test_disconnect_reaches_every_node(site):
    key = "the secret of a program"
    nodes = site.nodes(3, "--drain-seconds", "1", "--api-key", key)
    world = World(nodes[0].address)
    ann, bob = await world.users(2)
    anns = [await on(ann, node).stream(kind) for node in nodes for kind in ("ws", "sse")]
    first, other = await on(bob, nodes[1]).stream("ws"), await on(bob, nodes[2]).stream("sse")
    client = HttpClient(nodes[2].address)
    path = "/api/v1/server/disconnect"
    assert (await client.post(path, {"user": ann.id}, headers={"X-Api-Key": "another"})).status == 401
    expect(await client.post(path, {"user": ann.id}, headers={"X-Api-Key": key}), 204)
    for stream in anns:
        events, closed = await stream.until_closed(10)
        assert events[-1].type == "bye" and events[-1].body["code"] == "going_away", events
        assert closed.code in (1001, 1000), closed
    expect(await client.post(path, {"session": first.hello.body["session"]}, headers={"X-Api-Key": key}), 204)
    _, closed = await first.until_closed(10)
    assert closed.code == 1001, closed
    room = await bob.new_room()
    await bob.say(room, "the other session goes on")
    assert message_of(await next_message(other))["text"] == "the other session goes on"
    again = await ann.stream("ws")  # they may come back
    assert again.hello.type == "hello"
    client.close()
    world.close()


@pytest.mark.nginx
async def test_a_node_is_added_and_removed_by_a_reload_that_cuts_no_stream_on_the_others(site):
    nodes = site.nodes(3, "--drain-seconds", "1")
    proxy = site.proxy(*nodes[:2])
    world = World(proxy.address)
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    streams = [await bob.stream(kind) for kind in ("ws", "sse", "ws", "sse")]
    assert {stream.hello.body["node"] for stream in streams} == {"n1", "n2"}
    proxy.serve(*nodes)
    await eventually(lambda: seen_on(bob, "n3", streams), 10, "the third node gets clients")
    proxy.serve(*nodes[1:])
    nodes[0].begin_drain()
    for stream in [stream for stream in streams if stream.hello.body["node"] == "n1"]:
        events, _ = await stream.until_closed(15)
        assert events[-1].type == "bye" and events[-1].body["code"] == "restart", events
        streams.remove(stream)
    await ann.say(room, "still here")
    for stream in streams:
        assert message_of(await next_message(stream))["text"] == "still here"
    await eventually(lambda: are_let_in(bob, 6, {"n2", "n3"}), 10, "nginx serves the others alone")
    world.close()


# No probe: it is a second request, which has its turn, too.
async def seen_on(user, node, streams):
    streams.append(await user.stream("sse", {"probe": 0}))
    return streams[-1].hello.body["node"] == node


async def are_let_in(user, count, nodes):
    try:
        streams = [await user.stream("sse", {"probe": 0}) for _ in range(count)]
    except Refused:  # nginx has not yet reloaded, and asks one that has gone
        return False
    return {stream.hello.body["node"] for stream in streams} == nodes


@pytest.mark.sanitize
async def test_without_redis_nodes_follow_the_store(nodes):
    world = World(nodes[0].address)
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    streams = [await on(bob, node).stream("ws") for node in nodes]
    nodes[0].redis.stop()
    for n in range(20):
        await on(ann, nodes[n % 3]).say(room, str(n))
    for stream in streams:
        assert [message_of(await next_message(stream))["text"] for _ in range(20)] == [str(n) for n in range(20)]
    await eventually(lambda: all(metric(node, "fairlead_bus_healthy") == 0 for node in nodes), 20, "nodes notice")
    nodes[0].redis.start()
    await eventually(lambda: all(metric(node, "fairlead_bus_healthy") == 1 for node in nodes), 20, "nodes meet again")
    before = [metric(node, "fairlead_bus_received_total") for node in nodes]
    await ann.say(room, "again")
    for stream in streams:
        assert message_of(await next_message(stream))["text"] == "again"
    await eventually(lambda: all(metric(node, "fairlead_bus_received_total") > was
                                 for node, was in zip(nodes[1:], before[1:])), 10, "by hints")
    world.close()


@pytest.mark.slow
async def test_a_killed_nodes_users_go_offline_and_those_elsewhere_do_not_flap(nodes):
    world = World(nodes[0].address)
    ann, gone, stays = await world.users(3)
    await world.room_of(ann, gone, stays)
    watches = [Watch(await ann.stream("ws"), gone), Watch(await ann.stream("ws"), stays)]
    kept = [await on(gone, nodes[2]).stream("ws"), await on(stays, nodes[2]).stream("sse"),
            await on(stays, nodes[1]).stream("sse")]
    await eventually(lambda: all(w.statuses() == ["online"] for w in watches), 10, "both are online")
    nodes[2].kill()
    killed_at = time.monotonic()
    await eventually(lambda: watches[0].statuses() == ["online", "offline"], 40, "who was there is offline")
    assert watches[0].told[-1][1] - killed_at < patience(20)
    assert await status_of(ann, gone) == "offline" and await status_of(ann, stays) == "online"
    assert watches[1].statuses() == ["online"] and len(kept) == 3
    for watch in watches:
        watch.stop()
    world.close()


@pytest.mark.sanitize
async def test_away_is_seen_on_every_node(nodes):
    world = World(nodes[0].address)
    ann, bob = await world.users(2)
    await world.room_of(ann, bob)
    watch = Watch(await ann.stream("ws"), bob)
    stream = await on(bob, nodes[1]).stream("sse")
    await eventually(lambda: watch.statuses() == ["online"], 10, "online")
    expect(await on(bob, nodes[2]).rest.put("/api/v1/presence", {"status": "away"}), 204)
    await eventually(lambda: watch.statuses() == ["online", "away"], 10, "away")
    assert await status_of(ann, bob) == "away"
    expect(await on(bob, nodes[2]).rest.put("/api/v1/presence", {"status": "online"}), 204)
    await eventually(lambda: watch.statuses() == ["online", "away", "online"], 10, "back")
    stream.abandon()
    watch.stop()
    world.close()


async def test_many_who_come_at_once_are_a_few_announcements(nodes):
    world = World(nodes[0].address)
    ann = await world.user("ann")
    others = await world.users(40)
    await world.room_of(ann, *others)
    stream = await ann.stream("ws")
    kept = await asyncio.gather(*(on(other, nodes[n % 3]).stream("sse") for n, other in enumerate(others)))
    told, events = set(), 0
    while len(told) < len(kept):
        event = await next_of(stream, "presence")
        events += 1
        told |= {user for user, state in event.body["data"]["users"].items() if state["status"] == "online"}
    assert {other.id for other in others} <= told
    assert events < len(others) / 2, f"{events} events"
    world.close()


@pytest.mark.sanitize
async def test_members_of_a_large_room_are_told_how_many_are_here(site):
    nodes = site.nodes(3, "--drain-seconds", "1", "--presence-members", "3")
    world = World(nodes[0].address)
    ann, *others = await world.users(4)
    room = await world.room_of(ann, *others)
    stream = await on(ann, nodes[2]).stream("ws")
    kept = [await on(other, nodes[n % 3]).stream("sse") for n, other in enumerate(others)]
    while True:  # at most every 5 s, and once more after the last change
        event = await next_of(stream, "presence", seconds=30)
        assert event.body["room_id"] == room and set(event.body["data"]) == {"counts"}, event
        counts = event.body["data"]["counts"]
        assert counts["members"] == 4 and counts["away"] == 0, counts
        if counts["online"] == 1 + len(kept):
            break
    world.close()


@pytest.mark.slow
async def test_after_a_flush_presence_is_right_again_on_every_node(nodes):
    world = World(nodes[0].address)
    ann, *others = await world.users(7)
    await world.room_of(ann, *others)
    here, gone = others[:3], others[3:]
    watches = [Watch(await on(ann, nodes[n % 3]).stream("ws"), other) for n, other in enumerate(others)]
    kept = [await on(user, node).stream("sse") for user, node in zip(here, nodes)]
    await eventually(lambda: all(w.statuses() == ["online"] for w in watches[:3]), 10, "online")
    nodes[0].redis.command("FLUSHALL")

    async def is_right():
        seen = [[await status_of(on(ann, node), user) for user in others] for node in nodes]
        assert all(status in ("unknown", expected) for row in seen
                   for status, expected in zip(row, ["online"] * 3 + ["offline"] * 3)), seen
        return seen == [["online"] * 3 + ["offline"] * 3] * 3
    await eventually(is_right, 10, "presence is right again")
    assert [w.statuses() for w in watches] == [["online"]] * 3 + [[]] * 3, "and nobody was told of anything"
    for watch in watches:
        watch.stop()
    assert len(kept) == len(here) and len(gone) == 3
    world.close()


@pytest.mark.slow
async def test_hopping_among_nodes_announces_nothing(nodes, pytestconfig):
    world = World(nodes[0].address)
    ann, bob = await world.users(2)
    await world.room_of(ann, bob)
    watch = Watch(await ann.stream("ws"), bob)
    stream = await on(bob, nodes[1]).stream("ws")
    await eventually(lambda: watch.statuses() == ["online"], 10, "online")
    params = {"session": stream.hello.body["session"], "cursor": stream.hello.body["cursor"]}
    end = time.monotonic() + pytestconfig.getoption("--presence-seconds")
    n = 0
    while time.monotonic() < end:
        kind = ("sse", "poll", "ws")[n % 3]
        stream = await on(bob, nodes[n % 3]).stream(kind, params, hello=kind != "poll")
        if kind == "poll":
            await stream.step(timeout=0)
        await asyncio.sleep(0.3)
        n += 1
    assert watch.statuses() == ["online"], watch.statuses()
    assert await status_is(ann, bob, "online")
    watch.stop()
    world.close()


async def test_a_node_that_comes_later_knows_all(site):
    nodes = site.nodes(2, "--drain-seconds", "1")
    world = World(nodes[0].address)
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    cursor = (await bob.sync())["cursor"]
    nodes[1].kill()
    for n in range(100):
        await ann.say(room, str(n))
    nodes[1].start()
    stream = await on(bob, nodes[1]).stream("sse", {"cursor": cursor})
    assert [message_of(await next_message(stream))["text"] for _ in range(100)] == [str(n) for n in range(100)]
    world.close()


async def test_a_node_starts_while_another_one_is_stopped_in_the_middle_of_a_commit(site):
    nodes = site.nodes(2, "--drain-seconds", "1")
    world = World(nodes[0].address)
    ann = await world.user("ann")
    room = await ann.new_room()
    assert nodes[1].terminate() == 0
    with open(os.path.join(nodes[0].data, "fairlead.db-writer")) as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)  # as if it held it
        nodes[1].start()
        there = on(ann, nodes[1])
        expect(await there.rest.get("/api/v1/rooms"), 200)
        expect(await there.rest.post(f"/api/v1/rooms/{room}/messages", {"text": "not now"}), 503)
    await there.say(room, "now")
    world.close()


async def test_two_nodes_of_one_name_are_told_so(site):
    from harness.fairlead import Fairlead
    first = site.nodes(1, "--drain-seconds", "1")[0]
    second = Fairlead(site.folder(), first.redis_address, node="n1", data=first.data)
    second.start(wait=False)
    second.process.expected_to_die = True
    assert second.process.popen.wait(30) != 0
    assert b"--node" in second.process.stderr()


async def test_a_paused_node_obeys_a_logout_before_what_came_later(site):
    """docs/decisions/0010: "a node that was paused obeys it before it passes on anything that came later"."""
    nodes = site.nodes(2, "--drain-seconds", "1")
    world = World(nodes[0].address)
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    streams = [await on(bob, nodes[1]).stream(kind) for kind in ("ws", "sse")]
    await asyncio.sleep(0.3)
    nodes[1].process.signal(signal.SIGSTOP)
    try:
        await ann.say(room, "before")
        expect(await bob.rest.delete("/api/v1/sessions/current"), 204)
        for n in range(20):
            await ann.say(room, f"after {n}")
    finally:
        nodes[1].process.signal(signal.SIGCONT)
    for stream in streams:
        events, _ = await stream.until_closed(10)
        texts = [message_of(event)["text"] for event in events if event.type == "message.created"]
        assert not [text for text in texts if text.startswith("after")], (stream.kind, texts)
    world.close()


@pytest.mark.slow
async def test_a_paused_node_that_wakes_up_announces_nobody_who_has_moved(site):
    nodes = site.nodes(2, "--drain-seconds", "1")
    world = World(nodes[0].address)
    ann, *bobs = await world.users(9)
    await world.room_of(ann, *bobs)
    watches = [Watch(await ann.stream("ws"), bob) for bob in bobs]
    polls = [await on(bob, nodes[1]).stream("poll") for bob in bobs]
    await eventually(lambda: all(w.statuses() == ["online"] for w in watches), 10, "online")
    nodes[1].process.signal(signal.SIGSTOP)
    try:
        streams = [await bob.stream("sse", {"session": poll.session, "cursor": poll.cursor})
                   for bob, poll in zip(bobs, polls)]
        await asyncio.sleep(20)
    finally:
        nodes[1].process.signal(signal.SIGCONT)
    await asyncio.sleep(25)
    told = [w.statuses() for w in watches]
    now = [await status_of(ann, bob) for bob in bobs]
    assert told == [["online"]] * len(bobs), (told, now)
    assert now == ["online"] * len(bobs)
    for watch in watches:
        watch.stop()
    assert len(streams) == len(bobs)
    world.close()


async def test_a_hint_that_no_node_has_written_stops_none(nodes):
    world = World(nodes[0].address)
    ann = await world.user("ann")
    await ann.say(await ann.new_room(), "so that there is a stream")
    _, epoch, position = (await ann.sync())["cursor"].split(".")
    key = next(word for word in nodes[0].redis.command("KEYS", f"fairlead:bus:*{epoch}").decode().split() if word.startswith("fairlead"))
    nodes[0].redis.command("XADD", key, "*", "from", "x", "m",
                           '{"type":"committed","from":%d,"events":[[0,0,4,0,0,"{}"]]}' % (int(position, 32) + 1))
    await asyncio.sleep(1)
    assert all(node.alive() for node in nodes)
    world.close()


async def test_nodes_of_a_copy_of_the_store_are_not_believed(site):
    from harness.fairlead import Fairlead
    first = site.nodes(1, "--drain-seconds", "1")[0]
    world = World(first.address)
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    world.close()
    assert first.terminate() == 0
    copy = Fairlead(site.folder(), first.redis_address, ["--drain-seconds", "1"], node="copy")
    shutil.copytree(first.data, copy.data)
    first.start()
    copy.start()
    stream = await on(bob, copy).stream("ws")
    await eventually(lambda: metric(copy, "fairlead_bus_healthy") == 1, 20, "the bus works")
    await on(ann, first).say(room, "said elsewhere")
    await asyncio.sleep(0.3)
    await on(ann, copy).say(room, "said here")
    assert message_of(await next_message(stream))["text"] == "said here"
    assert copy.terminate() == 0


async def test_a_proof_that_was_given_while_redis_was_away_is_not_missed(site):
    nodes = site.nodes(2, "--drain-seconds", "1")
    world = World(nodes[0].address)
    ann = await world.user("ann")
    nodes[0].redis.stop()
    await eventually(lambda: all(metric(node, "fairlead_bus_healthy") == 0 for node in nodes), 20, "nodes notice")
    stream = await ann.stream("sse", prove=False)
    hello = stream.hello.body
    expect(await on(ann, nodes[1]).rest.post(
        "/rt/v1/probe", {"session": hello["session"], "probe": hello["probe"]}), 204)
    nodes[0].redis.start()
    await asyncio.sleep(patience(13))
    await ann.say(await ann.new_room(), "not ended as unproven")
    assert message_of(await next_message(stream))["text"] == "not ended as unproven"
    world.close()

"""What the clients of one network find out helps the next one, on any node and after a restart."""

import asyncio

import pytest

from harness.http1 import HttpClient
from harness.metrics import metric
from harness.timing import eventually
from harness.websocket import Refused, WebSocket
from harness.world import World, expect


async def advice(node):
    answer = expect(await HttpClient(node.address).get("/rt/v1/hello"), 200)
    return answer.json["network"]["advice"]


@pytest.mark.sanitize
async def test_what_one_client_found_the_next_one_is_told_on_every_node(site):
    nodes = site.nodes(3, "--drain-seconds", "1")
    world = World(nodes[0].address)
    ann, bob = await world.users(2)
    assert await advice(nodes[2]) == {}
    stream = await ann.stream("sse", {"fell_back_from": "websocket", "reason": "refused", "padding": 2048})
    expected = {"transport": "sse", "padding": 2048}

    async def all_know():
        return [await advice(node) for node in nodes] == [expected] * 3
    await eventually(all_know, 10, "all nodes know")
    hello = (await bob.at(nodes[1].address).stream("ws", {"probe": 0})).hello.body
    assert hello["network"]["advice"] == expected, hello
    assert metric(nodes[0], 'fairlead_fallbacks_total{transport="websocket",cause="refused"}') == 1
    for node in nodes:
        node.kill()
    for node in nodes:
        node.start()
    await eventually(all_know, 10, "the ladder outlives its nodes")
    stream.abandon()
    world.close()


@pytest.mark.slow
async def test_who_is_not_proved_is_counted_by_cause(site):
    # Alone: beside others, whose proofs pass through Redis, none is missed in the first seconds.
    node = site.node("--drain-seconds", "1", redis=None)
    world = World(node.address)
    ann, = await world.users(1)
    one_way = await ann.stream("ws", prove=False)
    silent = await ann.stream("ws", prove=False)
    held_back = await ann.stream("sse", prove=False)
    assert (await silent.command("ping"))["type"] == "ack"
    ends = await asyncio.gather(*(stream.until_closed(20) for stream in (one_way, silent, held_back)))
    assert [events[-1].body["code"] for events, _ in ends] == ["unproven"] * 3, ends
    for transport, cause in (("websocket", "one_way"), ("websocket", "silent"), ("sse", "buffered")):
        name = f'fairlead_sessions_unproven_total{{transport="{transport}",cause="{cause}"}}'
        assert metric(node, name) == 1, name
    assert await advice(node) == {"transport": "poll"}
    world.close()


@pytest.mark.sanitize
async def test_a_connection_that_ends_without_a_word_is_counted_with_its_age(site):
    node = site.node("--drain-seconds", "1")
    world = World(node.address)
    ann, = await world.users(1)
    cut, said = await ann.stream("ws"), await WebSocket.open(node.address, ann.token, params={"probe": 0})
    await said.next_event()
    await said.close()
    cut.wire.reset()

    async def counted():
        return metric(node, "fairlead_cut_life_seconds_count") == 1
    await eventually(counted, 10, "one was cut")
    assert metric(node, "fairlead_cut_idle_seconds_count") == 1
    world.close()


@pytest.mark.sanitize
async def test_what_the_server_itself_refused_is_not_held_against_a_network(site):
    node = site.node("--admissions-per-s", "1", "--admissions-burst", "4")
    world = World(node.address)
    ann, = await world.users(1)
    cursor = (await ann.sync())["cursor"]
    while True:  # newcomers get half of the four
        try:
            await WebSocket.open(node.address, ann.token, params={"probe": 0})
        except Refused:
            break
    await ann.stream("sse", {"cursor": cursor, "fell_back_from": "websocket", "reason": "refused"})
    assert metric(node, 'fairlead_fallbacks_total{transport="websocket",cause="refused"}') == 0
    assert (await advice(node)).get("transport") != "sse"
    world.close()

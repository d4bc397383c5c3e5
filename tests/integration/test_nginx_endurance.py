"""Fairlead behind the nginx that it configures: silence, reloads, more streams than ports, clients that vanish."""

import asyncio
import contextlib
import os
import re
import time

import pytest

from harness.fairlead import REPOSITORY
from harness.metrics import metric
from harness.namespace import Address, Namespace, why_not
from harness.timing import eventually, patience
from harness.transports import is_quiet, next_message
from harness.websocket import Closed, Refused
from harness.world import World, told

pytestmark = pytest.mark.nginx
needs_namespaces = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

HEARTBEAT_S, HEARTBEAT_MAX_S = 20, 55  # docs/PROTOCOL.md; a poll is held for as long
FULL_SILENCE_S = 300


@pytest.fixture
def lo_only():
    """A namespace of its own, with nothing but the loopback."""
    made = Namespace()
    yield made
    made.end()


def slower(factor):
    """nginx's times in seconds, multiplied."""
    def edit(text):
        return re.sub(r"(_timeout) (\d+)s;", lambda m: f"{m[1]} {int(float(m[2]) * factor * 1000)}ms;", text)
    return edit


async def stay_silent(user, kind, every_s, seconds):
    """Listens for so long; returns what came that is not a sign of life."""
    params = {"heartbeat": every_s, "probe": 0}
    stream = await user.stream(kind, params)
    end = time.monotonic() + seconds
    seen = []
    while time.monotonic() < end:
        if kind == "poll":
            seen += (await stream.step(timeout=every_s, heartbeat=every_s)).events
        else:
            seen.append(await stream.next_event(every_s + 10))
    assert stream.hello
    return [event for event in seen if not is_quiet(event)]


@pytest.mark.slow
async def test_silence_cuts_nothing(site, request):
    silence_s = request.config.getoption("--silence-seconds")
    factor = 1 if silence_s >= FULL_SILENCE_S else 0.25
    node = site.node()
    proxy = site.proxy(node, edit=None if factor == 1 else slower(factor))
    world = World(proxy.address)
    user = await world.user()
    lives = [(kind, max(5, int(every_s * factor))) for kind in ("ws", "sse", "poll") for every_s in (HEARTBEAT_S, HEARTBEAT_MAX_S)]
    came = await asyncio.gather(*(stay_silent(user, kind, every_s, silence_s) for kind, every_s in lives))
    assert came == [[]] * len(lives)
    world.close()


@pytest.mark.parametrize("kind", ["ws", "sse"])
async def test_a_silence_longer_than_nginx_waits_is_a_cut(site, kind):
    """What the test above would see if the times did not fit."""
    node = site.node(redis=None)
    proxy = site.proxy(node, edit=slower(0.02))
    world = World(proxy.address)
    with pytest.raises(Closed):
        await stay_silent(await world.user(), kind, 5, 20)
    world.close()


async def read_until(stream, count, got):
    while len(got) < count:
        got.append(told(await next_message(stream, 60)))


@pytest.mark.slow
async def test_a_reload_under_many_streams_loses_nothing(site, request):
    count = request.config.getoption("--reload-streams")
    node = site.node("--user-admissions-per-s", "0")
    proxy = site.proxy(node)
    world = World(proxy.address)
    user = await world.user()
    room = await world.room_of(user)
    kinds = ["ws", "sse"] * (count // 2) + ["poll"] * 5
    # Few at a time: it is not a storm that is tested here.
    streams = []
    for at in range(0, len(kinds), 50):
        streams += await asyncio.gather(*(user.stream(kind, {"probe": 0}) for kind in kinds[at:at + 50]))
    got = [[] for _ in streams]
    total = 30
    reading = asyncio.gather(*(read_until(stream, total, seen) for stream, seen in zip(streams, got)))
    sent = []
    old = worker_pids(proxy)
    try:
        for n in range(total):
            if n == total // 3:
                proxy.serve(node)
            if n == 2 * total // 3:
                await eventually(lambda: worker_pids(proxy) - old, 20, "new workers")
            message = await user.say(room, f"message {n}")
            sent.append((room, message["seq"], message["id"]))
        async with asyncio.timeout(patience(90)):
            await reading
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    assert worker_pids(proxy) & old, "the old worker keeps its streams"
    assert all(seen == sent for seen in got), f"{sum(seen != sent for seen in got)} of {len(got)} streams missed, repeated or reordered"
    world.close()


def worker_pids(proxy):
    with open(f"/proc/{proxy.process.pid}/task/{proxy.process.pid}/children", encoding="ascii") as file:
        return set(file.read().split())


PORTS = "40000 40199"  # 200 of them


async def open_many(user, count, hosts, port, namespace):
    """So many event streams, spread over the addresses (a client needs ports, too); the status of each."""
    async def one(n):
        person = user.at(Address(namespace, hosts[n % len(hosts)], port))
        try:
            stream = await person.stream("sse", {"probe": 0})
        except Refused as refused:
            return refused.response.status, None
        return stream.response.status, stream
    opened = []
    for at in range(0, count, 50):
        opened += await asyncio.gather(*(one(n) for n in range(at, min(at + 50, count))))
    return [status for status, _ in opened], [stream for _, stream in opened if stream]


@needs_namespaces
@pytest.mark.parametrize("over_tcp", [False, True], ids=["unix socket", "TCP"])
async def test_600_streams_need_no_ports_behind_nginx(site, lo_only, over_tcp):
    hosts = [f"127.0.0.{n}" for n in range(1, 6)]
    lo_only.set(ip_local_port_range=PORTS)
    with lo_only.inside():
        node = site.node("--trusted-proxy", redis=None)
        proxy = site.proxy(node, hosts=hosts, over_tcp=over_tcp)
    world = World(Address(lo_only, *proxy.address))
    user = await world.user()
    room = await world.room_of(user)
    statuses, streams = await open_many(user, 600, hosts, proxy.port, lo_only)
    try:
        if over_tcp:  # why it is a Unix socket
            assert 502 in statuses and statuses.count(200) <= 200
            return
        assert statuses == [200] * 600
        await user.say(room, "for all")
        async with asyncio.timeout(patience(60)):
            heard = await asyncio.gather(*(next_message(stream, 60) for stream in streams))
        assert len(heard) == 600
    finally:
        for stream in streams:
            stream.abandon()
        world.close()


SERVER, CLIENT = "10.77.0.1", "10.77.0.2"


@pytest.fixture
def two_hosts():
    """The server's and the client's, with a cable between them; the kernel settings of deploy/ on the server's."""
    server, client = Namespace(), Namespace()
    server.ip(f"link add cable type veth peer name cable netns {client.pid}", f"address add {SERVER}/24 dev cable", "link set cable up")
    client.ip(f"address add {CLIENT}/24 dev cable", "link set cable up")
    with open(os.path.join(REPOSITORY, "deploy", "sysctl-fairlead.conf"), encoding="utf-8") as file:
        server.set(**dict(re.findall(r"^net\.ipv4\.(tcp_\w+) *= *(\d+)$", file.read(), re.MULTILINE)))
    yield server, client
    server.end()
    client.end()


def black_hole(client):
    client.run("nft", "-f", "-", text="table inet hole {\n"
               " chain in { type filter hook input priority 0; policy drop; }\n"
               " chain out { type filter hook output priority 0; policy drop; }\n}\n")


@needs_namespaces
@pytest.mark.slow
async def test_a_client_that_vanishes_is_noticed_within_two_heartbeats_and_ten_seconds(site, two_hosts):
    server, client = two_hosts
    with server.inside():
        node = site.node(redis=None)
        proxy = site.proxy(node, hosts=[SERVER])
    world = World(Address(client, *proxy.address))
    user = await world.user()
    streams = [await user.stream(kind, {"probe": 0}) for kind in ("ws", "sse", "poll")]
    held = asyncio.create_task(streams[2].step(timeout=HEARTBEAT_S))

    def sessions():
        with server.inside():
            return metric(node, "fairlead_sessions") + metric(node, "fairlead_sessions_parked")

    await eventually(lambda: sessions() == 3, 10, "all three are here")
    black_hole(client)
    gone_at = time.monotonic()
    left, seen_at = 3, []
    noise_s = 5
    while left:
        now = sessions()
        seen_at += [round(time.monotonic() - gone_at, 1)] * int(left - now)
        left = now
        assert time.monotonic() - gone_at < 2 * HEARTBEAT_S + 10 + noise_s, f"after {seen_at} s {left} of 3 are still thought to be here"
        await asyncio.sleep(0.2)
    print(f"noticed after {seen_at} s")
    held.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await held
    world.close()

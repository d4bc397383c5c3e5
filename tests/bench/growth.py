"""Point 8: what becomes dearer as there is more of it."""
import random

import seed
from peers import Fairlead
from programs import thread_cpu_s

RECEIVERS = {1000: "50", 10000: "5"}  # messages a second: 50,000 deliveries each
STORED = (10_000, 5_000_000)
STORED_REQUESTS = ("send", "page")
ROOMS, USERS = 10, 64
PAGE_EVENTS = 500


def receivers(n, transport, bench):
    flags = ["--scenario", "fanout", "--n", str(n // 10 if bench.quick else n), "--rate", RECEIVERS[n], "--connect-timeout", "60"]
    flags += ["--time", "1", "--warmup", "0.3"] if bench.quick else ["--time", "5", "--warmup", "1.5"]
    with Fairlead(bench) as server:
        return bench.rtload(transport, flags + server.rtload_flags(transport), server.pids())


def stored(name, count, bench):
    """All users are in all ten rooms, among which the messages are spread."""
    count = max(count // 50, 4 * PAGE_EVENTS) if bench.quick else count
    world = seed.world(bench, f"stored{count}", USERS, [range(1, USERS + 1)] * ROOMS, count)
    if name == "send":
        connections = USERS
        requests = [f"POST /api/v1/rooms/{seed.wire('r', u % ROOMS + 1)}/messages {world.token(u)} " + '{"text":"' + "x" * 200 + '"}'
                    for u in range(1, USERS + 1)]
    else:
        connections, places = 4, random.Random(1)
        requests = [f"GET /rt/v1/poll?cursor={world.cursor(places.randrange(count - PAGE_EVENTS))}&timeout=0&limit={PAGE_EVENTS}"
                    f"&events=durable {world.token(1 + n % USERS)}" for n in range(2000)]
    with Fairlead(bench, world, in_place=True) as server:  # a few more messages do not matter, a copy of 5 million would
        return bench.send_load(server.port, connections, 1 if bench.quick else 4, requests, server.pids())


def shards(count, transport, bench):
    """Server and load on both cores. Where the load needs as much of them as the server, the deliveries a second say
    little about two shards; so also: how much the busiest thread worked for the same deliveries. It is what would
    limit the server where the load is elsewhere."""
    flags = ["--stream-shards", str(count), "--ws-shards", str(count)]
    steady = ["--scenario", "fanout", "--n", "1000", "--rate", "50", "--time", "5", "--warmup", "1"]
    most = ["--scenario", "throughput", "--n", "1000", "--r0", "40", "--grow", "1.8", "--step-time", "1.2", "--warmup", "1.5",
            "--drain", "3", "--max-time", "20", "--precision", "0.12"]
    if bench.quick:
        steady = ["--scenario", "fanout", "--n", "100", "--rate", "100", "--time", "1", "--warmup", "0.3"]
        most = ["--scenario", "throughput", "--n", "100", "--r0", "500", "--grow", "4", "--step-time", "0.4", "--max-time", "5", "--precision", "0.5"]
    with Fairlead(bench, flags=flags, cores="0,1") as server:
        before = thread_cpu_s(server.server.pid)
        row = bench.rtload(transport, steady + server.rtload_flags(transport), server.pids(), cores="0,1")
        busiest = max(t - before.get(thread, 0) for thread, t in thread_cpu_s(server.server.pid).items())
        row.update(busiest_thread_us=1e6 * busiest / row["messages_in"], per_busiest_thread_s=row["messages_in"] / busiest)
    with Fairlead(bench, flags=flags, cores="0,1") as server:
        best = bench.rtload(transport, most + server.rtload_flags(transport), server.pids(), cores="0,1")
    return {**row, "saturated_per_s": best.get("deliveries_per_s"), "saturated_loadgen_util": best.get("loadgen_util")}

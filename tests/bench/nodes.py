"""Point 9: several nodes behind one nginx, on one store: how late a message is that came to another node, and what sends cost."""
import time

import seed
import sends
from peers import NginxNodes
from programs import SessionLoad, family
from storms import sessions, streams, wrong

READERS = 300
# nodes, with Redis
LATENCY = {"one_node": (1, True), "three_nodes": (3, True), "three_nodes_without_redis": (3, False)}


def latency(name, on, bench):
    """nginx hands each request to the next node: two of three messages come to another node than the reader's."""
    nodes, with_redis = LATENCY[name]
    world = seed.world(bench, "nodes", users=READERS, rooms=[range(1, READERS + 1)])
    with NginxNodes(bench, world, nodes) as server, SessionLoad(
            bench, server.port, streams(world, [1], 1), sessions("readers", on, world, range(2, READERS + 1), lambda u: [0])) as load:
        load.open("readers", 30)
        if not with_redis:
            server.stop_redis()
            time.sleep(3)
        load.do("publish", 40, 0, 0, 1)
        time.sleep(1)
        load.do("mark")
        time.sleep(1 if bench.quick else 6)
        report = load.do("report", "readers")
        load.do("stop")
        complete = load.do("await", 30)["complete"]
        row = wrong(load.do("report", "readers"))
    row.update(node_p50_ms=report["p50_ms"], node_p99_ms=report["p99_ms"], samples=report["samples"])
    if not complete:
        row["error"] = "not everybody was complete within 30 s; " + row.get("error", "")
    return row


def durable(nodes, bench):
    world = seed.world(bench, "senders", users=sends.SENDERS, rooms=[range(1, sends.SENDERS + 1)])
    with NginxNodes(bench, world, nodes) as server:
        requests = [sends.MESSAGE.replace("{token}", world.token(u)) for u in range(1, sends.SENDERS + 1)]
        pids = [p for pid in server.pids() for p in family(pid)]
        return bench.send_load(server.port, sends.SENDERS, 1 if bench.quick else 5, requests, pids)

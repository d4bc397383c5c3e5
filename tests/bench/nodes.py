"""Point 9: several nodes behind one nginx, on one store: how late a message is that came to another node, what sends cost, and what idle
sessions cost Redis."""
import re, subprocess, time

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


def commands(server):
    """That Redis has run so far, those of scripts included, without those that ask for this."""
    info = subprocess.run(["redis-cli", "-s", server.redis_path, "INFO", "commandstats"], check=True, capture_output=True, text=True).stdout
    return sum(int(calls) for name, calls in re.findall(r"cmdstat_([^:]+):calls=(\d+)", info) if name != "info")


def idle(on, bench):
    """Redis's commands in a minute without a session and with 5,000, and how many more an idle session makes them."""
    count, seconds = (200, 5) if bench.quick else (5000, 60)
    world = seed.world(bench, f"idle{count}", users=count, rooms=[range(1, count + 1)])
    with NginxNodes(bench, world, 3) as server, SessionLoad(
            bench, server.port, streams(world, [1], 1), sessions("idle", on, world, range(1, count + 1), lambda u: [0])) as load:
        found = {}
        for name in ("without", "with"):
            if name == "with":
                load.open("idle", 60)
                time.sleep(8)  # those that came have been announced
            before = commands(server)
            time.sleep(seconds)
            found[name] = commands(server) - before
    return {"redis_commands_without": found["without"], "redis_commands_with": found["with"], "sessions": count}

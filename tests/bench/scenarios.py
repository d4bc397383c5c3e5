"""The cases of each point, in the order in which they run. A case's `run(bench)` returns a row of numbers."""
import collections, functools

import growth, idle, nodes, sends, storms
from peers import BatchingFairlead, Fairlead, Floor, NginxFairlead, NginxFloor

# seconds: expected, without what --quick leaves out. once: in the first repetition only.
Case = collections.namedtuple("Case", "point name on peer seconds run once", defaults=[False])

FANOUT = {"fanout1k": ("1000", "50"), "fanout5k": ("5000", "10")}
# sends in flight, limit of the p99 in ms, peers, transports, in the first repetition only
SATURATED = {
    "saturated8": (8, 100, [Floor, Fairlead, NginxFloor, NginxFairlead], ["ws", "sse", "poll"], False),
    "saturated20ms": (8, 20, [Floor, Fairlead], ["ws", "sse"], False),
    "saturated1": (1, 100, [Floor, Fairlead], ["ws", "sse", "poll"], True),
    "saturated64": (64, 100, [Floor, Fairlead], ["ws", "sse", "poll"], True),
}


def fanout(peer, case, transport, bench):
    n, rate = FANOUT[case]
    flags = ["--scenario", "fanout", "--n", n, "--rate", rate, "--time", "4", "--warmup", "1.5"]
    if bench.quick:
        flags = ["--scenario", "fanout", "--n", str(int(n) // 10), "--rate", rate, "--time", "1", "--warmup", "0.3"]
    with peer(bench) as server:
        return bench.rtload(transport, flags + server.rtload_flags(transport), server.pids())


def saturated(peer, case, transport, bench):
    in_flight, limit_ms, *_ = SATURATED[case]
    flags = ["--scenario", "throughput", "--n", "1000", "--r0", "40", "--grow", "1.8", "--step-time", "1.2", "--warmup", "1.5",
             "--drain", "3", "--max-time", "26", "--precision", "0.12"]
    if bench.quick:
        flags = ["--scenario", "throughput", "--n", "100", "--r0", "500", "--grow", "4", "--step-time", "0.4", "--warmup", "0.3",
                 "--drain", "1", "--max-time", "6", "--precision", "0.5"]
    flags += ["--pub-pipeline", str(in_flight), "--p99-limit-ms", str(limit_ms)]
    with peer(bench) as server:
        row = bench.rtload(transport, flags + server.rtload_flags(transport), server.pids())
    # Here losses and disconnects are how a step fails; what the best step did counts.
    row.pop("error", None)
    if not row.get("max_rate") or row["connected"] < row["n"]:
        row["error"] = f"no rate kept its p99 under {limit_ms} ms: {row.get('first_error', '')}"
    return row


def cases(transports):
    streams = [t for t in ("ws", "sse") if t in transports]
    peers = [Floor, Fairlead, NginxFloor, NginxFairlead]
    bind = functools.partial
    for name in FANOUT:
        for on in transports:
            batching = [BatchingFairlead] if name == "fanout1k" and on in streams else []
            for peer in peers + batching:
                yield Case(1, name, on, peer.name, 8, bind(fanout, peer, name, on))
    for name, (_, _, some, on_these, once) in SATURATED.items():
        for on in on_these:
            for peer in some if on in transports else []:
                yield Case(2, name, on, peer.name, 20, bind(saturated, peer, name, on), once)
    for on in transports:
        yield Case(3, "idle", on, "floor", 6, bind(idle.floor, on))
        yield Case(3, "idle", on, "fairlead", 52, bind(idle.fairlead, Fairlead, on))
        yield Case(3, "idle", on, "nginx + fairlead", 8, bind(idle.fairlead, NginxFairlead, on))
    for name in sends.REQUESTS:
        yield Case(4, name, "http", "nginx + fairlead", 8, bind(sends.sends, name))
    for on in streams:
        for name in storms.STORMS:
            yield Case(5, name, on, "fairlead", 20, bind(storms.storm, name, on))
    for on in streams:
        yield Case(6, "stalled", on, "fairlead", 120, bind(storms.stalled, on))
    for on in streams:
        yield Case(7, "burst", on, "fairlead", 20, bind(storms.burst, on))
    for on in transports:
        for n in growth.RECEIVERS:
            yield Case(8, f"receivers{n}", on, "fairlead", 10, bind(growth.receivers, n, on))
    for stored in growth.STORED:
        for name in growth.STORED_REQUESTS:
            yield Case(8, f"{name}{stored}", "http", "fairlead", 8, bind(growth.stored, name, stored))
    for on in streams:
        for shards in (1, 2):
            yield Case(8, f"shards{shards}", on, "fairlead", 32, bind(growth.shards, shards, on))
    for on in streams:
        for name in nodes.LATENCY:
            yield Case(9, name, on, "nginx + nodes", 12, bind(nodes.latency, name, on))
    for on in streams:
        yield Case(9, "idle", on, "nginx + nodes", 140, bind(nodes.idle, on))
    for n in (1, 2, 3):
        yield Case(9, f"durable_on_{n}", "http", "nginx + nodes", 8, bind(nodes.durable, n))

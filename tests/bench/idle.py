"""Point 3: what a connection costs that has nothing to say."""
import time

import seed
from programs import SessionLoad, cpu_s, family, rss_bytes

SETTLE_SECONDS = 2
HOLD_SECONDS = 41  # two heartbeats of 20 s each, and what is around them


def floor(transport, bench):
    from peers import Floor
    flags = ["--scenario", "idle", "--n", "1000" if bench.quick else "10000", "--time", "1", "--settle", "1.5", "--connect-timeout", "60"]
    with Floor(bench) as server:
        row = bench.rtload(transport, flags + server.rtload_flags(transport), server.pids())
    return {**row, "rss_per_conn_b": row["server_rss_per_conn_b"]}


def fairlead(peer, transport, bench):
    """Each connection has a user of its own, who is in a room with all others. Behind nginx 9,000: nginx needs two
    descriptors for each, of 20,000."""
    behind_nginx = peer.name != "fairlead"
    n = 1000 if bench.quick else 9000 if behind_nginx else 10000
    world = seed.world(bench, f"idle{n}", users=n, rooms=[range(1, n + 1)])
    target = f"/rt/v1/{transport}?probe=0&events=durable&heartbeat=20"
    if transport == "poll":
        target += "&timeout=20"
    with peer(bench, world) as server:
        sessions = [f"idle {transport} 0 {world.token(u)} {target}" for u in range(1, n + 1)]
        with SessionLoad(bench, server.port, [f"{seed.wire('r', 1)} {world.token(1)}"], sessions) as load:
            before = [rss_bytes(pid) for pid in server.pids()]
            opened = load.open("idle", 60)
            time.sleep(SETTLE_SECONDS)
            after = [rss_bytes(pid) for pid in server.pids()]
            row = {"connections": n, "connect_s": opened["seconds"], "rss_per_conn_b": (after[0] - before[0]) / n}
            if behind_nginx:
                row["nginx_rss_per_conn_b"] = (after[1] - before[1]) / n
            else:
                row.update(hold(server, n, 6 if bench.quick else HOLD_SECONDS))
            report = load.do("report", "idle")
    if report["live"] != n or report["closed"] or report["refused"]:
        row["error"] = f"{n - report['live']} not live, {report['closed']} closed, {report['refused']} refused: {report['first_error']}"
    return row


def hold(server, n, seconds):
    pids = [p for pid in server.pids() for p in family(pid)]
    begun, cpu = time.monotonic(), sum(map(cpu_s, pids))
    time.sleep(seconds)
    used, passed = sum(map(cpu_s, pids)) - cpu, time.monotonic() - begun
    return {"hold_s": passed, "idle_cpu_percent": 100 * used / passed, "hold_rss_bytes": rss_bytes(server.pids()[0])}

"""Points 5 to 7: what happens beside a crowd that comes back, stops reading, or gets a burst.

Those whose latency is measured have a load generator of their own; the crowd's runs beside it on the same core at a
lower priority, so that it is the server that is measured and not the fight over the load generator's core."""
import time

import seed
from peers import Fairlead
from programs import SessionLoad, cpu_s, metric, rss_bytes

CROWD_NICE = 10
TURN_METRIC, TURN_CPU_METRIC = "fairlead_shard_turn_seconds_max", "fairlead_shard_turn_cpu_seconds_max"
OUTBOX_BYTES = 256 * 1024
# rooms that the 5,000 are in. In the first, each of the 1,000 events is for each of them (5 million deliveries); in the
# second, 20 are.
STORMS = {"storm_one_room": 1, "storm_50_rooms": 50}


def sessions(group, transport, world, users, streams_of):
    """Lines for session_load: the users' sessions; streams_of(user) are the streams that they see."""
    target = f"/rt/v1/{transport}?probe=0&events=durable"
    return [f"{group} {transport} {','.join(map(str, streams_of(u)))} {world.token(u)} {target}" for u in users]


def streams(world, rooms, sender):
    return [f"{seed.wire('r', room)} {world.token(sender)}" for room in rooms]


def wrong(*reports):
    """Not delivered exactly once and in order, over the reports; and an error if anything else was out of order."""
    row = {"lost_or_repeated": sum(r["gaps"] + r["repeated"] + r["behind"] for r in reports)}
    problems = [f"{r['closed']} closed, {r['refused']} refused, {r['publish_errors']} not published: {r['first_error']}"
                for r in reports if r["closed"] or r["refused"] or r["publish_errors"]]
    return {**row, "error": "; ".join(problems)} if problems else row


def storm(name, transport, bench):
    crowd_size, beside, events = (500, 100, 200) if bench.quick else (5000, 500, 1000)
    rooms = STORMS[name]
    crowd_users, beside_users = range(1, crowd_size + 1), range(crowd_size + 1, crowd_size + beside + 1)
    members = [range(first, crowd_size + 1, rooms) for first in range(1, rooms + 1)] + [beside_users]
    # The last user sends: to the crowd's rooms they belong, too.
    sender = crowd_size + beside
    members = [[*room, sender] for room in members[:-1]] + [members[-1]]
    world = seed.world(bench, f"{name}{crowd_size}", users=sender, rooms=members)
    with Fairlead(bench, world) as server, \
            SessionLoad(bench, server.port, streams(world, [rooms + 1], sender),
                        sessions("beside", transport, world, beside_users[:-1], lambda u: [0])) as steady, \
            SessionLoad(bench, server.port, streams(world, range(1, rooms + 1), sender),
                        sessions("crowd", transport, world, crowd_users, lambda u: [(u - 1) % rooms]), CROWD_NICE) as crowd:
        steady.open("beside", 30)
        steady.do("publish", 40, 0, 0, 1)
        time.sleep(1)
        steady.do("mark")
        time.sleep(2 if bench.quick else 5)
        calm = steady.do("report", "beside")
        fresh = crowd.open("crowd", 60)
        crowd.do("cut", "crowd")
        crowd.do("publish", 0, events, 0, rooms)
        crowd.do("await", 30)
        time.sleep(1)  # the steady stream is calm again
        steady.do("mark")
        busy = [cpu_s(p) for p in (server.server.pid, crowd.process.pid)]
        back = crowd.open("crowd", 120)
        busy = [cpu_s(p) - before for p, before in zip((server.server.pid, crowd.process.pid), busy)]
        time.sleep(0.5)
        stormy = steady.do("report", "beside")
        crowd_complete = crowd.do("await", 60)["complete"]
        steady.do("stop")
        steady_complete = steady.do("await", 30)["complete"]
        row = wrong(crowd.do("report", "crowd"), steady.do("report", "beside"))
    row.update(fresh_s=fresh["seconds"], back_s=back["seconds"], calm_p99_ms=calm["p99_ms"], storm_p99_ms=stormy["p99_ms"],
               storm_samples=stormy["samples"], events_each=events // rooms, server_busy=busy[0] / back["seconds"],
               load_busy=busy[1] / back["seconds"])
    if not (crowd_complete and steady_complete):
        row["error"] = "not everybody was complete within 60 s; " + row.get("error", "")
    return row


def stalled(transport, bench):
    """Beside the same without anybody who stops: the log's newest events in memory and SQLite's caches grow then, too."""
    row, control = (readers_and_slow(transport, bench, stop) for stop in (True, False))
    row.update(of_the_slow_mib=row["growth_mib"] - control["growth_mib"], control_growth_mib=control["growth_mib"])
    if "error" in control:
        row["error"] = "without anybody who stops: " + control["error"]
    return row


def readers_and_slow(transport, bench, stop):
    readers, slow, messages, rate, pause = (80, 20, 2000, 500, 2) if bench.quick else (800, 200, 50000, 1000, 30)
    world = seed.world(bench, f"stalled{readers}", users=readers + slow, rooms=[range(1, readers + slow + 1)])
    with Fairlead(bench, world) as server, SessionLoad(
            bench, server.port, streams(world, [1], 1),
            sessions("readers", transport, world, range(1, readers + 1), lambda u: [0]) +
            sessions("slow", transport, world, range(readers + 1, readers + slow + 1), lambda u: [0])) as load:
        load.open("readers", 30)
        load.open("slow", 30)
        load.do("publish", rate, messages, 0, 1)
        time.sleep(pause / 15)
        load.do("mark")
        time.sleep(pause / 3)
        calm = load.do("report", "readers")
        before = most = rss_bytes(server.server.pid)
        if stop:
            load.do("pause", "slow")
        load.do("mark")
        end = time.monotonic() + pause
        while time.monotonic() < end:
            time.sleep(0.25)
            most = max(most, rss_bytes(server.server.pid))
        beside = load.do("report", "readers")
        if stop:
            load.do("resume", "slow")
        load.do("mark")
        finish = load.do("await", 120)
        after = load.do("report", "readers")
        row = wrong(after, load.do("report", "slow"))
        most = max(most, rss_bytes(server.server.pid))
    row.update(growth_mib=(most - before) / 2**20, bound_mib=slow * OUTBOX_BYTES / 2**20, calm_p99_ms=calm["p99_ms"],
               stalled_p99_ms=beside["p99_ms"], catching_up_p99_ms=after["p99_ms"], complete_s=finish["seconds"])
    if not finish["complete"]:
        row["error"] = "not everybody was complete within 120 s; " + row.get("error", "")
    return row


def burst(transport, bench):
    """One room of `large`; `small` rooms of ten, nine of whom listen and one of whom sends."""
    large, small, messages = (1000, 100, 50) if bench.quick else (10000, 1000, 100)
    large_users, small_users = range(1, large + 1), range(large + 1, large + 9 * small + 1)
    sender, large_sender = small_users[-1] + 1, small_users[-1] + 2
    rooms = [[*large_users, large_sender]] + [[*small_users[9 * n:9 * n + 9], sender] for n in range(small)]
    world = seed.world(bench, f"burst{large}", users=large_sender, rooms=rooms)
    with Fairlead(bench, world) as server, \
            SessionLoad(bench, server.port, streams(world, range(2, small + 2), sender),
                        sessions("small", transport, world, small_users, lambda u: [(u - large - 1) // 9])) as few, \
            SessionLoad(bench, server.port, streams(world, [1], large_sender),
                        sessions("large", transport, world, large_users, lambda u: [0]), CROWD_NICE) as many:
        few.open("small", 60)
        many.open("large", 60)
        few.do("publish", 500, 0, 0, small)
        time.sleep(1)
        few.do("mark")
        time.sleep(2 if bench.quick else 5)
        calm = few.do("report", "small")
        turn_cpu_before = metric(server.http_port, TURN_CPU_METRIC)
        few.do("mark")
        begun = time.monotonic()
        for _ in range(3):
            many.do("publish", 0, messages, 0, 1)
            if not many.do("await", 60)["complete"]:
                raise RuntimeError("the burst had not reached everybody after 60 s")
        seconds = time.monotonic() - begun
        beside = few.do("report", "small")
        few.do("stop")
        complete = few.do("await", 30)["complete"]
        row = wrong(few.do("report", "small"), many.do("report", "large"))
        turn, turn_cpu = (metric(server.http_port, name) for name in (TURN_METRIC, TURN_CPU_METRIC))
    row.update(calm_p99_ms=calm["p99_ms"], burst_p99_ms=beside["p99_ms"], burst_samples=beside["samples"], burst_s=seconds / 3,
               burst_deliveries_per_s=3 * messages * large / seconds)
    # The largest since the start: opening 19,000 sessions counts, too. If nothing was larger in the burst, that is all
    # that is known of it.
    row.update(turn_ms=turn * 1e3, turn_cpu_ms=turn_cpu * 1e3, turn_cpu_before_ms=turn_cpu_before * 1e3)
    if not complete:
        row["error"] = "not everybody was complete within 30 s; " + row.get("error", "")
    return row

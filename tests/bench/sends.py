"""Point 4: durable sends through nginx, beside a POST that stores nothing and beside one commit per message."""
import os

import seed
from peers import NginxFairlead
from programs import family

SENDERS = 64
ROOM = "/api/v1/rooms/" + seed.wire("r", 1)
MESSAGE = f"POST {ROOM}/messages {{token}} " + '{"text":"' + "x" * 200 + '"}'
SLOW_FSYNC_US = 2000  # a common SSD's; virtual disks often answer from the host's memory
# connections, request, whether on a slow disk. Each waits for its answer; a single sender therefore gets a commit of
# its own for each message.
REQUESTS = {
    "durable64": (SENDERS, MESSAGE, False),
    "typing64": (SENDERS, f"POST {ROOM}/typing {{token}} {{}}", False),
    "durable1": (1, MESSAGE, False),
    "durable64_slow_disk": (SENDERS, MESSAGE, True),
    "durable1_slow_disk": (1, MESSAGE, True),
}


def sends(name, bench):
    connections, request, slow = REQUESTS[name]
    env = {"LD_PRELOAD": os.path.join(bench.dir, "slow_fsync.so"), "FSYNC_MICROSECONDS": str(SLOW_FSYNC_US)} if slow else {}
    world = seed.world(bench, "senders", users=SENDERS, rooms=[range(1, SENDERS + 1)])
    with NginxFairlead(bench, world, env=env) as server:
        requests = [request.replace("{token}", world.token(u)) for u in range(1, connections + 1)]
        pids = [p for pid in server.pids() for p in family(pid)]
        return bench.send_load(server.port, connections, 1 if bench.quick else 5, requests, pids)

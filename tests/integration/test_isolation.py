"""No byte reaches another client, whatever clients abort (Must show 6)."""

import asyncio
import json
import os
import random
import sys
import time

import pytest

from harness.canary import Canary
from harness.timing import patience
from harness.world import World

HARNESS = os.path.dirname(__file__)


async def abort_at_random(address, users, requests, seed):
    """One client process; returns its counts."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "harness.aborting", cwd=HARNESS,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    job = {"address": address, "users": users, "requests": requests, "seed": seed, "width": 24}
    try:
        out, _ = await process.communicate(json.dumps(job).encode())
    except asyncio.CancelledError:
        process.kill()
        raise
    assert process.returncode == 0, f"the client process ended with {process.returncode}"
    return json.loads(out)


@pytest.mark.sanitize
@pytest.mark.slow
@pytest.mark.nginx
async def test_no_byte_reaches_another_client_direct_or_through_nginx(site, pytestconfig):
    total = pytestconfig.getoption("--isolation-requests")
    node = site.node("--drain-seconds", "1")
    proxy = site.proxy(node)
    world = World(node.address)
    people = await world.users(12, "iso")
    users = [{"id": p.id, "name": p.name, "token": p.token, "room": await p.new_room()} for p in people]
    seed = random.randrange(1 << 30)
    begun = time.monotonic()
    async with Canary(node):
        counts = await asyncio.gather(*(
            abort_at_random(address, users[n::4], total // 4, seed + n)
            for n, address in enumerate((node.address, proxy.address, node.address, proxy.address))))
    foreign = [f for c in counts for f in c["foreign"]]
    assert not foreign, f"seed {seed}: {len(foreign)} foreign answers, such as {foreign[:3]}"
    read, aborted, cut = (sum(c[name] for c in counts) for name in ("read", "aborted", "cut"))
    print(f"seed {seed}: {total} requests, {read} read, {aborted} aborted, {cut} cut, in {time.monotonic() - begun:.0f} s")
    assert read > total * 0.4, f"too few answers were read to mean anything: {read} read, {cut} cut of {total}"
    assert cut < total * 0.1, f"the server cut {cut} of {total}"
    from harness.timing import eventually
    await eventually(lambda: node.process.open_fds() < 400, patience(40), "the aborted connections' fds are freed")
    world.close()

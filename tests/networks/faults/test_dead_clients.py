"""How soon the server notices that a client is gone without a word (docs/OPERATIONS.md): others see it offline."""

import asyncio
import time

import pytest

from lab import faults

_NOISE_S = 5
_GRACE_S = 15  # a moment's absence is not announced
_PONG_S = 10
_UNACKNOWLEDGED_S = 50  # net.ipv4.tcp_retries2 = 6, as deploy/sysctl-fairlead.conf has it
_POLL_SESSION_S = 30


@pytest.mark.parametrize("transport, notices_s", [
    ("websocket", _PONG_S), ("sse", _UNACKNOWLEDGED_S), ("poll", _POLL_SESSION_S)])
async def test_is_announced_offline_in_time(lab, transport, notices_s):
    async with lab.conversation(transports=[transport]) as talk:
        await talk.settles(transport)
        await talk.hears()
        # Its first poll, which brought events until the transport was proven, is remembered for so long.
        await asyncio.sleep(_POLL_SESSION_S)
        talk.pause()
        assert await _status(talk) == "online"
        talk.line.strike(faults.NOTHING_PASSES)
        gone_at = time.time()
        # What it is sent after that is never acknowledged: at the latest the next heartbeat, or the answer to the poll.
        limit_s = lab.heartbeat_s + notices_s + _GRACE_S + _NOISE_S
        while await _status(talk) != "offline":
            assert time.time() - gone_at <= limit_s, f"after {limit_s:.0f} s it is still thought to be here"
            await asyncio.sleep(0.5)
        assert time.time() - gone_at >= _GRACE_S


async def _status(talk):
    answer = await talk.ben.rest.get(f"/api/v1/presence?users={talk.anna.id}")
    return answer.json["users"][talk.anna.id]["status"]

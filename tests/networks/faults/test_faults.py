"""Each fault, on each transport: noticed within 2.5 heartbeats, and the conversation goes on with nothing lost,
repeated or out of order."""

import asyncio
import time

import pytest

from lab import faults
from lab.account import account_of

_NOISE_S = 1.5  # of a machine that does other things, too
_LONG = "x" * 2_000  # more than a packet holds


@pytest.mark.parametrize("transport", faults.TRANSPORTS)
@pytest.mark.parametrize("fault", faults.ALL, ids=str)
async def test_is_noticed_and_survived(lab, fault, transport):
    lab.accounts[fault.name, transport] = await _survive(lab, await lab.host(), fault, transport)


@pytest.mark.parametrize("transport", faults.TRANSPORTS)
@pytest.mark.parametrize("fault", (faults.BLACK_HOLE, faults.NAT_EXPIRY, faults.LIFETIME), ids=str)
async def test_is_noticed_and_survived_with_nginx_before_the_server(lab, fault, transport):
    await _survive(lab, await lab.host_with_nginx(), fault, transport)


async def _survive(lab, host, fault, transport):
    """The account, when all has gone well."""
    always = None if fault.at_once else fault.strike
    async with lab.conversation(host=host, before=always, transports=[transport]) as talk:
        await talk.settles(transport)
        await talk.hears()
        if fault.idle_s:
            talk.pause()
            await asyncio.sleep(fault.idle_s + 1)
        struck_at = time.time() * 1000
        if fault.at_once:
            fault.strike(talk.line)
        talk.go_on()
        await talk.says(_LONG)
        # Long enough for the watchdog, and for what is there all the time to strike again.
        await asyncio.sleep(3.5 * lab.heartbeat_s)
        await talk.hears()
        await talk.check()
        account = account_of(talk, transport, struck_at)
    patience_s = 2.5 * lab.heartbeat_s + _NOISE_S
    if account.noticed_s is None:
        assert account.longest_wait_s <= patience_s, f"nothing was noticed, though a message was late: {account}"
    else:
        assert account.noticed_s <= patience_s, account
        # Where long packets are lost, each new connection needs seconds to find that out, and some give up before.
        assert account.resumed_s <= 60, account
    return account

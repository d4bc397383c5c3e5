"""What happens to machines in the middle of a conversation: they sleep, move to another network, lose power."""

import asyncio
import signal
import time

import pytest

from lab import faults
from lab.account import account_of, noticed_at

_NOISE_S = 1.5
_ASLEEP_S = 30


def _ladder_is_untouched(talk):
    return not any("fellBackFrom" in status for status in talk.talker.statuses)


@pytest.mark.parametrize("transport", faults.TRANSPORTS)
async def test_a_client_that_was_suspended_goes_on_at_once_and_blames_nobody(lab, transport):
    """Twice: what is silent twice in ten minutes would be given up."""
    ladder = faults.TRANSPORTS[faults.TRANSPORTS.index(transport):]
    async with lab.conversation(transports=ladder) as talk:
        await talk.settles(transport)
        await talk.hears()
        for _ in range(2):
            talk.talker.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(_ASLEEP_S)
            talk.talker.process.send_signal(signal.SIGCONT)
            woke_at = time.time()
            await talk.hears()
            assert time.time() - woke_at <= 2.5 * lab.heartbeat_s, "it waited for the watchdog"
            await talk.settles(transport)
        await talk.check()
        assert _ladder_is_untouched(talk)


@pytest.mark.parametrize("transport", faults.TRANSPORTS)
async def test_a_client_that_gets_another_address_goes_on(lab, transport):
    async with lab.conversation(transports=[transport]) as talk:
        await talk.settles(transport)
        await talk.hears()
        before = talk.talker.statuses[-1]["network"]
        struck_at = time.time() * 1000
        talk.line.move_client(3)
        await talk.talker.until(lambda: noticed_at(talk, transport, struck_at), 4 * lab.heartbeat_s, "it has noticed")
        await talk.settles(transport)
        await talk.hears()
        await talk.check()
        account = account_of(talk, transport, struck_at)
        assert account.noticed_s <= 2.5 * lab.heartbeat_s + _NOISE_S, account
        assert account.resumed_s <= 2.5 * lab.heartbeat_s, account
        assert talk.talker.statuses[-1]["network"] != before, "it knows that this is another network"


@pytest.mark.parametrize("transport", faults.TRANSPORTS)
async def test_a_server_whose_power_failed_is_found_again(lab, transport):
    """Its kernel knows no connection any more, and resets whatever comes."""
    host = await lab.own_host(f"power-{transport}")
    try:
        async with lab.conversation(host=host, transports=[transport]) as talk:
            await talk.settles(transport)
            await talk.hears()
            struck_at = time.time() * 1000
            talk.line.unplug()
            host.crash()
            await asyncio.sleep(lab.heartbeat_s)
            talk.line.plug(await host.boot().ready())
            await talk.hears()
            await talk.settles(transport)
            await talk.check()
            account = account_of(talk, transport, struck_at)
            # A poll that is asked again as soon as its connection was reset has nothing to notice.
            assert (account.noticed_s or 0) <= 2.5 * lab.heartbeat_s + _NOISE_S, account
            assert account.longest_wait_s <= 5 * lab.heartbeat_s, account
    finally:
        host.end()

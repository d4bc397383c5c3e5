"""The ladder does not lose its head: what begins to fail is left, what works again is found again, and what comes and
goes does not make the client run up and down."""

import asyncio
import itertools
import time

import pytest

from lab import faults
from lab.account import noticed_at

_NOISE_S = 3


@pytest.mark.parametrize("failing", [("websocket",), ("websocket", "sse")], ids="+".join)
async def test_what_begins_to_fail_is_left_and_found_again(lab, failing):
    left_to = "sse" if failing == ("websocket",) else "poll"
    timing = lab.climbing()
    async with lab.conversation(before=faults.TELL_APART.strike, timing=timing) as talk:
        await talk.settles("websocket")
        await talk.hears()
        struck_at = time.time() * 1000
        talk.line.strike(faults.swallowing(*failing))
        left_at = await talk.talker.until(
            lambda: noticed_at(talk, "websocket", struck_at), 4 * lab.heartbeat_s, "it has noticed")
        assert (left_at - struck_at) / 1000 <= 2.5 * lab.heartbeat_s + _NOISE_S
        await talk.settles(left_to)
        await talk.talker.until(lambda: talk.fell_back_from(failing[-1]), talk.patience_s, "it has come down")
        fell_at = time.time()
        await talk.hears()
        faults.TELL_APART.strike(talk.line)
        # The first trial comes after the first step; it must prove itself, and work for a while.
        soonest, latest = timing["trialsMs"][0] / 1000, timing["trialsMs"][0] / 1000 + timing["soakMs"] / 1000 + 10 + _NOISE_S
        await talk.settles("websocket", latest + 30)
        took = time.time() - fell_at
        assert took <= latest, f"back after {took:.1f} s, {latest:.0f} s are promised"
        assert took >= soonest + timing["soakMs"] / 1000 - _NOISE_S, "hysteresis"
        await talk.hears()
        await talk.check()


async def test_a_websocket_that_is_cut_again_and_again(lab):
    """Every 20 to 40 s in a run of 600 s; in proportion in a shorter one."""
    pace = lab.flap_seconds / 600
    timing = lab.climbing(pace)
    async with lab.conversation(before=faults.TELL_APART.strike, timing=timing) as talk:
        await talk.settles("websocket")
        end, times = time.time() + lab.flap_seconds, 0
        while time.time() < end:
            await asyncio.sleep(pace * (20 + times * 7 % 21))
            times += 1
            talk.line.strike(faults.resetting_websockets(), talk.line.connections())
        faults.TELL_APART.strike(talk.line)
        await talk.hears()
        await talk.check()
        _has_kept_its_head(lab, talk, timing, "WebSockets are cut every 20 to 40 s")


async def test_a_network_that_is_there_every_other_minute(lab):
    """Good and bad for a minute each in a run of 600 s; in a shorter one for as long as it takes to notice."""
    period = max(60 * lab.flap_seconds / 600, 3 * lab.heartbeat_s)
    timing = lab.climbing(lab.flap_seconds / 600)
    async with lab.conversation(timing=timing) as talk:
        await talk.settles("websocket")
        end = time.time() + lab.flap_seconds
        while time.time() < end:
            await asyncio.sleep(period)
            talk.line.strike(faults.NOTHING_PASSES)
            await asyncio.sleep(period)
            talk.line.heal()
        await talk.hears()
        await talk.check()
        _has_kept_its_head(lab, talk, timing, "nothing passes every other minute")


def _has_kept_its_head(lab, talk, timing, what):
    """It climbs only by a trial, of which each comes later than the one before, and all the way at once; and it falls
    by two steps at most, at the beginning and after each trial."""
    seconds = (talk.talker.said[-1]["at"] - talk.talker.started_at) / 1000
    trials = sum(due <= seconds for due in itertools.accumulate(step / 1000 for step in timing["trialsMs"]))
    most = 2 + 3 * trials
    changes = talk.ladder_changes()
    assert len(changes) <= most, f"{len(changes)} changes in {seconds:.0f} s, not at most {most}: {changes}"
    lab.steadiness.append(f"| {what} | {seconds:.0f} s | {len(changes)} | {most} | {talk.longest_wait_s():.1f} s |")

"""Deadlines that stretch with the build under test, and waiting on conditions."""

import asyncio
import inspect
import os
import time

# A sanitizer build is several times slower: FAIRLEAD_SLOWDOWN=5 stretches every deadline.
SLOWDOWN = float(os.environ.get("FAIRLEAD_SLOWDOWN", "1"))


def patience(seconds):
    """A deadline for something that a healthy server does much sooner."""
    return seconds * SLOWDOWN


async def eventually(check, seconds=10.0, what="the condition", every_s=0.02):
    """Waits until `check()` (plain or async) is truthy, and returns what it returned."""
    end = time.monotonic() + patience(seconds)
    while True:
        value = check()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience(seconds):.0f} s: {what}")
        await asyncio.sleep(every_s)


def eventually_blocking(check, seconds=10.0, what="the condition", every_s=0.02):
    """The same for code outside an event loop."""
    end = time.monotonic() + patience(seconds)
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience(seconds):.0f} s: {what}")
        time.sleep(every_s)

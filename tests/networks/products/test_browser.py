"""What the talker does as browsers do, a real one does: Chromium with a proxy in its settings."""

import asyncio
import tempfile

import pytest

from harness.timing import patience
from harness.world import World
from rig.browser import Page
from rig.stage import Stage

from . import small_forward, squid

_MESSAGES = 20


@pytest.mark.parametrize("product", [squid.Default(), small_forward.Tinyproxy(), small_forward.Privoxy()],
                         ids=lambda product: product.name)
def test_chromium_gets_through(product, scratch):
    stage = Stage(tempfile.mkdtemp(dir=scratch))

    async def run():
        async with asyncio.timeout(patience(180)):
            await _talk(product, stage)

    try:
        asyncio.run(run())
    finally:
        stage.end()


async def _talk(product, stage):
    world = World(stage.server.address)
    ann, ben = await world.users(2)
    room = await world.room_of(ann, ben)
    page = await Page.start(stage.server, ann.token)
    try:
        stage.upstream = page.port
        stage.require(product.packages)
        way = product.start(stage)
        stage.wait_until_open(way)
        await page.open(stage.folder, way)
        expected = product.expected

        def settled():
            return [status for status in page.statuses
                    if status["state"] == "live" and status.get("transport") == expected.transport]
        await page.until(settled, 60, f"the page has settled on {expected.transport}")
        blamed = {status["fellBackFrom"]: status["cause"] for status in page.statuses if status.get("fellBackFrom")}
        assert set(blamed) == set(expected.given_up), page.statuses
        assert all(cause in expected.given_up[transport] for transport, cause in blamed.items()), page.statuses
        for n in range(_MESSAGES):
            await ben.say(room, f"ben {n}")
        await page.until(lambda: len(page.texts) >= 2 * _MESSAGES, 60, "all messages, and the page's own answers, came")
        assert page.texts == [message["text"] for message in await ben.history(room)]
        assert [text for text in page.texts if text.startswith("re: ")] == [f"re: ben {n}" for n in range(_MESSAGES)]
    finally:
        await page.end()
        world.close()

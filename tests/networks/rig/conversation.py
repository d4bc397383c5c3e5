"""Two people who talk: Ann with the client under test through a product, Ben with plain requests at the server itself."""

import asyncio
import contextlib
import time

# Both talk in bursts: while many messages push each other out, a proxy that holds back looks better than it is.
_BREATH_S = 0.1  # between two messages of each
_BURST = 20
_PAUSE_S = 2.5   # between two bursts
_ARRIVE_S = 60
_SETTLE_S = 90  # SSE is asked for in three ways, with up to 10 s each, before it is given up


def settled_at(talker, transport):
    """When the client has decided on `transport`, in milliseconds since the epoch; None before. A poll may also be
    what covers while something better is looked for."""
    for line in talker.of("status"):
        status = line["status"]
        is_by = status["state"] == "live" and status.get("transport") == transport
        if is_by and (transport != "poll" or status.get("fellBackFrom") == "sse"):
            return line["at"]
    return None


class Conversation:
    """Both write until they are told to stop; then `check` says whether all came once and in order."""

    def __init__(self, ben, room):
        self.talker = None  # Ann's, once she has come
        self.ben = ben
        self.room = room
        self.written_at = {}  # Ben's texts → seconds since the epoch; what was written before the client came: 0
        self.count = 0        # of each
        self._stopping = asyncio.Event()

    async def begin(self):
        """Ben has said something before Ann comes."""
        await self.ben.say(self.room, "ben 0")
        self.written_at["ben 0"] = 0

    async def hold(self, seconds, transport):
        """Talks for so long, and on until the client has settled on `transport` and used it for a whole burst."""
        talking = [asyncio.create_task(self._ben()), asyncio.create_task(self._ann())]
        try:
            begun = time.monotonic()
            await self.talker.until(lambda: settled_at(self.talker, transport), seconds + _SETTLE_S, f"settled on {transport}")
            enough = len(self.written_at) + _BURST
            await asyncio.sleep(max(0.0, begun + seconds - time.monotonic()))
            await self.talker.until(lambda: len(self.written_at) >= enough, 30, "a burst after that")
        finally:
            self._stopping.set()
        await asyncio.gather(*talking)

    async def _ben(self):
        while not self._stopping.is_set():
            text = f"ben {len(self.written_at)}"
            self.written_at[text] = time.time()
            await self.ben.say(self.room, text)
            await self._pause(len(self.written_at))

    async def _ann(self):
        while not self._stopping.is_set():
            self.talker.send(self.room, f"ann {self.count}")
            self.count += 1
            await self._pause(self.count)

    async def _pause(self, count):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), _BREATH_S if count % _BURST else _PAUSE_S)

    async def check(self):
        """All that both have written is in the log and came to Ann, once each, in the log's order and in the writer's."""
        await self.talker.until(lambda: len(self.talker.of("sent")) >= self.count, _ARRIVE_S, "all that Ann wrote was taken")
        assert not self.talker.of("unsent") and not self.talker.of("reset"), self.talker.said[-5:]
        log = [message["text"] for message in await self.ben.history(self.room)]
        await self.talker.until(lambda: len(self.talker.messages) >= len(log), _ARRIVE_S,
                                f"all of {len(log)} messages came")
        came = [message["text"] for _, message in self.talker.messages]
        assert came == log, f"what came is not what the log has: {_difference(came, log)}"
        of_ann, of_ben = ([text for text in log if text.startswith(who)] for who in ("ann", "ben"))
        assert of_ann == [f"ann {n}" for n in range(self.count)], "Ann's are not there once each, in her order"
        assert of_ben == list(self.written_at), "Ben's are not there once each, in his order"

    def latencies_ms(self, since_ms):
        """How long Ben's messages took from his writing to Ann's client; of those written since then."""
        came_at = {message["text"]: at for at, message in self.talker.messages}
        written = ((text, at * 1000) for text, at in self.written_at.items())
        return [came_at[text] - at for text, at in written if at >= since_ms]


def _difference(came, log):
    for n, (one, other) in enumerate(zip(came, log)):
        if one != other:
            return f"at {n} came {came[n:n + 5]}, in the log is {log[n:n + 5]}"
    return f"{len(came)} came, the log has {len(log)}"

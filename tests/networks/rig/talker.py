"""tests/networks/talker.mjs, the client under test, as a child process."""

import asyncio
import json
import os
import time

from harness.timing import eventually

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_LINE_MAX = 8 * 1024 * 1024


class Talker:
    """One client. `said` is what it told, oldest first, each a dict with `is` and `at` (milliseconds)."""

    def __init__(self, process, log_path):
        self.process = process
        self.said = []
        self.log_path = log_path
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, folder, arguments):
        """`arguments` as talker.mjs takes them. Returns as soon as the process is there."""
        log_path = os.path.join(folder, f"talker-{time.monotonic_ns()}.err")
        with open(log_path, "wb") as log:
            process = await asyncio.create_subprocess_exec(
                "node", os.path.join(HERE, "talker.mjs"), json.dumps(arguments),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log, limit=_LINE_MAX)
        return cls(process, log_path)

    async def _read(self):
        async for line in self.process.stdout:
            self.said.append(json.loads(line))

    def of(self, what):
        return [line for line in self.said if line["is"] == what]

    @property
    def statuses(self):
        return [line["status"] for line in self.of("status")]

    @property
    def messages(self):
        """The messages that it was given, as (milliseconds since the epoch, message)."""
        return [(line["at"], line["event"]["data"]) for line in self.of("event")
                if line["event"]["type"] == "message.created"]

    @property
    def started_at(self):
        return self.of("started")[0]["at"]

    def send(self, room, text):
        self.do("send", room=room, text=text)

    def do(self, what, **more):
        self.process.stdin.write(json.dumps({"do": what, **more}).encode() + b"\n")

    async def until(self, check, seconds, what):
        """Waits until `check()` gives something truthy, and returns it; fails if the client has died."""
        def looked():
            if self._reading.done() and not check():
                with open(self.log_path, encoding="utf-8", errors="replace") as log:
                    raise AssertionError(f"the client ended before {what}:\n{log.read()[-3000:]}")
            return check()
        try:
            return await eventually(looked, seconds, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\nlast statuses: {self.statuses[-5:]}") from None

    async def end(self):
        self.process.stdin.close()
        try:
            await asyncio.wait_for(self.process.wait(), 20)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise AssertionError("the client did not end with its input") from None
        finally:
            await self._reading

"""Where the tests run: the host that most of them share, and lines to it."""

import contextlib
import itertools
import os

from .conversation import Conversation
from .host import Host
from .line import Line

# The waits that docs/CLIENT.md promises.
_TRIALS_MS = (120_000, 600_000, 1_800_000, 3_600_000)
_SOAK_MS = 15_000
_USEFUL_MS = 30_000


class Lab:
    def __init__(self, folder, options):
        self.folder = folder
        self.heartbeat_s = options.heartbeat_seconds
        self.options = options
        self.flap_seconds = options.flap_seconds
        self.accounts = {}  # (fault's name, transport) → Account, of the tests that have passed
        self.steadiness = []  # rows for the other one
        self._numbers = itertools.count(1)
        self._hosts = {}

    async def own_host(self, name):
        """For one test alone; that test ends it."""
        return await Host(os.path.join(self.folder, name), self.heartbeat_s).boot().ready()

    def climbing(self, pace=None):
        """The client's waits for stepping up: those of docs/CLIENT.md, or, if not at full size, in proportion."""
        if pace is None:
            pace = 1 if self.options.full_climb else 1 / 15
        return {"trialsMs": [pace * step for step in _TRIALS_MS], "soakMs": pace * _SOAK_MS, "usefulMs": pace * _USEFUL_MS}

    async def host(self):
        return await self._shared("host")

    async def host_with_nginx(self):
        return await self._shared("nginx", has_nginx=True)

    async def _shared(self, name, **options):
        if name not in self._hosts:
            self._hosts[name] = Host(os.path.join(self.folder, name), self.heartbeat_s, **options).boot()
        return await self._hosts[name].ready()

    @contextlib.asynccontextmanager
    async def conversation(self, *, host=None, before=None, timing=None, **options):
        """Anna and Ben over a line of their own; `before` is called with the line before the client starts."""
        host = host or await self.host()
        number = next(self._numbers)
        line = Line(host, number)
        folder = os.path.join(self.folder, f"line{number}")
        os.makedirs(folder)
        try:
            if before:
                before(line)
            patience_s = 60 + 12 * self.heartbeat_s
            async with Conversation(line, host, folder, patience_s, timing=timing or {}, **options) as talk:
                yield talk
        finally:
            line.end()

    def end(self):
        for host in self._hosts.values():
            host.end()

"""Runs all `async def` tests of a folder side by side: they mostly wait. Each is still a test of its own, with its own
result. Their arguments are their parameters and `lab`."""

import asyncio
import inspect

from harness.timing import patience


class SideBySide:
    def __init__(self, lab, at_once, seconds):
        self.lab = lab
        self._seconds = seconds
        self._loop = asyncio.new_event_loop()
        self._turns = asyncio.Semaphore(at_once)
        self._tasks = {}

    def result(self, item):
        """The result of one; the first call starts them all."""
        if not self._tasks:
            for one in item.session.items:
                if inspect.iscoroutinefunction(one.obj):
                    self._tasks[one.nodeid] = self._loop.create_task(self._run(one))
        task = self._tasks[item.nodeid]
        self._loop.run_until_complete(asyncio.wait({task}))
        return task.result()

    async def _run(self, item):
        params = item.callspec.params if hasattr(item, "callspec") else {}
        given = {name: self.lab if name == "lab" else params[name] for name in item._fixtureinfo.argnames}
        async with self._turns, asyncio.timeout(patience(self._seconds)):
            await item.obj(**given)

    def end(self):
        for task in self._tasks.values():
            task.cancel()
        if self._tasks:
            self._loop.run_until_complete(asyncio.wait(self._tasks.values()))
        self._loop.close()

"""A real Chromium behind a proxy, on a page of which the client is a part."""

import asyncio
import json
import os
import shutil
import signal

from harness.timing import eventually

from .talker import HERE


class Page:
    """The site (page.mjs), and the browser that looks at it once it is opened. `said` is what the page told."""

    @classmethod
    async def start(cls, server, token):
        made = cls()
        made.said = []
        made._browser = None
        arguments = {"server": f"http://127.0.0.1:{server.port}", "token": token}
        made._site = await asyncio.create_subprocess_exec(
            "node", os.path.join(HERE, "page.mjs"), json.dumps(arguments),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        made.port = json.loads(await made._site.stdout.readline())["port"]
        made._reading = asyncio.create_task(made._read())
        return made

    async def _read(self):
        async for line in self._site.stdout:
            self.said.append(json.loads(line))

    async def open(self, folder, way):
        """Looks at the page through a forward proxy, with a fresh profile."""
        program = shutil.which(os.environ.get("CHROMIUM_BIN", "chromium"))
        assert program, "there is no chromium: deploy/install-deps networks"
        host, port = way.entry
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={folder}/chromium",
                 f"--proxy-server=http://{host}:{port}", "--proxy-bypass-list=<-loopback>"]
        with open(os.path.join(folder, "chromium.err"), "wb") as log:
            self._browser = await asyncio.create_subprocess_exec(
                program, *flags, f"{way.url}/page", stdout=log, stderr=log, start_new_session=True)

    @property
    def statuses(self):
        return [line["status"] for line in self.said if "status" in line]

    @property
    def texts(self):
        return [line["text"] for line in self.said if "text" in line]

    async def until(self, check, seconds, what):
        try:
            return await eventually(check, seconds, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\nthe page said: {self.said[-8:]}") from None

    async def end(self):
        if self._browser and self._browser.returncode is None:
            os.killpg(self._browser.pid, signal.SIGKILL)
            await self._browser.wait()
        self._site.stdin.close()
        await self._site.wait()
        await self._reading

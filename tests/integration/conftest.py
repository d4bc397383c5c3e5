"""Fixtures, `async def` tests, and the rule that a node which crashed or complained fails its test."""

import asyncio
import inspect
import os
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from harness.fairlead import BINARY, Fairlead  # noqa: E402
from harness.metrics import metric  # noqa: E402
from harness.proxy import Proxy  # noqa: E402
from harness.redis_server import RedisServer  # noqa: E402
from harness.timing import SLOWDOWN, eventually_blocking, patience  # noqa: E402
from harness.world import World  # noqa: E402


def pytest_addoption(parser):
    scaled = 0.1 if SLOWDOWN > 1 else 1
    group = parser.getgroup("fairlead")
    group.addoption("--hop-messages", type=int, default=10_000 if scaled == 1 else 3_000,
                    help="messages of the hopping test (Must show 4)")
    group.addoption("--hop-clients", type=int, default=50 if scaled == 1 else 30)
    group.addoption("--crash-rounds", type=int, default=20 if scaled == 1 else 5)
    group.addoption("--isolation-requests", type=int, default=int(200_000 * scaled),
                    help="requests of the isolation test, half of them through nginx (Must show 6)")
    group.addoption("--chaos-seconds", type=int, default=60 if scaled == 1 else 25,
                    help="of the test in which everything goes wrong; 600 is its full size")
    group.addoption("--presence-seconds", type=int, default=20,
                    help="of hopping that announces nothing; 60 is its full size")
    group.addoption("--silence-seconds", type=int, default=40,
                    help="of silence through nginx; from 300 on at default settings, below with all times a quarter")
    group.addoption("--count-operations", type=int, default=1000 if scaled == 1 else 300,
                    help="after which unread and mention counts are compared with a model's")
    group.addoption("--reload-streams", type=int, default=1000 if scaled == 1 else 200,
                    help="open while nginx is reloaded")
    group.addoption("--slow-messages", type=int, default=20_000 if scaled == 1 else 5_000)


def pytest_collection_modifyitems(items):
    if not os.access(BINARY, os.X_OK):
        raise pytest.UsageError(f"no server at {BINARY}: build it, or set FAIRLEAD_BIN")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Runs an `async def` test in a loop of its own, with a deadline over all."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    limit = pyfuncitem.get_closest_marker("slow")

    async def run():
        async with asyncio.timeout(patience(1200 if limit else 120)):
            await pyfuncitem.obj(**arguments)

    asyncio.run(run())
    return True


_RUNNING = []


@pytest.fixture(autouse=True)
def nodes_stay_well():
    """After each test: no node died by itself, no sanitizer and no assertion spoke."""
    yield
    complaints = [c for c in (node.complaints() for node in _RUNNING) if c]
    assert not complaints, "\n".join(complaints)


@pytest.fixture(scope="session")
def scratch():
    """A short path: Unix socket names hold 107 bytes."""
    folder = tempfile.mkdtemp(prefix="fl-")
    yield folder
    if not os.environ.get("FAIRLEAD_KEEP_LOGS"):
        shutil.rmtree(folder, ignore_errors=True)


class _Site:
    """Nodes with the Redis servers they belong to; ends what it started."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.started = []

    def folder(self):
        return tempfile.mkdtemp(dir=self.scratch)

    def redis(self):
        server = RedisServer(self.folder()).start()
        self.started.append(server.stop)
        return server

    def node(self, *flags, redis="own", nofile=None, start=True):
        """A node; redis="own" starts one for it, a RedisServer is shared, None is memory presence."""
        if redis == "own":
            redis = self.redis()
        node = Fairlead(self.folder(), redis.address if redis else "none", flags, nofile)
        node.redis = redis
        if start:
            node.start()
        _RUNNING.append(node)
        self.started.append(lambda: self._end(node))
        return node

    def nodes(self, count, *flags):
        """Nodes of one server: they share a store and a Redis."""
        redis = self.redis()
        folder = self.folder()
        made = []
        for n in range(count):
            node = Fairlead(self.folder(), redis.address, flags, node=f"n{n + 1}", data=os.path.join(folder, "data"))
            node.redis = redis
            node.start()
            _RUNNING.append(node)
            self.started.append(lambda node=node: self._end(node))
            made.append(node)
        eventually_blocking(lambda: all(metric(node, "fairlead_bus_healthy") for node in made), 20, "nodes hear each other")
        return made

    def proxy(self, *nodes, **options):
        """nginx with the project's configuration in front of `nodes`."""
        made = Proxy(self.folder(), nodes, **options).start()
        self.started.append(made.stop)
        return made

    @staticmethod
    def _end(node):
        complaint = node.complaints()
        if node.alive():
            code = node.terminate(40)
            complaint = complaint or node.complaints()
            assert code == 0, f"SIGTERM: exit code {code}\n{node.process.stderr()[-4000:].decode(errors='replace')}"
        _RUNNING.remove(node)
        assert not complaint, complaint

    def end(self):
        errors = []
        for stop in reversed(self.started):
            try:
                stop()
            except AssertionError as error:
                errors.append(str(error))
        assert not errors, "\n".join(errors)


@pytest.fixture
def site(scratch):
    """Starts nodes for one test alone."""
    made = _Site(scratch)
    yield made
    made.end()


@pytest.fixture(scope="session")
def shared_site(scratch):
    made = _Site(scratch)
    yield made
    made.end()


@pytest.fixture(scope="session")
def shared_node(shared_site):
    """The node that tests share which leave no mark on each other."""
    return shared_site.node("--drain-seconds", "1")


@pytest.fixture
def server(shared_node):
    if not shared_node.alive():  # a former test's crash is that test's failure, not this one's
        shared_node.start()
    return shared_node


@pytest.fixture
def world(server):
    made = World(server.address)
    yield made
    made.close()

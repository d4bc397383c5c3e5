"""Options of the fault tests, and how they run: side by side, in namespaces of their own."""

import inspect
import os
import shutil
import sys
import tempfile
from types import SimpleNamespace

import pytest

_HERE = os.path.dirname(os.path.abspath(__file__))
for _folder in (_HERE, os.path.dirname(_HERE), os.path.join(_HERE, "..", "..", "integration")):
    sys.path.insert(0, os.path.abspath(_folder))

from harness.fairlead import BINARY  # noqa: E402
from harness.namespace import why_not  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.side_by_side import SideBySide  # noqa: E402

_RUN = pytest.StashKey()
_OPTIONS = {
    "heartbeat_seconds": (5, "of the server, 5-55; 20 is the full size"),
    "flap_seconds": (60, "of each network that comes and goes; 600 is the full size"),
    "at_once": (20, "tests that run side by side"),
    "full_climb": (False, "steps up after 2 minutes, as in real life, instead of 8 s"),
    "write_fault_table": (False, "writes what was measured into docs/NETWORKS.md"),
}


def pytest_addoption(parser):
    group = parser.getgroup("faults")
    for name, (default, text) in _OPTIONS.items():
        how = {"action": "store_true"} if default is False else {"type": int, "default": default}
        group.addoption("--" + name.replace("_", "-"), help=text, **how)


def _options(config):
    """As they were given; where this folder is a part of a larger run, none could be."""
    return SimpleNamespace(**{name: config.getoption(name, default) for name, (default, _) in _OPTIONS.items()})


def pytest_collection_modifyitems(items):
    if not os.access(BINARY, os.X_OK):
        raise pytest.UsageError(f"no server at {BINARY}: build it, or set FAIRLEAD_BIN")
    reason = why_not()
    for item in items:
        if reason and inspect.iscoroutinefunction(item.obj):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def lab(request):
    """A short path: Unix socket names hold 107 bytes."""
    options = _options(request.config)
    folder = tempfile.mkdtemp(prefix="fl-")
    made = Lab(folder, options)
    longest = 4 * options.flap_seconds + 40 * options.heartbeat_seconds
    run = request.config.stash[_RUN] = SideBySide(made, options.at_once, 300 + longest)
    yield made
    run.end()
    made.end()
    if not os.environ.get("FAIRLEAD_KEEP_LOGS"):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    pyfuncitem.config.stash[_RUN].result(pyfuncitem)
    return True

"""Options of the matrix, the parts of tests/integration that are used here, and the table that is made at the end."""

import os
import platform
import shutil
import sys
import tempfile

import pytest

_NETWORKS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [_NETWORKS, os.path.join(os.path.dirname(_NETWORKS), "integration")]

from harness.fairlead import BINARY  # noqa: E402
from products.matrix import MATRIX  # noqa: E402
from rig import table  # noqa: E402
from rig.stage import Stage  # noqa: E402


def pytest_addoption(parser):
    group = parser.getgroup("products")
    group.addoption("--all-products", action="store_true", help="the whole matrix, not only what is quick to install and start")
    group.addoption("--talk-seconds", type=float, default=5, help="of each product's conversation; 60 is its full size")
    group.addoption("--write-table", action="store_true",
                    help="what was measured becomes the table of docs/NETWORKS.md; with --all-products")


def pytest_configure(config):
    if config.getoption("--write-table") and not config.getoption("--all-products"):
        raise pytest.UsageError("--write-table needs --all-products: the table is made as a whole")
    if not os.access(BINARY, os.X_OK):
        raise pytest.UsageError(f"no server at {BINARY}: build it, or set FAIRLEAD_BIN")
    if _is_first(config) and config.getoption("--write-table"):
        table.forget()


def pytest_collection_modifyitems(config, items):
    if config.getoption("--write-table"):  # it is about to be made
        items[:] = [item for item in items if "table_of_the_page" not in item.name]


def pytest_sessionfinish(session, exitstatus):
    if _is_first(session.config) and session.config.getoption("--write-table") and exitstatus == 0:
        table.write(MATRIX, session.config.getoption("--talk-seconds"))


def _is_first(config):
    """Not a worker of pytest-xdist."""
    return not hasattr(config, "workerinput")


@pytest.fixture(scope="session")
def scratch():
    """A short path: Unix socket names hold 107 bytes."""
    folder = tempfile.mkdtemp(prefix="fl-")
    os.chmod(folder, 0o755)  # products that give up root look into theirs
    yield folder
    if not os.environ.get("FAIRLEAD_KEEP_LOGS"):
        shutil.rmtree(folder, ignore_errors=True)


def pytest_generate_tests(metafunc):
    if {"product", "stage"} <= set(metafunc.fixturenames):
        wanted = MATRIX if metafunc.config.getoption("--all-products") else [product for product in MATRIX if product.quick]
        metafunc.parametrize("product", [_marked(product) for product in wanted], ids=lambda product: product.name)


def _marked(product):
    release = platform.freedesktop_os_release().get("VERSION_ID")
    is_missing = product.only_debian not in (None, release)
    reason = f"{product.name} is in Debian {product.only_debian} alone, and this is {release}"
    return pytest.param(product, marks=pytest.mark.skipif(is_missing, reason=reason))


@pytest.fixture
def stage(scratch, product):
    made = Stage(tempfile.mkdtemp(dir=scratch), product.hides_host)
    yield made
    made.end()

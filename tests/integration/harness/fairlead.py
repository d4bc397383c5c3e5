"""`fairlead serve` as a child process: flags, the ready line, its log, and what it must not say."""

import os
import re
import signal
import subprocess

from .ports import free_port
from .process import Process

REPOSITORY = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
BINARY = os.environ.get("FAIRLEAD_BIN", os.path.join(REPOSITORY, "build", "dev", "fairlead"))

# What no log may hold, whatever the test was about.
_FATAL = re.compile(
    rb"ERROR: AddressSanitizer|ERROR: LeakSanitizer|WARNING: ThreadSanitizer|runtime error:"
    rb"|Assertion|terminate called|stack smashing|double free|corrupted ")


class Fairlead:
    """One node. `start` again after `kill` or `terminate` keeps its data, port and socket."""

    def __init__(self, folder, redis_address="none", flags=(), nofile=None, node="n1", data=None):
        self.folder = folder
        self.data = data or os.path.join(folder, "data")
        self.port = free_port()
        self.address = ("127.0.0.1", self.port)
        self.unix_path = os.path.join(folder, "fairlead.sock")
        self.redis_address = redis_address
        self.flags = list(flags)
        self.nofile = nofile
        self.node = node
        self.process = None
        self._stderr_checked = 0

    def start(self, wait=True):
        """Must be called from the main thread: the child dies with the thread that made it."""
        argv = [BINARY, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}",
                "--listen", f"unix:{self.unix_path}", "--redis", self.redis_address,
                "--node", self.node, *self.flags]
        if "--sends-per-5s" not in self.flags:
            argv += ["--sends-per-5s", "0"]
        env = {k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD_")}
        env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
        os.makedirs(self.data, exist_ok=True)
        self.process = Process("fairlead", argv, self.folder, env=env, nofile=self.nofile)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        """Blocks until the node says that it accepts connections."""
        self.process.wait_until(self._said_ready, 30, "ready line")

    def _said_ready(self):
        return any(line.startswith(b"ready") for line in self.process.stdout().splitlines())

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process is not None and self.process.alive()

    def kill(self):
        """kill -9."""
        self.process.kill()

    def terminate(self, seconds=25):
        return self.process.terminate(seconds)

    def begin_drain(self):
        self.process.expected_to_die = True
        self.process.signal(signal.SIGTERM)

    def complaints(self):
        """Why this node fails the test it was in, or None. Each line of the log is judged once."""
        if self.process is None:
            return None
        log = self.process.stderr()
        found = _FATAL.search(log, self._stderr_checked)
        self._stderr_checked = len(log)
        if found:
            at = found.start()
            return f"fairlead said:\n{log[at:at + 6000].decode(errors='replace')}"
        if not self.process.alive() and not self.process.expected_to_die:
            tail = log[-3000:].decode(errors="replace")
            return f"fairlead died by itself, code {self.process.popen.returncode}:\n{tail}"
        return None


def version():
    return subprocess.run([BINARY, "--version"], capture_output=True, text=True, check=True).stdout.strip()

"""A network namespace that lives as long as a process of ours: the kernel removes it with all that is in it, even
if this test is killed. It has no name, so it can meet nobody else's."""

import contextlib
import ctypes
import os
import signal
import subprocess

from harness.timing import patience

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_OURS = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _enter(fd):
    if _LIBC.setns(fd, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def why_not():
    """Why namespaces cannot be made here, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    made = subprocess.run(["unshare", "--net", "--", "nft", "list", "ruleset"], capture_output=True, text=True, check=False)
    return f"network namespaces with nftables cannot be made: {made.stderr.strip()}" if made.returncode else None


class Namespace:
    """Made at once, with `lo` up. Only from the main thread: the holder dies with the thread that made it."""

    def __init__(self):
        def in_child():
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

        # It says a word when it is there, and then waits for ever.
        self._holder = subprocess.Popen(
            ["unshare", "--net", "--", "sh", "-c", "ip link set lo up && echo there && exec sleep infinity"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, preexec_fn=in_child)
        assert self._holder.stdout.readline() == b"there\n", "no namespace"
        self.pid = self._holder.pid
        self._fd = os.open(f"/proc/{self.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    def enter(self):
        """For `preexec_fn`: the child runs in here."""
        _enter(self._fd)

    @contextlib.contextmanager
    def inside(self):
        """What is started, and every socket that is made, belongs to this namespace. Nothing may be awaited within:
        it holds for the whole thread."""
        _enter(self._fd)
        try:
            yield
        finally:
            _enter(_OURS)

    def run(self, *argv, text=None):
        """One command in here; its output. Blocks for some milliseconds."""
        done = subprocess.run(argv, input=text, preexec_fn=self.enter, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(argv)}: {done.stderr.strip()}\n{text or ''}"
        return done.stdout

    def ip(self, *lines):
        """Several `ip` commands."""
        self.run("ip", "-batch", "-", text="\n".join(lines) + "\n")

    def set(self, **values):
        """Kernel settings of this namespace alone, as `tcp_retries2=8`: below net.ipv4, or net.netfilter (nf_…)."""
        for name, value in values.items():
            folder = "netfilter" if name.startswith("nf_") else "ipv4"
            self.run("sysctl", "-qw", f"net.{folder}.{name}={value}")

    def end(self):
        os.close(self._fd)
        self._holder.kill()
        self._holder.wait(patience(20))
        self._holder.stdout.close()

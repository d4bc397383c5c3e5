"""A child process with a log, that dies with its owner and tells what it said."""

import ctypes
import os
import resource
import signal
import subprocess
import time

from .timing import patience

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class Process:
    """Starts `argv`; stdout and stderr go to files beside each other in `folder`."""

    def __init__(self, name, argv, folder, env=None, nofile=None):
        self.name = name
        self.argv = [str(a) for a in argv]
        self.stdout_path = os.path.join(folder, f"{name}.out")
        self.stderr_path = os.path.join(folder, f"{name}.err")
        self.expected_to_die = False

        def in_child():
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if nofile:
                resource.setrlimit(resource.RLIMIT_NOFILE, (nofile, nofile))

        with open(self.stdout_path, "ab") as out, open(self.stderr_path, "ab") as err:
            self.out_start = out.tell()
            self.popen = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env,
                preexec_fn=in_child)

    @property
    def pid(self):
        return self.popen.pid

    def alive(self):
        return self.popen.poll() is None

    def stdout(self):
        with open(self.stdout_path, "rb") as file:
            file.seek(self.out_start)
            return file.read()

    def stderr(self):
        with open(self.stderr_path, "rb") as file:
            return file.read()

    def wait_until(self, check, seconds, what):
        end = time.monotonic() + patience(seconds)
        while not check():
            if not self.alive():
                raise AssertionError(
                    f"{self.name} ended ({self.popen.returncode}) before {what}:\n"
                    f"{self.stdout()[-2000:].decode(errors='replace')}"
                    f"{self.stderr()[-2000:].decode(errors='replace')}")
            if time.monotonic() > end:
                raise AssertionError(f"{self.name}: no {what} within {patience(seconds):.0f} s")
            time.sleep(0.01)

    def signal(self, number):
        if self.alive():
            self.popen.send_signal(number)

    def wait(self, seconds=20):
        self.expected_to_die = True
        return self.popen.wait(patience(seconds))

    def terminate(self, seconds=20):
        """SIGTERM, and its exit code; a process that does not go is killed and it is an error."""
        self.expected_to_die = True
        self.signal(signal.SIGTERM)
        try:
            return self.popen.wait(patience(seconds))
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end within {patience(seconds):.0f} s of SIGTERM") from None

    def kill(self):
        self.expected_to_die = True
        self.signal(signal.SIGKILL)
        self.popen.wait(patience(20))

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_bytes(self):
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def open_fds(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

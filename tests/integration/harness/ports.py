"""Ports for what tests start."""

import itertools
import os
import random
import re
import socket

# Below the kernel's own range (32768 and up): no outgoing connection takes a port between its choice and its use.
# Each worker of pytest-xdist counts in a slice of its own.
_SLICE, _SLICES, _FIRST = 2000, 11, 10_240
_worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0) % _SLICES
_start = random.SystemRandom().randrange(_SLICE)  # two runs beside each other seldom meet
_next = (_FIRST + _worker * _SLICE + (_start + n) % _SLICE for n in itertools.count())


def free_port():
    for port in itertools.islice(_next, _SLICE):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")

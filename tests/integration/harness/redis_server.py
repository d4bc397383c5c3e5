"""A redis-server of its own for each Fairlead node under test, on a Unix socket."""

import os
import shutil
import socket

from .process import Process

REDIS = shutil.which("redis-server") or "/usr/bin/redis-server"


class RedisServer:
    def __init__(self, folder):
        self.folder = folder
        self.path = os.path.join(folder, "redis.sock")
        self.process = None

    @property
    def address(self):
        return f"unix:{self.path}"

    def start(self):
        self.process = Process(
            "redis",
            [REDIS, "--port", "0", "--unixsocket", self.path, "--save", "", "--appendonly", "no",
             "--dir", self.folder],
            self.folder)
        self.process.wait_until(self._answers, 15, "answer to PING")
        return self

    def _answers(self):
        try:
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(1)
                sock.connect(self.path)
                sock.sendall(b"PING\r\n")
                return sock.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def command(self, *words):
        """One command's raw reply (RESP), for tests that look at what presence costs."""
        request = b"*%d\r\n" % len(words) + b"".join(
            b"$%d\r\n%s\r\n" % (len(w.encode()), w.encode()) for w in words)
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(5)
            sock.connect(self.path)
            sock.sendall(request)
            return sock.recv(1 << 16)

    def stop(self):
        if self.process and self.process.alive():
            self.process.kill()

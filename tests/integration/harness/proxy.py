"""nginx with the project's own configuration (`fairlead config nginx`), in front of one or more nodes."""

import os
import shutil
import signal
import socket
import subprocess

from .fairlead import BINARY, REPOSITORY, free_port
from .process import Process

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"


class Proxy:
    def __init__(self, folder, nodes, connections=4096):
        self.folder = folder
        self.nodes = nodes
        self.connections = connections
        self.port = free_port()
        self.address = ("127.0.0.1", self.port)
        self.process = None

    def serve(self, *nodes):
        """These from now on: renders the configuration again and reloads it."""
        self.nodes = nodes
        self.render()
        self.process.signal(signal.SIGHUP)

    def render(self):
        render = [BINARY, "config", "nginx", "--out", self.folder, "--web", os.path.join(REPOSITORY, "web"),
                  "--listen", f"127.0.0.1:{self.port}", "--workers", "1", "--connections", str(self.connections),
                  "--login-rate", "1000"]
        for node in self.nodes:
            render += ["--upstream", f"unix:{node.unix_path}"]
        subprocess.run(render, check=True, capture_output=True)

    def start(self):
        self.render()
        self.process = Process(
            "nginx", [NGINX, "-e", os.path.join(self.folder, "start.log"), "-p", self.folder, "-c",
                      os.path.join(self.folder, "nginx.conf"), "-g", "daemon off;"], self.folder)
        self.process.wait_until(self._listens, 15, "nginx's port")
        return self

    def _listens(self):
        with socket.socket() as sock:
            return sock.connect_ex(self.address) == 0

    def stop(self):
        if self.process and self.process.alive():
            self.process.terminate(10)

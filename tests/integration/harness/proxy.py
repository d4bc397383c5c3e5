"""nginx with the project's own configuration (`fairlead config nginx`), in front of one or more nodes."""

import glob
import os
import shutil
import signal
import socket
import subprocess

from .fairlead import BINARY
from .ports import free_port
from .process import Process

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"


class Proxy:
    """`hosts`: where it listens. `over_tcp`: the nodes are reached by TCP. `edit` changes the text of each file."""

    def __init__(self, folder, nodes, connections=4096, hosts=("127.0.0.1",), over_tcp=False, edit=None):
        self.folder = folder
        self.nodes = nodes
        self.connections = connections
        self.hosts = hosts
        self.over_tcp = over_tcp
        self.edit = edit
        self.port = free_port()
        self.address = (hosts[0], self.port)
        self.process = None

    def serve(self, *nodes):
        """These from now on: renders the configuration again and reloads it."""
        self.nodes = nodes
        self.render()
        self.process.signal(signal.SIGHUP)

    def render(self):
        render = [BINARY, "config", "nginx", "--out", self.folder, "--workers", "1", "--connections", str(self.connections),
                  "--login-rate", "1000"]
        for host in self.hosts:
            render += ["--listen", f"{host}:{self.port}"]
        for node in self.nodes:
            render += ["--upstream", f"127.0.0.1:{node.port}" if self.over_tcp else f"unix:{node.unix_path}"]
        subprocess.run(render, check=True, capture_output=True)
        for path in glob.glob(os.path.join(self.folder, "fairlead", "*.conf")) if self.edit else ():
            with open(path, "r+", encoding="utf-8") as file:
                text = self.edit(file.read())
                file.seek(0)
                file.write(text)
                file.truncate()

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

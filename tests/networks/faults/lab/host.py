"""The server's machine: a namespace with the kernel settings that deploy/ recommends, the server, and nginx if wanted."""

import os
import re

from harness.fairlead import REPOSITORY, Fairlead
from harness.namespace import Namespace
from harness.proxy import Proxy

ADDRESS = "10.0.0.1"
_SETTINGS = os.path.join(REPOSITORY, "deploy", "sysctl-fairlead.conf")


def recommended():
    """What deploy/sysctl-fairlead.conf says of TCP."""
    with open(_SETTINGS, encoding="utf-8") as file:
        return dict(re.findall(r"^net\.ipv4\.(tcp_\w+) *= *(\d+)$", file.read(), re.MULTILINE))


class Host:
    """`boot` may be called again, after `crash`: with the same data, and a kernel that knows no connection."""

    def __init__(self, folder, heartbeat_s, has_nginx=False):
        os.makedirs(folder)
        self.proxy = None
        self._has_nginx = has_nginx
        self._folder = folder
        self.server = Fairlead(folder, flags=(
            "--drain-seconds", "1", "--heartbeat-seconds", str(heartbeat_s), "--listen", f"{ADDRESS}:80"))
        self.url = f"http://{ADDRESS}"
        self.namespace = None

    def boot(self):
        self.namespace = Namespace()
        self.namespace.ip(f"address add {ADDRESS}/32 dev lo")
        self.namespace.set(**recommended())
        with self.namespace.inside():
            self.server.start(wait=False)
        return self

    async def ready(self):
        self.server.wait_ready()
        if self._has_nginx and not self.proxy:
            self._start_nginx()
        return self

    def _start_nginx(self):
        """It listens on the loopback; what comes for the server's port is led there."""
        self.proxy = Proxy(self._folder, [self.server])
        with self.namespace.inside():
            self.proxy.start()
        self.namespace.run("sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1")
        self.namespace.run("nft", "-f", "-", text=f"""table ip front {{
          chain arriving {{ type nat hook prerouting priority -100; tcp dport 80 dnat to 127.0.0.1:{self.proxy.port}; }}
        }}""")

    def crash(self):
        """As when the power fails: nobody is told, and all is forgotten but what is on disk."""
        self.namespace.run("ip", "link", "set", "lo", "down")
        self.namespace.run("nft", "-f", "-", text="table inet off { chain out { type filter hook output priority 0; policy drop; }; }")
        self.server.kill()
        self.namespace.end()

    def end(self):
        if self.proxy:
            self.proxy.stop()
        complaint = self.server.complaints()
        code = self.server.terminate(40) if self.server.alive() else 0
        self.namespace.end()
        assert code == 0 and not complaint, f"the server left with {code}: {complaint}"

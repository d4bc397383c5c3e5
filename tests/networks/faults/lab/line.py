"""The way between a client and the server's host: two namespaces, the client's and a router's, whose packet filter
does what networks do."""

import re

from harness.namespace import Namespace

from .host import ADDRESS

# One packet for each segment: else the packet filter sees several in one, of a length that no line ever has.
_PLAIN = "gso_max_segs 1"


class Line:
    """Line `number` (1-250) to `host`: the client is 10.2.NUMBER.2, in a /24 of its own, which is a network's key."""

    def __init__(self, host, number):
        self.number = number
        self.client, self.router = Namespace(), Namespace()
        self.client.ip(
            f"link add line type veth peer name client netns {self.router.pid}",
            f"link set line {_PLAIN} up",
            f"address add {self.client_address()}/24 dev line",
            f"route add default via 10.2.{number}.1")
        self.router.ip(
            f"link set client {_PLAIN} up",
            f"address add 10.2.{number}.1/24 dev client",
            f"address add 10.3.{number}.1/24 dev client")
        self.router.set(ip_forward=1)
        self.router.run("nft", "-f", "-", text=_filter(""))
        self.plug(host)

    def client_address(self, network=2):
        return f"10.{network}.{self.number}.2"

    def plug(self, host):
        """Connects the router with a host (that has just booted)."""
        n = self.number
        self.router.ip(
            f"link add host type veth peer name line{n} netns {host.namespace.pid}",
            f"link set host {_PLAIN} up",
            f"address add 10.1.{n}.2/24 dev host",
            f"route add {ADDRESS}/32 via 10.1.{n}.1 dev host onlink")
        host.namespace.ip(
            f"link set line{n} {_PLAIN} up",
            f"address add 10.1.{n}.1/24 dev line{n}",
            f"route add 10.2.{n}.0/24 via 10.1.{n}.2",
            f"route add 10.3.{n}.0/24 via 10.1.{n}.2")

    def unplug(self):
        self.router.ip("link delete host")

    def move_client(self, network):
        """The client is in another network from now on, and its former address is gone."""
        here, there = (2, 3) if network == 3 else (3, 2)
        self.client.ip(
            f"address add {self.client_address(there)}/24 dev line",
            f"address delete {self.client_address(here)}/24 dev line",
            f"route replace default via 10.{there}.{self.number}.1")

    def connections(self):
        """The client's ports of all connections that it has now."""
        return sorted({int(port) for port in re.findall(rf":(\d+)\s+{re.escape(ADDRESS)}:80\b", self.client.run("ss", "-Htn"))})

    def strike(self, rules, ports=(), **settings):
        """From now on these rules hold for what is forwarded; `@struck` are the client's `ports`. Replaces those before."""
        self.router.set(**settings)
        self.router.run("nft", "-f", "-", text=_filter(rules, ports))

    def heal(self):
        self.strike("")

    def end(self):
        for namespace in (self.client, self.router):
            namespace.end()


def _filter(rules, ports=()):
    struck = f"elements = {{ {', '.join(map(str, ports))} }}" if ports else ""
    return f"""
table inet line
delete table inet line
table inet line {{
  set struck {{ type inet_service; {struck} }}
  set young {{ type inet_service; flags dynamic, timeout; }}
  {rules}
}}
"""

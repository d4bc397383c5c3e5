"""What a network product is to these tests: how it is started, how one gets through it, and what it breaks."""

from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Expected:
    """What the client is to find out. `given_up`: transport → the causes that may be named for it."""
    transport: str
    given_up: dict = field(default_factory=dict)
    because: str = ""


@dataclass(frozen=True)
class Way:
    """How the client gets in: `url` of the server, and the `proxy` that it has to go through, if it knows of one
    (ways.mjs). `handshakes`: round trips on a new connection before a request can be asked."""
    url: str
    proxy: dict | None = None
    ca: str | None = None  # path of a PEM file
    handshakes: int = 0

    @property
    def entry(self):
        """(host, port) that the client's connections go to."""
        parts = urlsplit(self.proxy["url"] if self.proxy else self.url)
        return parts.hostname, parts.port

    def entered_at(self, port):
        """The same way with another entry, behind which the real one is. Of that the client knows nothing."""
        entry = f"http://127.0.0.1:{port}"
        if self.proxy:
            return replace(self, proxy={**self.proxy, "url": entry})
        return replace(self, proxy={"url": entry, "requests": "intercepted", "webSocket": "intercepted"})

    def arguments(self):
        """For the talker."""
        made = {"url": self.url}
        if self.proxy:
            made["proxy"] = self.proxy
        if self.ca:
            with open(self.ca, encoding="ascii") as file:
                made["ca"] = file.read()
        return made

    def doctor(self):
        """Options that make `fairlead doctor` go the same way."""
        options = ["--cacert", self.ca] if self.ca else []
        if not self.proxy:
            return options
        host, port = self.entry
        if self.proxy.get("requests") == "intercepted":
            return [*options, "--connect-to", f"{host}:{port}"]
        return [*options, "--proxy", f"http://{host}:{port}"]

    def curl(self):
        """Options that make curl go the same way."""
        options = ["--cacert", self.ca] if self.ca else []
        if not self.proxy:
            return options
        host, port = self.entry
        if self.proxy.get("requests") == "intercepted":
            return [*options, "--connect-to", f"::{host}:{port}"]
        tunnel = ["--proxytunnel"] if self.proxy.get("requests") == "connect" else []
        return [*options, "--proxy", f"http://{host}:{port}", *tunnel]


class Product:
    """One rig. A subclass says what these are and writes `start`."""

    name = ""              # the row of the table in docs/NETWORKS.md
    packages = ()          # Debian's
    only_debian = None     # the one release that has these packages, as "12"; None: all that we support
    quick = False          # belongs to the half that runs by default
    expected = Expected("websocket")
    named = frozenset()    # what `fairlead doctor` has to name: symptoms of src/doctor/verdict/names.cpp
    shown_as = None        # ... and the product's name there
    client = {}            # more arguments for the talker
    hides_host = False     # the server does not see for which host the page asked: `--origin` must name it

    def start(self, stage):
        """Starts it in front of `stage.server`; returns the Way through it. The stage ends what was started."""
        raise NotImplementedError


def reverse(port):
    """The client takes the product for the server."""
    return Way(f"http://127.0.0.1:{port}")


def forward(port, server_port, host="127.0.0.1"):
    """The product is in the browser's settings: requests in absolute form, a WebSocket through a tunnel."""
    return Way(f"http://{host}:{server_port}", {"url": f"http://127.0.0.1:{port}"})


def forward_without_connect(port, server_port):
    """The same for a client that asks for its WebSocket in absolute form, too, as some libraries do."""
    return Way(f"http://127.0.0.1:{server_port}", {"url": f"http://127.0.0.1:{port}", "webSocket": "absolute"})


def tunnel(port, server_port, ca):
    """The same for an https:// server: all through tunnels. CONNECT is a round trip, and TLS another."""
    proxy = {"url": f"http://127.0.0.1:{port}", "requests": "connect", "webSocket": "connect"}
    return Way(f"https://localhost:{server_port}", proxy, ca, handshakes=2)


def intercepted(port, server_port, host="127.0.0.1"):
    """The network leads connections into the product, and the client knows nothing of it."""
    return Way(f"http://{host}:{server_port}",
               {"url": f"http://127.0.0.1:{port}", "requests": "intercepted", "webSocket": "intercepted"})


REFUSED = frozenset({"refused"})

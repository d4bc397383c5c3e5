"""HAProxy with Debian's global and defaults sections."""

from rig.product import Expected, Product, reverse
from rig.stage import debian

_FRONT = """
frontend front
  bind 127.0.0.1:{port}
  {more}
  default_backend back
backend back
  server one 127.0.0.1:{upstream}
"""


class Default(Product):
    name = "HAProxy"
    packages = ("haproxy",)
    quick = True
    expected = Expected("websocket", because="it passes Upgrade on")
    named = frozenset({"address_unknown"})
    shown_as = "HAProxy"
    more = ""

    def start(self, stage):
        port = stage.front
        # What needs the machine's own folders and users; the rest is Debian's.
        text = debian("/etc/haproxy/haproxy.cfg", (r"\s*log\s+/dev/log.*", ""), (r"\s*chroot .*", ""), (r"\s*stats .*", ""),
                      (r"\s*user .*", ""), (r"\s*group .*", ""), (r"\s*daemon", ""))
        text += _FRONT.format(port=port, upstream=stage.upstream, more=self.more)
        stage.run("haproxy", ["haproxy", "-db", "-f", stage.write("haproxy.cfg", text)], port)
        return reverse(port)


class Gzip(Default):
    name = "HAProxy, gzip, client without WebSocket"
    expected = Expected("sse", because="Content-Encoding: identity keeps it from compressing, which would hold back each event")
    named = frozenset({"address_unknown"})
    client = {"webSocket": False}
    more = "compression algo gzip\n  compression type text/event-stream application/json"


class WaitForBody(Default):
    name = "HAProxy, waits for 16 KB of a body, client without WebSocket"
    expected = Expected("sse", because="with 16 KB of padding it lets go at once")
    named = frozenset({"sse_held_until", "address_unknown"})
    client = {"webSocket": False}
    more = "http-response wait-for-body time 10s at-least 16k"

"""mitmproxy as a forward proxy that looks into TLS, as gateways of companies do."""

import os

from rig.product import Expected, Product, tunnel


class Default(Product):
    name = "mitmproxy"
    packages = ("mitmproxy", "haproxy", "openssl")
    only_debian = "12"
    expected = Expected("websocket", because="it knows WebSocket and passes on each message")
    named = frozenset({"sse_held"})
    shown_as = "mitmproxy"
    options = ()

    def start(self, stage):
        port, origin = stage.port(), stage.tls_origin()
        home = stage.make_folder("mitmproxy")
        stage.run("mitmproxy", ["mitmdump", "-q", "--listen-host", "127.0.0.1", "-p", str(port), "--set", f"confdir={home}",
                                "--set", f"ssl_verify_upstream_trusted_ca={stage.authority()[0]}", *self.options], port)
        return tunnel(port, origin, os.path.join(home, "mitmproxy-ca-cert.pem"))


_HAS_NO_WEBSOCKET = {"webSocket": False}


class WithoutWebSocket(Default):
    name = "mitmproxy, client without WebSocket"
    expected = Expected("poll", {"sse": frozenset({"held"})}, "it lets go of an answer when it is whole")
    named = frozenset({"sse_held"})
    client = _HAS_NO_WEBSOCKET


class Streaming(Default):
    name = "mitmproxy, stream_large_bodies, client without WebSocket"
    expected = Expected("sse", because="it was told to stream")
    named = frozenset()
    client = _HAS_NO_WEBSOCKET
    options = ("--set", "stream_large_bodies=1")

"""Small forward proxies: tinyproxy, privoxy, ffproxy."""

import os
import shutil

from rig.product import REFUSED, Expected, Product, forward, forward_without_connect, intercepted
from rig.stage import debian

_ONE_WAY = {"websocket": frozenset({"one_way"})}


class Tinyproxy(Product):
    name = "tinyproxy"
    packages = ("tinyproxy",)
    quick = True
    expected = Expected("websocket", because="CONNECT is allowed to every port, and what is in a tunnel is not touched")
    shown_as = "tinyproxy"
    way = staticmethod(forward)

    def start(self, stage):
        port = stage.port()
        folder = stage.make_folder("tinyproxy")
        text = debian("/etc/tinyproxy/tinyproxy.conf", (r"Port .*", f"Port {port}\nListen 127.0.0.1"), (r"User .*", ""),
                      (r"Group .*", ""), (r"LogFile .*", f'LogFile "{folder}/log"'), (r"PidFile .*", f'PidFile "{folder}/pid"'))
        stage.run("tinyproxy", ["tinyproxy", "-d", "-c", stage.write("tinyproxy.conf", text)], port)
        return self.way(port, stage.upstream)


class TinyproxyWithoutConnect(Tinyproxy):
    name = "tinyproxy, WebSocket without CONNECT"
    expected = Expected("sse", {"websocket": REFUSED}, "it drops Upgrade")
    way = staticmethod(forward_without_connect)


class Privoxy(Product):
    name = "privoxy"
    packages = ("privoxy",)
    quick = True
    expected = Expected("websocket", because="CONNECT is allowed, and what is in a tunnel is not touched")
    named = frozenset({"sse_held"})
    shown_as = "privoxy"
    way = staticmethod(forward)
    changes = ()

    def start(self, stage):
        port = stage.port()
        folder = stage.make_folder("privoxy")
        text = debian("/etc/privoxy/config", (r"listen-address .*", ""), (r"logdir .*", f"logdir {folder}"), *self.changes)
        text += f"\nlisten-address 127.0.0.1:{port}\n"
        stage.run("privoxy", ["privoxy", "--no-daemon", stage.write("privoxy.conf", text)], port)
        return self.way(port, stage.upstream)


class PrivoxyIntercepting(Privoxy):
    name = "privoxy, intercepting"
    expected = Expected("poll", {**_ONE_WAY, "sse": frozenset({"held"})},
                        "it answers 101, and what the client says on it does not arrive; Debian's filters want to see text whole")
    named = frozenset({"one_way_101", "sse_held"})
    way = staticmethod(intercepted)
    changes = ((r"accept-intercepted-requests .*", "accept-intercepted-requests 1"),)


class PrivoxyUnfiltered(PrivoxyIntercepting):
    name = "privoxy, intercepting, no filter"
    expected = Expected("sse", _ONE_WAY, "without filters it streams; WebSocket works in one direction, as before")
    named = frozenset({"one_way_101"})
    changes = (*PrivoxyIntercepting.changes, (r"toggle +1", "toggle 0"))


class Ffproxy(Product):
    name = "ffproxy"
    packages = ("ffproxy",)
    expected = Expected("sse", {"websocket": REFUSED}, "it speaks HTTP/1.0, and lets CONNECT through to port 443 alone")
    named = frozenset({"tunnel_refused", "http10", "url_limit", "header_limit"})
    shown_as = "ffproxy"
    way = staticmethod(forward)

    def start(self, stage):
        port = stage.port()
        folder = os.path.join(stage.folder, "ffproxy")
        shutil.copytree("/etc/ffproxy", folder)
        stage.write("ffproxy/db/access.ip", "^127\\.0\\.0\\.1$\n")  # Debian's lets nobody in
        text = debian("/etc/ffproxy/ffproxy.conf", (r"port .*", f"port {port}"), (r"daemonize .*", "daemonize no"),
                      (r"use_syslog .*", "use_syslog no"))
        stage.run("ffproxy", ["ffproxy", "-D", folder, "-f", stage.write("ffproxy.conf", text)], port)
        return self.way(port, stage.upstream)


class FfproxyWithoutConnect(Ffproxy):
    name = "ffproxy, WebSocket without CONNECT"
    expected = Expected("sse", {"websocket": REFUSED}, "it speaks HTTP/1.0, in which there is no WebSocket")
    named = frozenset({"tunnel_refused", "http10", "url_limit", "header_limit"})
    way = staticmethod(forward_without_connect)

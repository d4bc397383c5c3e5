"""Apache Traffic Server as a reverse proxy."""

import os
import shutil

from rig.product import REFUSED, Expected, Product, reverse
from rig.stage import debian


class Default(Product):
    name = "Traffic Server"
    packages = ("trafficserver",)
    only_debian = "12"
    hides_host = True
    expected = Expected("sse", {"websocket": REFUSED}, "it passes on only what a `map` names, and this one names http://")
    named = frozenset({"upgrade_refused", "address_unknown"})
    shown_as = "Apache Traffic Server"
    schemes = ("http",)

    def start(self, stage):
        root = stage.make_folder("ats", owner="trafficserver")
        config = os.path.join(root, "etc")
        shutil.copytree("/etc/trafficserver", config)
        records = debian("/etc/trafficserver/records.config",
                         (r"CONFIG proxy.config.http.server_ports .*", f"CONFIG proxy.config.http.server_ports STRING {stage.front}"))
        stage.write("ats/etc/records.config", records)
        stage.write("ats/etc/remap.config", "".join(
            f"map {scheme}://127.0.0.1:{stage.front}/ {scheme}://127.0.0.1:{stage.upstream}/\n" for scheme in self.schemes))
        folders = {name: stage.make_folder(f"ats/{name}") for name in ("run", "log", "cache")}
        stage.write("ats/etc/storage.config", f"{folders['cache']} 16M\n")
        runroot = stage.write("ats/runroot.yaml", "\n".join([
            f"prefix: {root}", "exec_prefix: /usr", "bindir: /usr/bin", "sbindir: /usr/sbin", f"sysconfdir: {config}",
            "datadir: /usr/share/trafficserver", "libexecdir: /usr/lib/trafficserver/modules",
            f"localstatedir: {root}", f"runtimedir: {folders['run']}", f"logdir: {folders['log']}", f"cachedir: {folders['cache']}"]))
        stage.give(root, "trafficserver")
        stage.run("trafficserver", ["traffic_server", f"--run-root={runroot}"], stage.front, {"TS_RUNROOT": runroot})
        return reverse(stage.front)


class WebSocket(Default):
    name = "Traffic Server, ws:// mapped"
    expected = Expected("websocket", because="it was told of it")
    named = frozenset({"address_unknown"})
    schemes = ("http", "ws")

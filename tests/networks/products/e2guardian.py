"""e2guardian, a content filter as schools have it, with Debian's lists."""

import os
import shutil

from rig.product import REFUSED, Expected, Product, forward, intercepted
from rig.stage import debian


class Default(Product):
    name = "e2guardian"
    packages = ("e2guardian",)
    expected = Expected("websocket", because="CONNECT is allowed, and what is in a tunnel is not touched")
    named = frozenset({"sse_held"})
    shown_as = "e2guardian"
    way = staticmethod(forward)

    def start(self, stage):
        port = stage.port()
        folder = os.path.join(stage.folder, "e2guardian")
        shutil.copytree("/etc/e2guardian", folder)
        stage.give(folder, "e2guardian")
        text = debian("/etc/e2guardian/e2guardian.conf", (r"#?filterports = 8080", f"filterports = {port}"),
                      (r"#?filterip =.*", "filterip = 127.0.0.1"), (r"#?transparenthttpsport = .*", ""),
                      (r"#?filecachedir = .*", f"filecachedir = '{folder}'"), (r"#?httpworkers = .*", "httpworkers = 50"))
        text += f"\nloglocation = '{folder}/access.log'\npidfilename = '{folder}/pid'\n"
        stage.run("e2guardian", ["e2guardian", "-N", "-c", stage.write("e2guardian/e2guardian.conf", text)], port)
        return self.way(port, stage.upstream, "localhost")


class Intercepting(Default):
    name = "e2guardian, intercepting"
    expected = Expected("poll", {"websocket": REFUSED, "sse": frozenset({"held"})},
                        "it drops Connection: upgrade, and wants to see an answer whole")
    named = frozenset({"upgrade_refused", "sse_held"})
    way = staticmethod(intercepted)

"""Apache with all that Debian enables, and mod_proxy_http."""

import os
import shutil

from rig.product import REFUSED, Expected, Product, reverse

_SITE = """
<VirtualHost 127.0.0.1:{port}>
  ProxyPass / http://127.0.0.1:{upstream}/{upgrade}
  ProxyPassReverse / http://127.0.0.1:{upstream}/
</VirtualHost>
"""


class Default(Product):
    name = "Apache"
    packages = ("apache2",)
    quick = True
    expected = Expected("sse", {"websocket": REFUSED}, "mod_proxy_http drops Upgrade unless it is told not to")
    named = frozenset({"upgrade_stripped", "address_unknown"})
    shown_as = "Apache"
    upgrade = ""

    def start(self, stage):
        port = stage.front
        root = os.path.join(stage.folder, "apache")
        shutil.copytree("/etc/apache2", root, symlinks=True)
        shutil.rmtree(f"{root}/sites-enabled")
        for module in ("proxy.load", "proxy.conf", "proxy_http.load"):
            os.symlink(f"../mods-available/{module}", f"{root}/mods-enabled/{module}")
        logs = stage.make_folder("apache-logs", owner="www-data")
        stage.write("apache/ports.conf", f"Listen 127.0.0.1:{port}\n")
        stage.make_folder("apache/sites-enabled")
        stage.write("apache/sites-enabled/fairlead.conf",
                    _SITE.format(port=port, upstream=stage.upstream, upgrade=self.upgrade))
        env = {"APACHE_RUN_USER": "www-data", "APACHE_RUN_GROUP": "www-data", "APACHE_PID_FILE": f"{logs}/pid",
               "APACHE_RUN_DIR": logs, "APACHE_LOCK_DIR": logs, "APACHE_LOG_DIR": logs}
        stage.run("apache", ["apache2", "-d", root, "-f", f"{root}/apache2.conf", "-D", "FOREGROUND"], port, env)
        return reverse(port)


class Upgrade(Default):
    name = "Apache, upgrade=websocket"
    expected = Expected("websocket", because="it passes that one protocol on")
    named = frozenset({"address_unknown"})
    upgrade = " upgrade=websocket"

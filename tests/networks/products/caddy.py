"""Caddy as a reverse proxy."""

from rig.product import Expected, Product, reverse

_FILE = """
{{
  admin off
  auto_https off
}}
http://127.0.0.1:{port} {{
  reverse_proxy 127.0.0.1:{upstream}
}}
"""


class Default(Product):
    name = "Caddy"
    packages = ("caddy",)
    expected = Expected("websocket", because="it passes Upgrade on")
    named = frozenset({"address_unknown"})
    shown_as = "Caddy"

    def start(self, stage):
        file = stage.write("Caddyfile", _FILE.format(port=stage.front, upstream=stage.upstream))
        home = stage.make_folder("caddy")
        stage.run("caddy", ["caddy", "run", "--config", file, "--adapter", "caddyfile"], stage.front,
                  {"HOME": home, "XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home})
        return reverse(stage.front)

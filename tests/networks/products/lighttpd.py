"""lighttpd with mod_proxy."""

from rig.product import REFUSED, Expected, Product, reverse

_CONF = """
server.modules = ("mod_proxy")
server.document-root = "{folder}"
server.upload-dirs = ("{folder}")
server.errorlog = "{folder}/error.log"
server.bind = "127.0.0.1"
server.port = {port}
proxy.server = ("" => (("host" => "127.0.0.1", "port" => {upstream})))
{more}
"""


class Default(Product):
    name = "lighttpd"
    packages = ("lighttpd",)
    quick = True
    expected = Expected("poll", {"websocket": REFUSED, "sse": frozenset({"held"})},
                        "it drops Upgrade, and an answer leaves it when it is whole")
    named = frozenset({"upgrade_stripped", "sse_held", "address_unknown"})
    shown_as = "lighttpd"
    more = ""

    def start(self, stage):
        port = stage.front
        text = _CONF.format(folder=stage.make_folder("lighttpd"), port=port, upstream=stage.upstream, more=self.more)
        stage.run("lighttpd", ["lighttpd", "-D", "-f", stage.write("lighttpd.conf", text)], port)
        return reverse(port)


class Streaming(Default):
    name = "lighttpd, streaming and upgrade"
    expected = Expected("websocket", because="it was told to pass on both")
    named = frozenset({"address_unknown"})
    more = 'server.stream-response-body = 2\nproxy.header = ("upgrade" => "enable")'

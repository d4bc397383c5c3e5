"""Varnish with Debian's VCL, which leaves all to the built-in one."""

from rig.product import REFUSED, Expected, Product, reverse
from rig.stage import debian


class Default(Product):
    name = "Varnish"
    packages = ("varnish",)
    quick = True
    expected = Expected("sse", {"websocket": REFUSED}, "Upgrade is dropped unless the VCL pipes")
    named = frozenset({"upgrade_stripped", "address_unknown"})
    shown_as = "Varnish"
    backend_response = ""

    def start(self, stage):
        port = stage.front
        vcl = debian("/etc/varnish/default.vcl", (r'\s*\.host = .*', '.host = "127.0.0.1";'),
                     (r"\s*\.port = .*", f'.port = "{stage.upstream}";'),
                     (r"sub vcl_backend_response \{", "sub vcl_backend_response {" + self.backend_response))
        stage.run("varnish", ["varnishd", "-F", "-j", "none", "-n", stage.make_folder("varnish"), "-a", f"127.0.0.1:{port}",
                              "-f", stage.write("default.vcl", vcl), "-s", "malloc,64m"], port)
        return reverse(port)


class Buffering(Default):
    name = "Varnish, do_stream off"
    expected = Expected("poll", {"websocket": REFUSED, "sse": frozenset({"held"})}, "an answer leaves it when it is whole")
    named = frozenset({"upgrade_stripped", "sse_held", "address_unknown"})
    backend_response = " set beresp.do_stream = false; "

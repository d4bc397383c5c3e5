"""Squid with Debian's configuration; the one with OpenSSL, which can also look into TLS."""

import os
import subprocess

from rig.product import REFUSED, Expected, Product, forward, tunnel
from rig.stage import debian, read

_CERTGEN = "/usr/lib/squid/security_file_certgen"


def run_squid(stage, listen="", more="", *changes):
    """Squid on a port of its own; `listen` goes to its http_port line, `more` before what is allowed and denied."""
    port = stage.port()
    folder = stage.make_folder("squid", owner="proxy")
    text = debian("/etc/squid/squid.conf", (r"http_port 3128", f"http_port 127.0.0.1:{port} {listen}"),
                  (r"coredump_dir .*", f"coredump_dir {folder}"), *changes)
    # Squid 6 denies proxied requests to the own machine, where our server stands for one that is far away.
    text = text.replace("\nhttp_access deny to_localhost", "\n")
    hosts = stage.write("squid/hosts", "127.0.0.1 localhost\n")  # the server is there alone, not at ::1
    text = (f"{more}\nhosts_file {hosts}\npid_filename {folder}/pid\ncache_log {folder}/cache.log\naccess_log stdio:{folder}/access.log\n"
            f"netdb_filename none\nshutdown_lifetime 0 seconds\n{text}")
    stage.run("squid", ["squid", "-N", "-f", stage.write("squid.conf", text)], port)
    return port


class Default(Product):
    name = "Squid"
    packages = ("squid-openssl",)
    quick = True
    expected = Expected("sse", {"websocket": REFUSED},
                        "it lets CONNECT through to port 443 alone, and a page's WebSocket to http:// needs CONNECT to another")
    named = frozenset({"tunnel_refused"})
    shown_as = "Squid"

    def start(self, stage):
        return forward(run_squid(stage), stage.upstream)


class Bump(Product):
    name = "Squid, ssl-bump"
    packages = ("squid-openssl", "haproxy", "openssl")
    quick = True
    expected = Expected("sse", {"websocket": REFUSED}, "it looks into TLS and drops the Upgrade that it finds")
    named = frozenset({"upgrade_stripped"})
    shown_as = "Squid"

    def start(self, stage):
        origin = stage.tls_origin()
        certificate, key = stage.authority()
        folder = stage.make_folder("squid", owner="proxy")
        both = stage.write("squid/bump.pem", read(certificate) + read(key))
        made = os.path.join(folder, "certificates")
        subprocess.run([_CERTGEN, "-c", "-s", made, "-M", "4MB"], check=True, capture_output=True)
        stage.give(folder, "proxy")
        port = run_squid(stage, f"ssl-bump tls-cert={both} generate-host-certificates=on dynamic_cert_mem_cache_size=4MB",
                         f"sslcrtd_program {_CERTGEN} -s {made} -M 4MB\nsslcrtd_children 2\n"
                         f"tls_outgoing_options cafile={certificate}\nssl_bump bump all",
                         (r"acl SSL_ports port 443.*", f"acl SSL_ports port {origin}"))  # stands for 443
        return tunnel(port, origin, certificate)

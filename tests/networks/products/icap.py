"""Squid that hands every answer to c-icap, as virus scanners are attached: one that echoes, and one with ClamAV behind."""

import os

from rig.product import REFUSED, Expected, Product, forward
from rig.stage import debian

from .squid import run_squid

_SQUID = """
icap_enable on
icap_preview_enable on
icap_service scanner respmod_precache icap://127.0.0.1:{port}/{service}
adaptation_access scanner allow all
"""
# A signature of our own, of what nobody sends: real ones would have to be fetched. MD5:size:name.
_SIGNATURES = "44d88612fea8a8f36de82e1278abb02f:68:Eicar-Test-Signature\n"


class Echo(Product):
    name = "Squid, c-icap echo"
    packages = ("squid-openssl", "c-icap")
    expected = Expected("sse", {"websocket": REFUSED}, "the scanner's preview of 1 KB fills with padding, then it lets go")
    named = frozenset({"tunnel_refused", "sse_held_until"})
    shown_as = "Squid"
    service = "echo"

    def start(self, stage):
        port = stage.port()
        self.start_icap(stage, port)
        return forward(run_squid(stage, more=_SQUID.format(port=port, service=self.service)), stage.upstream)

    def start_icap(self, stage, port, more=""):
        folder = stage.make_folder("icap", owner="c-icap")
        text = debian("/etc/c-icap/c-icap.conf", (r"Port .*", f"Port 127.0.0.1:{port}"), (r"PidFile .*", f"PidFile {folder}/pid"),
                      (r"CommandsSocket .*", f"CommandsSocket {folder}/control"), (r"ServerLog .*", f"ServerLog {folder}/server.log"),
                      (r"AccessLog .*", f"AccessLog {folder}/access.log"), (r"TmpDir .*", f"TmpDir {folder}"),
                      (r"StartServers .*", "StartServers 1"))
        if not stage.is_root:
            text = "\n".join(line for line in text.splitlines() if not line.startswith(("User ", "Group ")))
        stage.run("c-icap", ["c-icap", "-N", "-f", stage.write("c-icap.conf", text + more)], port)


class Antivirus(Echo):
    name = "Squid, c-icap and ClamAV"
    packages = ("squid-openssl", "c-icap", "libc-icap-mod-virus-scan", "clamav-daemon")
    expected = Expected("poll", {"websocket": REFUSED, "sse": frozenset({"held"})}, "what is not whole cannot be scanned")
    named = frozenset({"tunnel_refused", "sse_held"})
    service = "avscan"

    def start_icap(self, stage, port, more=""):
        folder = stage.make_folder("clamav", owner="clamav")
        socket = os.path.join(folder, "clamd")
        stage.write("clamav/ours.hdb", _SIGNATURES)
        # Debian's package writes its configuration when it is installed; what is not said here is clamd's default.
        text = (f"LocalSocket {socket}\nLocalSocketMode 666\nDatabaseDirectory {folder}\nTemporaryDirectory {folder}\n"
                f"LogFile {folder}/log\nForeground true\n")
        stage.run("clamd", ["clamd", "--foreground", "-c", stage.write("clamd.conf", text)]).wait_until(
            lambda: os.path.exists(socket), 60, "clamd's socket")
        super().start_icap(stage, port, f"\nInclude /etc/c-icap/virus_scan.conf\nModule common clamd_mod.so\nclamd_mod.ClamdSocket {socket}\n"
                                        "virus_scan.DefaultEngine clamd\n")

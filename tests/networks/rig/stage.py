"""Where a rig stands: a folder, a server, ports, certificates, and the processes that it started."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time

from harness.fairlead import Fairlead
from harness.ports import free_port
from harness.process import Process
from harness.proxy import Proxy
from harness.timing import patience

# TCP below, so that it changes nothing of HTTP.
_TLS_END = """
defaults
  mode tcp
  timeout connect 10s
  timeout client 1h
  timeout server 1h
listen origin
  bind 127.0.0.1:{port} ssl crt {certificate}
  server one 127.0.0.1:{server}
"""


class Stage:
    """One rig's place. What it started ends with `end()`."""

    def __init__(self, folder, hides_host=False):
        self.folder = folder
        self.front = free_port()  # for what the client takes for the server
        os.chmod(folder, 0o755)  # products that give up root still look into theirs
        self._ends = []
        self.server = Fairlead(self.make_folder("server"), flags=[
            "--drain-seconds", "1", *(["--origin", f"http://127.0.0.1:{self.front}"] if hides_host else [])])
        self.server.start()
        self._ends.append(self._end_server)
        self.upstream = self.server.port  # what products lead to

    @property
    def is_root(self):
        """Then products give up their rights and become a user of their own."""
        return os.getuid() == 0

    def make_folder(self, name, owner=None):
        """A folder for a product; `owner` is the user that it becomes."""
        path = os.path.join(self.folder, name)
        os.makedirs(path, exist_ok=True)
        if owner:
            self.give(path, owner)
        return path

    def give(self, path, owner):
        """The folder and all in it belong to `owner`, if that may be changed."""
        if self.is_root:
            subprocess.run(["chown", "-R", owner, path], check=True, capture_output=True)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    @staticmethod
    def port():
        return free_port()

    @staticmethod
    def require(packages):
        """What is not installed is an error, not a reason to leave something out."""
        ask = ["dpkg-query", "-W", "-f", "${db:Status-Status}"]
        missing = [one for one in packages
                   if subprocess.run([*ask, one], capture_output=True, text=True, check=False).stdout != "installed"]
        assert not missing, f"not installed: {', '.join(missing)}; deploy/install-deps networks networks-all networks-12"

    def run(self, name, argv, port=None, env=None, seconds=60):
        """Starts a product's process, and waits until it listens on `port`."""
        program = shutil.which(argv[0], path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        assert program, f"there is no program {argv[0]}"
        process = Process(name, [program, *argv[1:]], self.folder, env={**os.environ, **(env or {})})
        self._ends.append(lambda: _end_product(process))
        if port:
            process.wait_until(lambda: _listens(port), seconds, f"port {port} of {name}")
        return process

    def proxy(self):
        """Our own nginx in front of the server; its port."""
        nginx = Proxy(self.make_folder("our-nginx"), [self.server]).start()
        self._ends.append(nginx.stop)
        return nginx.port

    def tls_origin(self):
        """The server over TLS, for what looks into it; its port."""
        certificate, key = self.certificate()
        port = self.port()
        both = self.write("localhost.both", read(certificate) + read(key))
        text = _TLS_END.format(port=port, certificate=both, server=self.upstream)
        self.run("tls-origin", ["haproxy", "-db", "-f", self.write("tls-origin.cfg", text)], port)
        return port

    def authority(self):
        """(certificate, key) of a certificate authority, PEM files."""
        paths = [os.path.join(self.folder, f"ca.{kind}") for kind in ("pem", "key")]
        if not os.path.exists(paths[0]):
            self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=Fairlead test CA",
                         "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", paths[0], "-keyout", paths[1])
        return paths

    def certificate(self):
        """(certificate, key) for localhost, signed by the authority."""
        authority, authority_key = self.authority()
        made, key, request = (os.path.join(self.folder, f"localhost.{kind}") for kind in ("pem", "key", "csr"))
        names = self.write("names.conf", "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-out", request, "-keyout", key)
        self.openssl("x509", "-req", "-in", request, "-CA", authority, "-CAkey", authority_key, "-CAcreateserial",
                     "-days", "30", "-extfile", names, "-out", made)
        return made, key

    @staticmethod
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    def wait_until_open(self, way, seconds=60):
        """Until the server's control answers through the product."""
        ask = ["curl", "-s", "-m", "10", "-o", os.devnull, "-w", "%{http_code}", *way.curl(), f"{way.url}/rt/v1/hello"]
        end = time.monotonic() + patience(seconds)
        while (code := subprocess.run(ask, capture_output=True, text=True, check=False).stdout) != "200":
            assert time.monotonic() < end, f"no way through: {code} for {' '.join(ask)}\n{self.logs()}"
            time.sleep(0.1)

    def logs(self):
        """The last words of every process that was started."""
        said = []
        for name in sorted(os.listdir(self.folder)):
            if name.endswith((".err", ".out", ".log")):
                with open(os.path.join(self.folder, name), encoding="utf-8", errors="replace") as file:
                    said.append(f"--- {name}\n{file.read()[-1500:]}")
        return "\n".join(said)

    def _end_server(self):
        complaint = self.server.complaints()
        code = self.server.terminate(40) if self.server.alive() else 0
        assert code == 0 and not complaint, f"the server left with {code}: {complaint}"

    def end(self):
        errors = []
        for end in reversed(self._ends):
            try:
                end()
            except AssertionError as error:
                errors.append(str(error))
        assert not errors, "\n".join(errors)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def _listens(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def _end_product(process):
    """Some wait for their clients for long; how they leave is not what is tested here."""
    process.signal(signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()


def debian(path, *changes):
    """Debian's own configuration file with `changes`: (pattern, new) each, whole lines that match the regular expression
    become `new`. One that nothing matches is an error, so that no default is believed to be changed that is not."""
    text = read(path)
    for pattern, new in changes:
        text, found = re.subn(f"^{pattern}$", lambda _, new=new: new, text, flags=re.MULTILINE)
        assert found, f"{path} has no line like {pattern!r}: is it not Debian's own?"
    return text

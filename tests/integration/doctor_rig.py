"""nginx as others write it: right to begin with, and broken in one place on purpose."""

import contextlib
import os
import socket
import subprocess

from harness.ports import free_port
from harness.process import Process
from harness.proxy import NGINX
from harness.timing import eventually_blocking

# What a location needs to pass everything; `None` leaves a line out.
LOCATION = {
    "proxy_pass": "http://nodes",
    "proxy_http_version": "1.1",
    "proxy_set_header Upgrade": "$http_upgrade",
    "proxy_set_header Connection": "$connection_upgrade",
    "proxy_set_header Host": "$http_host",
    "proxy_set_header X-Real-IP": "$remote_addr",
    "proxy_set_header X-Forwarded-Proto": "$scheme",
    "proxy_pass_header": "X-Accel-Buffering",
    "proxy_buffering": "off",
    "proxy_read_timeout": "75s",
    "proxy_send_timeout": "75s",
    "proxy_next_upstream": "off",
}


class BrokenNginx:
    """`location` changes LOCATION; `http`, `server` and `node` are more text; `paths` are the locations."""

    def __init__(self, folder, nodes, location=None, http="", server="", node=" max_fails=0", certificate=None, paths=("/",)):
        self.folder = str(folder)
        self.port = free_port()
        self.conf = os.path.join(self.folder, "nginx.conf")
        self.certificate = certificate
        lines = {**LOCATION, **(location or {})}
        body = "".join(f"    {name} {value};\n" for name, value in lines.items() if value is not None)
        upstream = "".join(f"  server {address}{node};\n" for address in nodes)
        tls = " ssl http2" if certificate else ""
        keys = f"ssl_certificate {certificate[0]}; ssl_certificate_key {certificate[1]};" if certificate else ""
        temp = " ".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        # Root's workers would be nobody, who may not enter the folder.
        user = "user root; " if os.geteuid() == 0 else ""
        self.text = f"""
{user}pid {self.folder}/pid; error_log {self.folder}/error.log; worker_processes 1; worker_rlimit_nofile 8192;
worker_shutdown_timeout 1h;
events {{ worker_connections 4096; }}
http {{
{temp} access_log off;
map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
upstream nodes {{
{upstream}  keepalive 16;
}}
{http}
server {{
  listen 127.0.0.1:{self.port}{tls}; {keys}
{server}
{"".join(f"  location {path} {{{chr(10)}{body}  }}{chr(10)}" for path in paths)}}}
}}
"""
        self.process = None

    @property
    def url(self):
        return f"{'https' if self.certificate else 'http'}://localhost:{self.port}".replace("localhost", "127.0.0.1")

    def start(self):
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(self.text)
        self.process = Process("nginx", [NGINX, "-e", f"{self.folder}/start.log", "-p", self.folder, "-c", self.conf,
                                         "-g", "daemon off;"], self.folder)
        eventually_blocking(self._listens, 15, "nginx listens")
        return self

    def _listens(self):
        assert self.process.alive(), self.process.stderr().decode() + self.text
        with contextlib.closing(socket.socket()) as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process and self.process.alive():
            self.process.terminate(10)


def make_certificate(folder, name="127.0.0.1", days=90):
    """(certificate, key), signed by itself."""
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    str(days), "-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:127.0.0.1,DNS:{name}", "-keyout", key,
                    "-out", cert], check=True, capture_output=True)
    return cert, key

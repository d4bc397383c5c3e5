"""nginx as Debian configures it, with a `proxy_pass` in it, alone and in front of our own."""

from rig.product import REFUSED, Expected, Product, Way, reverse

_MAIN = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 768; }}
http {{
  sendfile on;
  tcp_nopush on;
  types_hash_max_size 2048;
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
  ssl_prefer_server_ciphers on;
  access_log {folder}/access.log;
  gzip on;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port}{ssl};
    {more}
    location / {{ proxy_pass http://127.0.0.1:{upstream}; }}
  }}
}}
"""


def _run(stage, upstream, ssl="", more=""):
    port = stage.front
    folder = stage.make_folder("nginx", owner="www-data")
    text = _MAIN.format(folder=folder, port=port, upstream=upstream, ssl=ssl, more=more)
    user = "user www-data;" if stage.is_root else ""
    stage.run("nginx", ["nginx", "-e", f"{folder}/start.log", "-p", folder, "-c", stage.write("nginx.conf", user + text)], port)
    return port


class Default(Product):
    name = "nginx, default"
    packages = ("nginx",)
    quick = True
    hides_host = True
    expected = Expected("sse", {"websocket": REFUSED},
                        "it speaks HTTP/1.0 upstream and drops Upgrade; X-Accel-Buffering: no makes it stream")
    named = frozenset({"upgrade_stripped", "http10", "address_unknown"})
    shown_as = "nginx"

    def start(self, stage):
        return reverse(_run(stage, stage.upstream))


class OuterTls(Product):
    name = "nginx, default over TLS, before ours"
    packages = ("nginx", "openssl")
    quick = True
    expected = Expected("sse", {"websocket": REFUSED}, "the inner one passes X-Accel-Buffering on to the outer one")
    named = frozenset({"upgrade_stripped"})
    shown_as = "nginx"

    def start(self, stage):
        certificate, key = stage.certificate()
        port = _run(stage, stage.proxy(), " ssl", f"ssl_certificate {certificate}; ssl_certificate_key {key};")
        return Way(f"https://127.0.0.1:{port}", ca=stage.authority()[0], handshakes=1)


class OuterDeaf(Product):
    name = "nginx, ignoring X-Accel-Buffering, before ours"
    packages = ("nginx",)
    quick = True
    hides_host = True
    expected = Expected("poll", {"websocket": REFUSED, "sse": frozenset({"held", "behind"})},
                        "whatever streams is let go of by the buffer, or when it ends")
    named = frozenset({"upgrade_stripped", "sse_held"})
    shown_as = "nginx"

    def start(self, stage):
        return reverse(_run(stage, stage.proxy(), more="proxy_ignore_headers X-Accel-Buffering;"))

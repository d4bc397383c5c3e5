"""All products, in the order of the table."""

from . import (apache, caddy, direct, e2guardian, haproxy, icap, lighttpd, mitmproxy, nginx, small_forward, squid,
               trafficserver, varnish)

MATRIX = [
    direct.Direct(), direct.OurNginx(),
    # before the server
    nginx.Default(), nginx.OuterTls(), nginx.OuterDeaf(),
    haproxy.Default(), haproxy.Gzip(), haproxy.WaitForBody(),
    varnish.Default(), varnish.Buffering(),
    apache.Default(), apache.Upgrade(),
    lighttpd.Default(), lighttpd.Streaming(),
    caddy.Default(),
    trafficserver.Default(), trafficserver.WebSocket(),
    # before the client
    squid.Default(), squid.Bump(), icap.Echo(), icap.Antivirus(),
    small_forward.Tinyproxy(), small_forward.TinyproxyWithoutConnect(),
    small_forward.Privoxy(), small_forward.PrivoxyIntercepting(), small_forward.PrivoxyUnfiltered(),
    small_forward.Ffproxy(), small_forward.FfproxyWithoutConnect(),
    e2guardian.Default(), e2guardian.Intercepting(),
    mitmproxy.Default(), mitmproxy.WithoutWebSocket(), mitmproxy.Streaming(),
]

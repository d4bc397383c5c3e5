#include "doctor/verdict/meanings.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace fairlead::doctor {
namespace {

constexpr Meaning kMeanings[] = {
    {Symptom::kNoName, "The name {subject} has no address.",
     "Check the URL; then the DNS: an A or AAAA record for {subject} is missing, or this machine's "
     "resolver cannot see it."},
    {Symptom::kProxyAway, "The forward proxy {subject} cannot be reached.",
     "Check --proxy, or http_proxy and https_proxy in the environment; --proxy none goes without."},
    {Symptom::kProxyAuth, "The forward proxy wants a name and a password (407).",
     "Give them: --proxy http://NAME:PASSWORD@HOST:PORT."},
    {Symptom::kUnreachable, "Nothing answers there: {subject}.",
     "Is nginx (or what stands in front) running, does it listen on that port, and do firewalls "
     "let "
     "that port in?"},
    {Symptom::kTls, "No TLS can be set up: {subject}.",
     "If the port speaks plain HTTP, give http://. Else look at what ends TLS there: its "
     "certificate, "
     "key and protocols."},
    {Symptom::kCertificate, "The certificate is not to be trusted: {subject}. Browsers refuse it.",
     "Install a certificate for this host name with its whole chain (nginx: ssl_certificate "
     "fullchain.pem). For one of your own, --cacert FILE or --insecure goes on with the rest."},
    {Symptom::kRedirected, "The server sends everybody elsewhere: {subject}.",
     "Give that URL to clients (and here): a WebSocket and a POST do not follow redirects."},
    {Symptom::kNobodyHome, "The proxy is there, but no node answers behind it ({subject}).",
     "Is `fairlead serve` running, and does the proxy's upstream name its --listen address? May "
     "the "
     "proxy's user open that socket?"},
    {Symptom::kNotFairlead, "What answers there is no Fairlead ({subject}).",
     "Is a path missing, as https://HOST/chat? Or does the proxy not pass /rt/ and /api/ on?"},
    {Symptom::kPostRefused, "POST does not get through: nobody can send a message.",
     "Allow POST with a body to /api/ and /rt/ on the way."},
    {Symptom::kHttp1Refused,
     "HTTP/1.1 is refused where HTTP/2 works ({subject}): browsers open a WebSocket over HTTP/1.1, "
     "so "
     "there is none.",
     "Let HTTP/1.1 in beside HTTP/2 on the same port; for WebSocket over HTTP/2 alone the proxy "
     "would "
     "need extended CONNECT (RFC 8441)."},
    {Symptom::kTunnelRefused,
     "The forward proxy refuses CONNECT to this port ({subject}): no TLS and no WebSocket through "
     "it.",
     "Serve Fairlead on port 443, or allow CONNECT to this port in the proxy."},
    {Symptom::kAccount, "The account cannot be used: {subject}.",
     "Give a valid --token-file, --user with --password-file, or --guest."},
    {Symptom::kCached,
     "Answers come out of a cache: two requests got the same answer. Clients see old events, and "
     "may "
     "see those of others.",
     "Never cache /rt/ and /api/, whatever the method: obey Cache-Control: no-store."},
    {Symptom::kPollReplayed,
     "A held poll that was asked once reached the server twice: the way sent it again after "
     "{value} s. "
     "It also calls nodes dead that are well.",
     "Let no proxy repeat a request that was not answered, and let each wait longer than a poll is "
     "held (55 s at most): 75 s."},
    {Symptom::kIdleCut, "{subject} cut after {value} s of silence.",
     "Let a connection be silent for 75 s on the way; heartbeats come every 20 s, or as seldom as "
     "every 55 s where a client asks for that."},
    {Symptom::kUpgradeStripped,
     "No WebSocket: the Upgrade header is taken out before it reaches the server.",
     "Pass Upgrade and Connection on to the server for /rt/."},
    {Symptom::kUpgradeRefused, "No WebSocket: the handshake is answered with {subject}.",
     "Allow WebSocket for /rt/ on the way (HTTP/1.1, Upgrade: websocket)."},
    {Symptom::kClosed101,
     "No WebSocket: the handshake succeeds (101), then the connection is closed before a word "
     "came.",
     "Exempt this host from inspection, or let its traffic pass as a tunnel (TLS, CONNECT)."},
    {Symptom::kSilent101, "No WebSocket: the handshake succeeds (101), then nothing comes.",
     "Exempt this host from inspection, or let its traffic pass as a tunnel (TLS, CONNECT)."},
    {Symptom::kOneWay101,
     "A WebSocket that works one way only: what the client says never arrives.",
     "Exempt this host from the proxy, or let its traffic pass as a tunnel (TLS, CONNECT)."},
    {Symptom::kSseCompressed,
     "Event streams are compressed on the way ({subject}), and compressors hold events back.",
     "Do not compress text/event-stream, and leave Content-Encoding: identity in place."},
    {Symptom::kSseHeld, "Event streams are held back until they end: no event arrives in time.",
     "Turn response buffering off for /rt/ on the way."},
    {Symptom::kSseHeldUntil,
     "Event streams are held back until {value} bytes have come: small events wait for others.",
     "Turn response buffering off for /rt/ on the way."},
    {Symptom::kSseHeldButPost,
     "Event streams are held back when asked for by GET; by POST they stream.",
     "Turn response buffering off for GET of /rt/ too."},
    {Symptom::kSseBehind,
     "Event streams are one event behind: each is let go when the next one comes.",
     "Turn response buffering, compression and scanning off for /rt/ on the way."},
    {Symptom::kSseRefused, "No event stream: it is answered with {subject}.",
     "Pass GET /rt/v1/sse on to the server as it is."},
    {Symptom::kSseProof,
     "Event streams arrive, but POST /rt/v1/probe is answered with {subject}: the server takes "
     "such "
     "clients for dead.",
     "Pass POST /rt/v1/probe on to the server as it is."},
    {Symptom::kPollRefused, "No long poll: it is answered with {subject}.",
     "Pass GET /rt/v1/poll on to the server as it is, and wait for its answer."},
    {Symptom::kLifeCut, "{subject} cut at the age of {value} s, though they were not silent.",
     "Raise the limit on a connection's life on the way. Clients learn it and come back; each time "
     "costs them a reconnect."},
    {Symptom::kHttp10,
     "The server is asked in HTTP/1.0: each request opens a connection, answers cannot be chunked, "
     "WebSocket is impossible.",
     "Let the proxy speak HTTP/1.1 to the server."},
    {Symptom::kAddressUnknown,
     "The server does not learn who asks: all clients have one address. They share limits, and "
     "what "
     "one network's clients find out is told to all.",
     "Set X-Real-IP to the client's address on requests to the server, and overwrite what a client "
     "wrote there."},
    {Symptom::kAddressUntrusted,
     "The proxy says who asks (X-Real-IP), but the server does not believe it: all clients have "
     "one "
     "address.",
     "Start `fairlead serve` with --trusted-proxy, or let the proxy reach it over its Unix "
     "socket."},
    {Symptom::kAddressOfProxy,
     "The server takes an inner address ({subject}) for the client's: a proxy in front is not "
     "known to "
     "the one at the server.",
     "At the server's proxy name the addresses of the one in front as trusted, and take the "
     "client's "
     "address from X-Forwarded-For."},
    {Symptom::kHeaderLost, "The request header {subject} does not arrive at the server.",
     "Pass {subject} on."},
    {Symptom::kUrlLimit, "URLs longer than {value} bytes are refused; 2,048 should pass.",
     "Allow request lines of 8 KiB."},
    {Symptom::kHeaderLimit,
     "Request headers longer than {value} bytes are refused; 4,096 should pass (tokens, cookies).",
     "Allow header lines of 8 KiB."},
    {Symptom::kBodyLimit,
     "Request bodies longer than {value} bytes are refused; 64,000 should pass.",
     "Allow request bodies of 64 KiB."},
    {Symptom::kBodyUnkept,
     "Request bodies longer than {value} bytes end in a 500: the proxy cannot keep them.",
     "Look at the proxy's error log: it may not write its temporary files."},
    {Symptom::kDirective, "{subject}", "{subject}"},
    {Symptom::kAddressDead,
     "One of the host's addresses does not work ({subject}): clients that try it first wait.",
     "Mend that address, or take its A or AAAA record out of the DNS."},
    {Symptom::kOldTls, "TLS is {subject}, which browsers no longer speak.",
     "Allow TLS 1.2 and 1.3 only."},
    {Symptom::kCertificateEnds, "The certificate ends in {value} days.",
     "Renew it, and reload what uses it."},
    {Symptom::kMethodRefused,
     "{subject} does not get through. Clients that know only it fail; a POST with "
     "X-HTTP-Method-Override gets by.",
     "Allow GET, POST, PUT, PATCH and DELETE on /api/."},
    {Symptom::kSseDelayed,
     "Events of a stream arrive {value} s late: something waits for more before it sends.",
     "Turn response buffering off for /rt/ on the way."},
    {Symptom::kIntercepted, "TLS is opened on the way: the certificate was issued by {subject}.",
     "Exempt this host from TLS inspection if streams have trouble."},
};

constexpr ProductRemedy kRemedies[] = {
    {Symptom::kUpgradeStripped, Product::kNginx,
     "`proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "
     "$connection_upgrade;` in the location of /rt/, with `map $http_upgrade $connection_upgrade { "
     "default upgrade; '' ''; }` at http level."},
    {Symptom::kUpgradeStripped, Product::kApache,
     "`ProxyPass / http://BACKEND/ upgrade=websocket` (2.4.47 and newer; before: "
     "mod_proxy_wstunnel)."},
    {Symptom::kUpgradeStripped, Product::kLighttpd,
     "`proxy.header = ( \"upgrade\" => \"enable\" )`."},
    {Symptom::kUpgradeStripped, Product::kVarnish,
     "In VCL: `if (req.http.Upgrade ~ \"(?i)websocket\") { return (pipe); }` in vcl_recv, and `set "
     "bereq.http.Upgrade = req.http.Upgrade; set bereq.http.Connection = req.http.Connection;` in "
     "vcl_pipe."},
    {Symptom::kUpgradeStripped, Product::kSquid,
     "`http_upgrade_request_protocols WebSocket allow all` (Squid 5 and newer); or wss://, which "
     "passes as a tunnel."},
    {Symptom::kUpgradeStripped, Product::kTinyproxy,
     "It cannot: use https://, which passes as a tunnel (ConnectPort)."},
    {Symptom::kUpgradeStripped, Product::kHaproxy,
     "Take out the http-request rules that delete Upgrade or Connection."},
    {Symptom::kUpgradeStripped, Product::kTrafficServer,
     "Map the path with ws:// as well: `map ws://HOST/rt/ ws://BACKEND/rt/` in remap.config."},
    {Symptom::kUpgradeStripped, Product::kCloudflare, "Network > WebSockets: on."},
    {Symptom::kUpgradeStripped, Product::kAzureFrontDoor,
     "Route /rt/ to an origin group with WebSocket support (Front Door Standard/Premium)."},
    {Symptom::kUpgradeRefused, Product::kNginx,
     "A location of its own for /rt/ that passes Upgrade on, without limit_except or deny."},
    {Symptom::kUpgradeRefused, Product::kTrafficServer,
     "Map the path with ws:// as well: `map ws://HOST/rt/ ws://BACKEND/rt/` in remap.config."},
    {Symptom::kUpgradeRefused, Product::kE2guardian,
     "Put the host into exceptionsitelist, or use https://, which passes as a tunnel."},
    {Symptom::kUpgradeRefused, Product::kHaproxy,
     "Take out the http-request deny rule that matches the handshake."},
    {Symptom::kUpgradeRefused, Product::kCloudflare, "Network > WebSockets: on."},
    {Symptom::kTunnelRefused, Product::kSquid,
     "`acl SSL_ports port PORT` beside 443, or serve on 443."},
    {Symptom::kTunnelRefused, Product::kFfproxy, "`unrestricted_connect yes`, or serve on 443."},
    {Symptom::kTunnelRefused, Product::kTinyproxy, "`ConnectPort PORT`, or serve on 443."},
    {Symptom::kTunnelRefused, Product::kPrivoxy, "`+limit-connect{443,PORT}`, or serve on 443."},
    {Symptom::kClosed101, Product::kE2guardian,
     "Put the host into exceptionsitelist, or use https://, which passes as a tunnel."},
    {Symptom::kClosed101, Product::kZscaler,
     "Exempt the host from SSL inspection; allow WebSocket in the URL policy."},
    {Symptom::kSilent101, Product::kZscaler,
     "Exempt the host from SSL inspection; allow WebSocket in the URL policy."},
    {Symptom::kOneWay101, Product::kPrivoxy,
     "It passes nothing upstream after a 101: use https://, which passes as a tunnel."},
    {Symptom::kOneWay101, Product::kFfproxy,
     "It passes nothing upstream after a 101: use https://, which passes as a tunnel."},
    {Symptom::kHttp1Refused, Product::kNginx,
     "Take out the rule on $server_protocol. On a port without TLS take `http2` off `listen`: "
     "there "
     "nginx speaks HTTP/2 alone with it."},
    {Symptom::kSseCompressed, Product::kNginx,
     "`gzip off;` in the location of /rt/, or text/event-stream (and *) out of gzip_types; and no "
     "`proxy_hide_header Content-Encoding`."},
    {Symptom::kSseCompressed, Product::kHaproxy, "`compression type` without text/event-stream."},
    {Symptom::kSseCompressed, Product::kApache, "`SetEnv no-gzip 1` for /rt/."},
    {Symptom::kSseCompressed, Product::kCaddy, "`encode` only for what is not /rt/."},
    {Symptom::kSseCompressed, Product::kCloudflare,
     "A compression rule for /rt/: disable compression."},
    {Symptom::kSseHeld, Product::kNginx,
     "`proxy_buffering off;` in the location of /rt/, and no `proxy_ignore_headers "
     "X-Accel-Buffering`; in an inner nginx `proxy_pass_header X-Accel-Buffering;`."},
    {Symptom::kSseHeld, Product::kVarnish,
     "In vcl_backend_response: `set beresp.do_stream = true;`."},
    {Symptom::kSseHeld, Product::kHaproxy,
     "Take out `http-response wait-for-body` and filters for /rt/."},
    {Symptom::kSseHeld, Product::kLighttpd, "`server.stream-response-body = 2`."},
    {Symptom::kSseHeld, Product::kPrivoxy, "`{-filter}` for this host in user.action."},
    {Symptom::kSseHeld, Product::kE2guardian,
     "Put the host into exceptionsitelist, or use https://, which passes as a tunnel."},
    {Symptom::kSseHeld, Product::kMitmproxy, "`--set stream_large_bodies=1`."},
    {Symptom::kSseHeld, Product::kSquid,
     "A content scanner (icap_service, ecap) holds it: `adaptation_access SERVICE deny` for this "
     "host."},
    {Symptom::kSseHeld, Product::kApache,
     "`flushpackets=on` on ProxyPass; no mod_security response body scan for /rt/."},
    {Symptom::kSseHeld, Product::kSophos, "An exception of the host from web scanning."},
    {Symptom::kSseHeld, Product::kCloudflare, "A quick tunnel buffers GET: use a named tunnel."},
    {Symptom::kSseHeld, Product::kAzureFrontDoor,
     "It documents no event streams: clients use WebSocket or long poll there."},
    {Symptom::kSseHeldUntil, Product::kNginx,
     "`proxy_buffering off;` in the location of /rt/, and no `proxy_ignore_headers "
     "X-Accel-Buffering`."},
    {Symptom::kSseHeldUntil, Product::kHaproxy, "Take out `http-response wait-for-body` for /rt/."},
    {Symptom::kSseHeldUntil, Product::kSquid,
     "An ICAP preview holds it: `adaptation_access SERVICE deny` for this host."},
    {Symptom::kSseHeldButPost, Product::kCloudflare,
     "A quick tunnel buffers GET: use a named tunnel."},
    {Symptom::kSseBehind, Product::kHaproxy,
     "`option http-no-delay`; `compression type` without text/event-stream."},
    {Symptom::kSseBehind, Product::kKaspersky, "An exclusion of the host from traffic scanning."},
    {Symptom::kSseDelayed, Product::kHaproxy, "`option http-no-delay`."},
    {Symptom::kSseDelayed, Product::kNginx, "`proxy_buffering off;` in the location of /rt/."},
    {Symptom::kHttp10, Product::kNginx,
     "`proxy_http_version 1.1;` where it passes to the server (1.0 is the default before 1.29.7)."},
    {Symptom::kHttp10, Product::kApache, "Take out `SetEnv force-proxy-request-1.0`."},
    {Symptom::kHttp10, Product::kFfproxy,
     "It speaks HTTP/1.0 only: use https://, which passes as a tunnel."},
    {Symptom::kHttp10, Product::kPrivoxy, "Take out `+downgrade-http-version`."},
    {Symptom::kHttp10, Product::kLighttpd,
     "1.4.56 and newer speak HTTP/1.1 to a backend: `proxy.header` \"force-http10\" off."},
    {Symptom::kPollReplayed, Product::kNginx,
     "`proxy_next_upstream off; proxy_read_timeout 75s;` in the location of /rt/v1/poll, and "
     "`max_fails=0` on each server of the upstream."},
    {Symptom::kPollReplayed, Product::kTrafficServer,
     "`proxy.config.http.connect_attempts_max_retries 0`, "
     "`proxy.config.http.transaction_no_activity_timeout_out 75` in records.config."},
    {Symptom::kPollReplayed, Product::kHaproxy,
     "`retry-on none` (or without response-timeout), `timeout server 75s`."},
    {Symptom::kPollReplayed, Product::kEnvoy, "No retry_policy for /rt/, `timeout: 75s`."},
    {Symptom::kCached, Product::kNginx,
     "`proxy_cache off;` for /rt/ and /api/; no `proxy_ignore_headers Cache-Control`."},
    {Symptom::kCached, Product::kVarnish,
     "In vcl_recv: `if (req.url ~ \"^/(rt|api)/\") { return (pass); }`."},
    {Symptom::kCached, Product::kSquid,
     "`cache deny` for the host; no refresh_pattern that ignores no-store."},
    {Symptom::kCached, Product::kTrafficServer,
     "`url_regex=/(rt|api)/ action=never-cache` in cache.config."},
    {Symptom::kCached, Product::kApache, "`CacheDisable /rt` and `CacheDisable /api`."},
    {Symptom::kCached, Product::kCloudflare, "A cache rule for /rt/ and /api/: bypass."},
    {Symptom::kCached, Product::kCloudFront,
     "A behaviour for /rt/* and /api/* with CachingDisabled."},
    {Symptom::kCached, Product::kFastly, "`return (pass);` in vcl_recv for /rt/ and /api/."},
    {Symptom::kIdleCut, Product::kNginx,
     "`proxy_read_timeout 75s; proxy_send_timeout 75s;` in the location of /rt/."},
    {Symptom::kIdleCut, Product::kHaproxy,
     "`timeout server 75s`, `timeout client 75s`, `timeout tunnel 75s`."},
    {Symptom::kIdleCut, Product::kApache, "`ProxyTimeout 75` (or timeout=75 on ProxyPass)."},
    {Symptom::kIdleCut, Product::kVarnish,
     "`-p first_byte_timeout=75 -p between_bytes_timeout=75 -p pipe_timeout=75`."},
    {Symptom::kIdleCut, Product::kTrafficServer,
     "`proxy.config.http.transaction_no_activity_timeout_out 75` (and _in) in records.config."},
    {Symptom::kIdleCut, Product::kLighttpd,
     "`server.max-read-idle = 75`, `server.max-write-idle = 360`."},
    {Symptom::kIdleCut, Product::kSquid, "`read_timeout 75 seconds`."},
    {Symptom::kIdleCut, Product::kTinyproxy, "`Timeout 75`."},
    {Symptom::kIdleCut, Product::kE2guardian, "`pcontimeout = 75`."},
    {Symptom::kIdleCut, Product::kPrivoxy, "`socket-timeout 75`."},
    {Symptom::kIdleCut, Product::kAwsBalancer, "Idle timeout of the load balancer: 75 s."},
    {Symptom::kIdleCut, Product::kEnvoy, "`stream_idle_timeout: 75s`."},
    {Symptom::kLifeCut, Product::kGoogle,
     "Timeout of the backend service (30 s by default): 3600."},
    {Symptom::kLifeCut, Product::kEnvoy, "`max_stream_duration` and route `timeout`: 0s for /rt/."},
    {Symptom::kLifeCut, Product::kHaproxy,
     "No `timeout` shorter than a stream's life; `timeout tunnel 1h`."},
    {Symptom::kAddressUnknown, Product::kNginx,
     "`proxy_set_header X-Real-IP $remote_addr;` where it passes to the server."},
    {Symptom::kAddressUnknown, Product::kHaproxy, "`http-request set-header X-Real-IP %[src]`."},
    {Symptom::kAddressUnknown, Product::kApache,
     "`RequestHeader set X-Real-IP expr=%{REMOTE_ADDR}`."},
    {Symptom::kAddressUnknown, Product::kVarnish, "`set bereq.http.X-Real-IP = client.ip;`."},
    {Symptom::kAddressUnknown, Product::kTrafficServer,
     "`set-header X-Real-IP %{INBOUND:REMOTE-ADDR}` by the plugin header_rewrite."},
    {Symptom::kAddressUnknown, Product::kCaddy,
     "`header_up X-Real-IP {remote_host}` in reverse_proxy."},
    {Symptom::kAddressUnknown, Product::kLighttpd,
     "It writes X-Forwarded-For only: put nginx between, or let the server see it by TCP."},
    {Symptom::kAddressOfProxy, Product::kNginx,
     "`set_real_ip_from ADDRESS; real_ip_header X-Forwarded-For;` "
     "(fairlead/trusted_proxies.conf)."},
    {Symptom::kUrlLimit, Product::kNginx, "`large_client_header_buffers 4 8k;` in http."},
    {Symptom::kHeaderLimit, Product::kNginx, "`large_client_header_buffers 4 8k;` in http."},
    {Symptom::kBodyLimit, Product::kNginx, "`client_max_body_size 64k;` or more."},
    {Symptom::kBodyUnkept, Product::kNginx,
     "`client_body_buffer_size 64k;` so that a body never touches the disk; and its user must be "
     "able to "
     "write client_body_temp_path (the error log says which)."},
    {Symptom::kUrlLimit, Product::kFfproxy,
     "Its buffers are fixed: let this host go past it, or use https://."},
    {Symptom::kHeaderLimit, Product::kFfproxy,
     "Its buffers are fixed: let this host go past it, or use https://."},
    {Symptom::kUrlLimit, Product::kApache, "`LimitRequestLine 8190`."},
    {Symptom::kHeaderLimit, Product::kApache, "`LimitRequestFieldSize 8190`."},
    {Symptom::kBodyLimit, Product::kApache, "`LimitRequestBody 65536` or more."},
    {Symptom::kHeaderLimit, Product::kHaproxy, "`tune.bufsize 32768`."},
    {Symptom::kUrlLimit, Product::kHaproxy, "`tune.bufsize 32768`."},
    {Symptom::kHeaderLimit, Product::kVarnish, "`-p http_req_hdr_len=8k`."},
    {Symptom::kUrlLimit, Product::kVarnish, "`-p http_req_size=32k`."},
    {Symptom::kHeaderLimit, Product::kLighttpd, "`server.max-request-field-size = 8192`."},
    {Symptom::kBodyLimit, Product::kSquid, "`request_body_max_size 64 KB` or more."},
    {Symptom::kHeaderLost, Product::kNginx,
     "`proxy_set_header {subject} $http_...;` or take out the line that empties it; "
     "`proxy_pass_request_headers on;`."},
    {Symptom::kHeaderLost, Product::kHaproxy, "Take out `http-request del-header {subject}`."},
    {Symptom::kHeaderLost, Product::kVarnish, "Take out `unset req.http.{subject}`."},
    {Symptom::kHeaderLost, Product::kApache, "Take out `RequestHeader unset {subject}`."},
    {Symptom::kHeaderLost, Product::kSquid, "Take out `request_header_access {subject} deny`."},
    {Symptom::kMethodRefused, Product::kNginx,
     "Take out `limit_except` and rules on $request_method."},
    {Symptom::kMethodRefused, Product::kHaproxy,
     "Take out the http-request deny rule on `method`."},
    {Symptom::kMethodRefused, Product::kFfproxy, "It knows GET and POST only: use https://."},
    {Symptom::kMethodRefused, Product::kSquid, "Take out the acl of type `method`."},
    {Symptom::kOldTls, Product::kNginx, "`ssl_protocols TLSv1.2 TLSv1.3;`."},
    {Symptom::kNobodyHome, Product::kNginx,
     "Is `fairlead serve` running where `upstream` says? The error log names the address and why "
     "(connect() failed ...). `fairlead doctor --host` on "
     "that machine compares its configuration."},
};

}  // namespace

const Meaning& meaning_of(Symptom symptom) {
  return kMeanings[rank_of(symptom)];
}

std::size_t rank_of(Symptom symptom) {
  const auto* it = std::find_if(std::begin(kMeanings), std::end(kMeanings),
                                [&](const Meaning& m) { return m.symptom == symptom; });
  if (it == std::end(kMeanings))
    return std::size(kMeanings) - 1;  // a test sees that none is missing
  return static_cast<std::size_t>(it - std::begin(kMeanings));
}

const ProductRemedy* remedy_of(Symptom symptom, Product product) {
  const auto* it = std::find_if(
      std::begin(kRemedies), std::end(kRemedies),
      [&](const ProductRemedy& r) { return r.symptom == symptom && r.product == product; });
  return it == std::end(kRemedies) ? nullptr : it;
}

}  // namespace fairlead::doctor

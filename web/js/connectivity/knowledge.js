// What each symptom means, and what to change: the knowledge of this page, and nothing else. Symptoms have the names
// that `fairlead doctor --json` gives them; causes are the client's (docs/CLIENT.md).

const tunnel = 'Exempt this host from inspection, or let its traffic pass as a tunnel (TLS, CONNECT).';
const unbuffered = 'Turn response buffering, compression and scanning off for /rt/ on the way.';

/**
 * Symptom → {says: to the visitor, with {value}; mend: what the administrator changes; with: by product}. nginx is
 * always told, since one stands in front of most servers; its directives go into the location of /rt/.
 */
export const knowledge = {
  unreachable: {
    says: 'The server does not answer.',
    mend: 'Is this computer online, is the server running, and does a firewall stand in between?',
    with: {},
  },
  http10: {
    says: 'The server is asked in HTTP/1.0, which has no WebSocket.',
    mend: 'Let the proxy speak HTTP/1.1 to the server.',
    with: { nginx: 'proxy_http_version 1.1;', privoxy: 'Take out +downgrade-http-version.' },
  },
  header_lost: {
    says: 'Something takes headers out of requests: {value}.',
    mend: 'Pass {value} on to the server.',
    with: {
      nginx: 'Take out the proxy_set_header line that empties it.',
      haproxy: 'Take out http-request del-header.',
      squid: 'Take out request_header_access … deny.',
      varnish: 'Take out unset req.http.….',
    },
  },
  method_refused: {
    says: 'Requests with {value} do not get through.',
    mend: 'Allow GET, POST, PUT, PATCH and DELETE on /api/.',
    with: {
      nginx: 'Take out limit_except and rules on $request_method.',
      haproxy: 'Take out the http-request deny rule on method.',
      squid: 'Take out the acl of type method.',
      ffproxy: 'It knows GET and POST only: use https://.',
    },
  },
  cached: {
    says: 'Answers come out of a cache: what you see may be old.',
    mend: 'Never cache /rt/ and /api/: obey Cache-Control: no-store.',
    with: {
      nginx: 'proxy_cache off; and no proxy_ignore_headers Cache-Control.',
      varnish: 'In vcl_recv: if (req.url ~ "^/(rt|api)/") { return (pass); }',
      squid: 'cache deny for this host; no refresh_pattern that ignores no-store.',
      trafficserver: 'url_regex=/(rt|api)/ action=never-cache in cache.config.',
      apache: 'CacheDisable /rt and CacheDisable /api.',
      cloudflare: 'A cache rule for /rt/ and /api/: bypass.',
      cloudfront: 'A behaviour for /rt/* and /api/* with CachingDisabled.',
      fastly: 'return (pass); in vcl_recv for /rt/ and /api/.',
    },
  },
  size_limit: {
    says: 'Long requests are refused: {value}.',
    mend: 'Allow a URL of 2 KiB, headers of 4 KiB and bodies of 64 KiB.',
    with: {
      nginx: 'large_client_header_buffers 4 8k; client_max_body_size 64k;',
      apache: 'LimitRequestLine 8190, LimitRequestFieldSize 8190, LimitRequestBody 65536.',
      haproxy: 'tune.bufsize 32768.',
      varnish: '-p http_req_size=32k -p http_req_hdr_len=8k.',
      squid: 'request_body_max_size 64 KB.',
    },
  },
  upgrade_stripped: {
    says: 'Your network does not let WebSocket through.',
    mend: 'Pass Upgrade and Connection on to the server for /rt/.',
    with: {
      nginx: 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; ' +
        'and at http level map $http_upgrade $connection_upgrade { default upgrade; "" ""; }',
      apache: 'ProxyPass / http://BACKEND/ upgrade=websocket.',
      lighttpd: 'proxy.header = ( "upgrade" => "enable" ).',
      varnish: 'In vcl_recv: if (req.http.Upgrade ~ "(?i)websocket") { return (pipe); }, and set both headers in vcl_pipe.',
      squid: 'http_upgrade_request_protocols WebSocket allow all; or https://, which passes as a tunnel.',
      tinyproxy: 'It cannot: use https://, which passes as a tunnel.',
      haproxy: 'Take out the rules that delete Upgrade or Connection.',
      trafficserver: 'map ws://HOST/rt/ ws://BACKEND/rt/ in remap.config.',
      cloudflare: 'Network > WebSockets: on.',
    },
  },
  closed_101: {
    says: 'WebSockets open on your network, but are closed before a word comes.',
    mend: tunnel,
    with: {
      e2guardian: 'Put the host into exceptionsitelist, or use https://.',
      zscaler: 'Exempt the host from SSL inspection; allow WebSocket in the URL policy.',
    },
  },
  silent_101: {
    says: 'WebSockets stay silent on your network.',
    mend: tunnel,
    with: { zscaler: 'Exempt the host from SSL inspection; allow WebSocket in the URL policy.' },
  },
  one_way_101: {
    says: 'WebSockets work one way only on your network: what your browser says never arrives.',
    mend: tunnel,
    with: {
      privoxy: 'It passes nothing upstream after a 101: use https://, which passes as a tunnel.',
      ffproxy: 'It passes nothing upstream after a 101: use https://, which passes as a tunnel.',
    },
  },
  sse_refused: {
    says: 'Your network refuses event streams.',
    mend: 'Pass GET and POST /rt/v1/sse on to the server as they are.',
    with: {},
  },
  sse_held: {
    says: 'Your network holds back streams.',
    mend: unbuffered,
    with: {
      nginx: 'proxy_buffering off; and no proxy_ignore_headers X-Accel-Buffering; gzip off;',
      apache: 'flushpackets=on on ProxyPass; no response body scan for /rt/.',
      varnish: 'In vcl_backend_response: set beresp.do_stream = true;',
      haproxy: 'Take out http-response wait-for-body and filters for /rt/.',
      lighttpd: 'server.stream-response-body = 2.',
      privoxy: '{-filter} for this host in user.action.',
      e2guardian: 'Put the host into exceptionsitelist, or use https://.',
      mitmproxy: '--set stream_large_bodies=1.',
      squid: 'A content scanner holds it: adaptation_access SERVICE deny for this host.',
      cloudflare: 'A quick tunnel buffers GET: use a named tunnel.',
      azure: 'It documents no event streams: WebSocket and long poll work there.',
    },
  },
  sse_behind: {
    says: 'Streams are one event behind on your network: each comes only when the next one pushes it out.',
    mend: unbuffered,
    with: {
      nginx: 'proxy_buffering off; gzip off;',
      haproxy: 'option http-no-delay; compression type without text/event-stream.',
    },
  },
  sse_proof: {
    says: 'Streams arrive, but what your browser answers does not.',
    mend: 'Pass POST /rt/v1/probe on to the server as it is.',
    with: {},
  },
  sse_cut: {
    says: 'Streams end again and again on your network.',
    mend: 'Raise the limits on a response’s life and bytes for /rt/.',
    with: { nginx: 'proxy_read_timeout 75s;' },
  },
  poll_refused: {
    says: 'Long polls do not get through either.',
    mend: 'Pass POST /rt/v1/poll on to the server, and wait 75 s for its answer.',
    with: { nginx: 'proxy_read_timeout 75s; proxy_next_upstream off;' },
  },
  idle_cut: {
    says: 'Your network cuts what is silent: {value}.',
    mend: 'Let a connection be silent for 75 s; heartbeats come every 20 s.',
    with: {
      nginx: 'proxy_read_timeout 75s; proxy_send_timeout 75s;',
      haproxy: 'timeout client 75s, timeout server 75s, timeout tunnel 75s.',
      apache: 'ProxyTimeout 75.',
      varnish: '-p first_byte_timeout=75 -p between_bytes_timeout=75 -p pipe_timeout=75.',
      squid: 'read_timeout 75 seconds.',
      tinyproxy: 'Timeout 75.',
      aws: 'Idle timeout of the load balancer: 75 s.',
      envoy: 'stream_idle_timeout: 75s.',
    },
  },
  slow: {
    says: 'The way to the server is slow: a round trip takes {value}.',
    mend: 'Look for a loaded line or a far-away proxy; nothing in Fairlead’s way is wrong.',
    with: {},
  },
};

/** The client's cause of a transport's failure → the symptom. `busy` and `gap` are none of a network's. */
export const symptomOf = {
  websocket: { refused: 'upgrade_stripped', closed: 'closed_101', silent: 'silent_101', one_way: 'one_way_101', cut: 'closed_101' },
  sse: { refused: 'sse_refused', held: 'sse_held', silent: 'sse_held', behind: 'sse_behind', one_way: 'sse_proof', closed: 'sse_cut', cut: 'sse_cut' },
  poll: { refused: 'poll_refused', silent: 'poll_refused', cut: 'poll_refused', closed: 'poll_refused' },
};

// Who stands on the way, as far as it names itself: in the headers of answers, or in those that it adds to requests.
// The same marks as in `fairlead doctor`.

/** Name in a result → name for people. */
export const products = {
  akamai: 'Akamai',
  apache: 'Apache httpd',
  aws: 'an AWS load balancer',
  azure: 'Azure Front Door',
  bluecoat: 'Blue Coat ProxySG',
  caddy: 'Caddy',
  cloudflare: 'Cloudflare',
  cloudfront: 'CloudFront',
  e2guardian: 'e2guardian',
  envoy: 'Envoy',
  fastly: 'Fastly',
  ffproxy: 'ffproxy',
  fortinet: 'Fortinet',
  google: 'a Google load balancer',
  haproxy: 'HAProxy',
  lighttpd: 'lighttpd',
  mitmproxy: 'mitmproxy',
  privoxy: 'Privoxy',
  squid: 'Squid',
  tinyproxy: 'tinyproxy',
  trafficserver: 'Apache Traffic Server',
  varnish: 'Varnish',
  zscaler: 'Zscaler',
};

// Header → what its value contains → who that is; '' is enough of itself.
const answerMarks = {
  'cf-ray': { '': 'cloudflare' },
  'cache-status': { squid: 'squid' },
  server: {
    'apache/': 'apache', 'ats/': 'trafficserver', awselb: 'aws', caddy: 'caddy', cloudflare: 'cloudflare',
    akamai: 'akamai', e2guardian: 'e2guardian', envoy: 'envoy', ffproxy: 'ffproxy', fortiproxy: 'fortinet',
    haproxy: 'haproxy', lighttpd: 'lighttpd', mitmproxy: 'mitmproxy', privoxy: 'privoxy', squid: 'squid',
    tinyproxy: 'tinyproxy', varnish: 'varnish', zscaler: 'zscaler',
  },
  via: {
    apachetrafficserver: 'trafficserver', bluecoat: 'bluecoat', caddy: 'caddy', cloudfront: 'cloudfront',
    e2guardian: 'e2guardian', ffproxy: 'ffproxy', fortigate: 'fortinet', google: 'google', mitmproxy: 'mitmproxy',
    privoxy: 'privoxy', proxysg: 'bluecoat', '(squid': 'squid', tinyproxy: 'tinyproxy', varnish: 'varnish',
    zscaler: 'zscaler',
  },
  'x-akamai-transformed': { '': 'akamai' },
  'x-amz-cf-id': { '': 'cloudfront' },
  'x-azure-ref': { '': 'azure' },
  'x-bluecoat-via': { '': 'bluecoat' },
  'x-cache': { 'from squid': 'squid' },
  'x-envoy-upstream-service-time': { '': 'envoy' },
  'x-fastly-request-id': { '': 'fastly' },
  'x-squid-error': { '': 'squid' },
  'x-varnish': { '': 'varnish' },
};

// Headers that were not sent from here, but arrived.
const requestMarks = {
  'cf-connecting-ip': 'cloudflare',
  'cf-ray': 'cloudflare',
  'fastly-client-ip': 'fastly',
  'x-amz-cf-id': 'cloudfront',
  'x-amzn-trace-id': 'aws',
  'x-azure-fdid': 'azure',
  'x-azure-ref': 'azure',
  'x-bluecoat-via': 'bluecoat',
  'x-cloud-trace-context': 'google',
  'x-envoy-expected-rq-timeout-ms': 'envoy',
  'x-varnish': 'varnish',
};

/**
 * @param answerHeaders  a Headers of an answer
 * @param requestNames   the names of the request's headers, as they arrived at the server
 * @returns names of `products`, each once
 */
export function productsIn(answerHeaders, requestNames) {
  const names = requestNames.map((name) => String(name).toLowerCase());
  const found = names.filter((name) => Object.hasOwn(requestMarks, name)).map((name) => requestMarks[name]);
  for (const [header, marks] of Object.entries(answerMarks)) {
    const value = answerHeaders.get(header)?.toLowerCase();
    if (value === undefined) continue;
    for (const [part, product] of Object.entries(marks)) if (value.includes(part)) found.push(product);
  }
  return [...new Set(found)].sort();
}

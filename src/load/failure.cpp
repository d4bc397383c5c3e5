#include "load/failure.h"

#include <algorithm>
#include <charconv>

#include "protocol/json.h"

namespace fairlead::load {
namespace {

std::string explain_status(const Failure& failure, const Url& url) {
  const auto said = std::to_string(failure.status) +
                    (failure.code.empty() ? "" : " " + failure.code) +
                    (failure.detail.empty() ? "" : " (" + failure.detail + ")");
  const auto where = failure.during.empty() ? "" : " when " + failure.during;
  switch (failure.status) {
    case 301:
    case 302:
    case 307:
    case 308:
      return url.text() + " redirects to " +
             failure.detail.substr(0, failure.detail.find("/rt/v1/")) + ": give that URL";
    case 401:
      return url.text() + " answers " + said + where +
             ": wrong or expired credentials. Give a valid --token, or --name with its --password, "
             "or none of\n"
             "them: then an account is signed up";
    case 403:
      return url.text() + " answers " + said + where + ": this account may not do that";
    case 404:
      return url.text() + " answers 404" + where +
             ": no such room, or no Fairlead at this URL. Is a path missing, as https://HOST/chat?";
    case 426:
      return url.text() + " answers 426" + where +
             ": a proxy on the way takes the Upgrade header out, so there is no WebSocket on this "
             "path.\n"
             "Measure what clients fall back to: --transports sse,poll";
    case 429:
      return url.text() + " answers " + said + where +
             ": rate limited. Lower --rate or --receivers, or raise the server's limit: fairlead "
             "serve\n"
             "--sends-per-5s for sends; `fairlead config nginx --streams-per-client`, "
             "--login-rate for the rest";
    case 502:
    case 503:
    case 504:
      return url.text() + " answers " + said + where +
             ": the proxy is there, but no node behind it answers, or it is overloaded. Is "
             "`fairlead serve` running?";
    default:
      return url.text() + " answers " + said + where;
  }
}

}  // namespace

Failure status_failure(const ResponseHead& head, std::string_view body, std::string during) {
  Failure failure{Failure::Kind::kStatus, {}, head.status, {}, std::move(during)};
  if (const auto json = protocol::parse_object(body)) {
    if (json->contains("code") && json->at("code").is_string()) failure.code = json->at("code");
    if (json->contains("detail") && json->at("detail").is_string())
      failure.detail = json->at("detail");
  }
  if (const auto location = head.header("location"); location && head.status / 100 == 3) {
    failure.detail = *location;
  }
  if (const auto wait = head.header("retry-after")) {
    std::from_chars(wait->data(), wait->data() + wait->size(), failure.retry_after_s);
  }
  return failure;
}

bool is_final(const Failure& failure) {
  switch (failure.kind) {
    case Failure::Kind::kStatus:
      return failure.status < 500 && failure.status != 408 && failure.status != 429;
    case Failure::Kind::kCertificate:
    case Failure::Kind::kDescriptors:
    case Failure::Kind::kPorts:
    case Failure::Kind::kProtocol:
    case Failure::Kind::kNotFairlead:
    case Failure::Kind::kInterrupted:
    case Failure::Kind::kPlain:
      return true;
    default:
      return false;
  }
}

std::string explain(const Failure& failure, const Url& url) {
  const auto where = failure.during.empty() ? "" : " when " + failure.during;
  const auto place = url.host + " port " + url.port;
  switch (failure.kind) {
    case Failure::Kind::kResolve:
      return "no host is called " + url.host + " (" + failure.detail +
             "): check the URL, or the DNS";
    case Failure::Kind::kRefused:
      return "nothing listens at " + place + ": is the server running, and is that its port?";
    case Failure::Kind::kUnreachable:
      return place + " cannot be reached (" + failure.detail +
             "): check the address, the route, the firewall";
    case Failure::Kind::kTimeout:
      return place + " does not answer" + where +
             (failure.detail.empty() ? "" : ": " + failure.detail) +
             ". A firewall that drops packets, or a server that is overloaded";
    case Failure::Kind::kClosed:
      return place + " closes the connection" + where +
             (failure.detail.empty() ? "" : " (" + failure.detail + ")") +
             (url.tls ? "" : ". If it speaks TLS, give https://");
    case Failure::Kind::kDescriptors:
      return "out of file descriptors" + where +
             ": `ulimit -n 65536` in this shell first, or fewer --receivers";
    case Failure::Kind::kPorts:
      return "out of local ports towards " + place +
             ": fewer --receivers, or widen net.ipv4.ip_local_port_range";
    case Failure::Kind::kCertificate:
      return "the certificate of " + place + " is not to be trusted: " + failure.detail +
             ".\nIf it is your own, --insecure skips the check (or SSL_CERT_FILE=CA.pem names who "
             "signed it; the\n"
             "usual authorities come with the package ca-certificates)";
    case Failure::Kind::kTls:
      return "no TLS with " + place + ": " + failure.detail +
             ". If it speaks plain HTTP, give http://";
    case Failure::Kind::kProtocol:
      return place + " answers something that is not HTTP or not to be understood" + where +
             (failure.detail.empty() ? "" : " (" + failure.detail + ")");
    case Failure::Kind::kStatus:
      return explain_status(failure, url);
    case Failure::Kind::kNotFairlead:
      return url.text() + " answers, but not as a Fairlead does (" + failure.detail +
             "): is this a Fairlead, and is a path missing, as https://HOST/chat?";
    case Failure::Kind::kInterrupted:
      return "interrupted";
    case Failure::Kind::kPlain:
      return failure.detail;
  }
  return failure.detail;
}

}  // namespace fairlead::load

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace fairlead::http {

// An origin (RFC 6454) in one spelling: scheme and host in lower case, always with a port
// ("https://chat.example.org:443"). nullopt: it is none; `null` is none.
std::optional<std::string> normal_origin(std::string_view text);

// Whose pages may talk to this server: its own, and those that the operator lists. A browser says
// which page a request comes from; other clients say nothing, and could say anything. Immutable;
// any thread.
class Origins {
 public:
  // "https://chat.example.org", with a port if it is not the scheme's own; "null" (pages without an
  // origin: files, sandboxed frames); "*": all but "null". What is none of these is ignored: see
  // problem_of().
  explicit Origins(const std::vector<std::string>& listed = {});
  // Why `text` cannot be listed; empty: it can.
  static std::string problem_of(std::string_view text);

  // Whether the request comes from no page, or from one that may call. The own origin is the
  // request's Host, or what a proxy that changed it says that it was (X-Forwarded-Host), with its
  // port. The scheme counts where it is known to be https. Else a page of the same host under https
  // has reached us through something that ends TLS and does not tell: no browser lets such a page
  // speak plain HTTP.
  bool may_call(const Request& request) const;
  // Whether a cookie counts that comes with the request: the browser adds it whoever asks
  // (CWE-352). Only for own pages and those listed by name; what says nothing of its page is let
  // through, other than Sec-Fetch-Site: cross-site.
  bool may_use_cookies(const Request& request) const;

  // Header lines (each with its CRLF) that let a listed page read the answer (Fetch standard,
  // "CORS protocol"); empty for all others. Credentials only for pages listed by name.
  std::string answer_lines(const Request& request) const;
  // Beside these, for the OPTIONS request that asks before (preflight). `allow`: the methods there.
  std::string preflight_lines(const Request& request, std::string_view allow) const;

 private:
  enum class Page { kNone, kOwn, kListed, kAny, kForeign };
  Page page_of(const Request& request) const;

  std::vector<std::string> listed_;  // normal
  bool all_ = false, null_ = false;
};

// Whether the browser's scheme is https, as a trusted proxy says (X-Forwarded-Proto).
bool is_secure(const Request& request, bool trusted_proxy);

}  // namespace fairlead::http

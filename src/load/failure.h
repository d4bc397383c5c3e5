#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "load/http_response.h"
#include "load/url.h"

namespace fairlead::load {

// Why something did not work, kept so that explain() can say what to do about it.
struct Failure {
  enum class Kind : std::uint8_t {
    kResolve,      // no such host
    kRefused,      // nothing listens
    kUnreachable,  // no route
    kTimeout,
    kClosed,       // cut before the answer was whole
    kDescriptors,  // EMFILE
    kPorts,        // EADDRNOTAVAIL
    kCertificate,  // not to be trusted
    kTls,          // anything else in the handshake
    kProtocol,     // an answer that is none
    kStatus,       // an HTTP status that is not what was hoped for
    kNotFairlead,  // it answers, but not as one of ours
    kInterrupted,  // Ctrl-C
    kPlain,        // `detail` says it all
  };
  Kind kind = Kind::kClosed;
  std::string detail = {};
  int status = 0;            // kStatus
  std::string code = {};     // kStatus: the problem's `code`
  std::string during = {};   // "signing up"
  double retry_after_s = 0;  // kStatus
};

template <typename T>
using Outcome = tl::expected<T, Failure>;
using Failed = tl::unexpected<Failure>;

// What an answer with an unexpected status says.
Failure status_failure(const ResponseHead& head, std::string_view body, std::string during);

// Will the same request fail again however often it is made?
bool is_final(const Failure& failure);

// One sentence or two for the user: what happened, and what to do.
std::string explain(const Failure& failure, const Url& url);

}  // namespace fairlead::load

#pragma once

#include <cstdint>
#include <string>

namespace fairlead::doctor {

// Why there is no whole answer.
struct Trouble {
  enum class Kind : std::uint8_t {
    kNone,
    kResolve,    // no such host
    kProxy,      // the forward proxy cannot be reached
    kProxyAuth,  // it answered 407
    kTunnel,     // … it refuses CONNECT; `status` says how
    kConnect,    // refused, unreachable
    kTimeout,
    kTls,
    kCertificate,
    kCut,        // closed or reset before the answer was whole
    kMalformed,  // an answer that is none
    kTooMuch,    // more than was asked for
    kInterrupted,
  };
  Kind kind = Kind::kNone;
  std::string text = {};  // in libcurl's words
  int status = 0;         // kTunnel

  explicit operator bool() const { return kind != Kind::kNone; }
};

}  // namespace fairlead::doctor

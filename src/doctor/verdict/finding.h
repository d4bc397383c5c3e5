#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/verdict/product.h"

namespace fairlead::doctor {

enum class State : std::uint8_t {
  kOk,
  kNote,     // works, but worse than it could
  kBad,      // something to mend
  kSkipped,  // not tried; `detail` says why
};

// What was seen, in one word. What it means and what to do about it stands in verdict.cpp.
enum class Symptom : std::uint8_t {
  kNone,
  // reaching it
  kNoName,
  kAddressDead,  // subject: the address
  kUnreachable,
  kProxyAway,  // the forward proxy itself
  kProxyAuth,
  kTunnelRefused,  // subject: the status of CONNECT
  kTls,
  kCertificate,
  kCertificateEnds,  // value: days
  kIntercepted,      // subject: the issuer
  kOldTls,           // subject: the version
  kRedirected,       // subject: where to
  kNobodyHome,       // subject: 502, 503, 504
  kNotFairlead,
  kHttp1Refused,
  // requests
  kHttp10,
  kAddressUnknown,    // the server sees everybody at one address
  kAddressUntrusted,  // … though X-Real-IP arrives
  kAddressOfProxy,    // … that of a load balancer
  kHeaderLost,        // subject: its name
  kMethodRefused,     // subject: PUT, PATCH, DELETE
  kPostRefused,
  kUrlLimit,  // value: bytes that pass
  kHeaderLimit,
  kBodyLimit,
  kBodyUnkept,  // value: bytes that pass
  kCached,
  // streams
  kAccount,
  kUpgradeStripped,
  kUpgradeRefused,  // subject: what came instead
  kClosed101,
  kSilent101,
  kOneWay101,
  kSseRefused,    // subject: what came instead
  kSseHeld,       // to the end of the response
  kSseHeldUntil,  // value: bytes
  kSseHeldButPost,
  kSseBehind,
  kSseDelayed,     // value: seconds
  kSseCompressed,  // subject: the encoding
  kSseProof,       // subject: the status of POST /rt/v1/probe
  kPollRefused,    // subject: what came instead
  kPollReplayed,   // value: seconds until it was
  kIdleCut,        // subject: the transports; value: seconds
  kLifeCut,
  // this host
  kDirective,  // the finding says it all
};

// One thing that was tried, and how it went. `detail` and `subject` may hold text from the network:
// as it came, made printable where it is printed.
struct Finding {
  std::string probe;  // "websocket"
  State state = State::kOk;
  std::string detail;
  Symptom symptom = Symptom::kNone;
  std::string subject = {};
  double value = 0;
  Products by = {};         // who gave the answer, where that is known
  std::string remedy = {};  // kDirective, kAccount
};
using Findings = std::vector<Finding>;

// "ok", "note", "bad", "skipped".
std::string_view name_of(State state);
// "upgrade_stripped", for --json.
std::string_view name_of(Symptom symptom);

}  // namespace fairlead::doctor

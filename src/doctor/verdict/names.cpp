#include "doctor/verdict/finding.h"

namespace fairlead::doctor {

std::string_view name_of(State state) {
  constexpr std::string_view kNames[] = {"ok", "note", "bad", "skipped"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string_view name_of(Symptom symptom) {
  switch (symptom) {
    case Symptom::kNone:
      return "";
    case Symptom::kNoName:
      return "no_name";
    case Symptom::kAddressDead:
      return "address_dead";
    case Symptom::kUnreachable:
      return "unreachable";
    case Symptom::kProxyAway:
      return "proxy_away";
    case Symptom::kProxyAuth:
      return "proxy_auth";
    case Symptom::kTunnelRefused:
      return "tunnel_refused";
    case Symptom::kTls:
      return "tls";
    case Symptom::kCertificate:
      return "certificate";
    case Symptom::kCertificateEnds:
      return "certificate_ends";
    case Symptom::kIntercepted:
      return "intercepted";
    case Symptom::kOldTls:
      return "old_tls";
    case Symptom::kRedirected:
      return "redirected";
    case Symptom::kNobodyHome:
      return "nobody_home";
    case Symptom::kNotFairlead:
      return "not_fairlead";
    case Symptom::kHttp1Refused:
      return "http1_refused";
    case Symptom::kHttp10:
      return "http10";
    case Symptom::kAddressUnknown:
      return "address_unknown";
    case Symptom::kAddressUntrusted:
      return "address_untrusted";
    case Symptom::kAddressOfProxy:
      return "address_of_proxy";
    case Symptom::kHeaderLost:
      return "header_lost";
    case Symptom::kMethodRefused:
      return "method_refused";
    case Symptom::kPostRefused:
      return "post_refused";
    case Symptom::kUrlLimit:
      return "url_limit";
    case Symptom::kHeaderLimit:
      return "header_limit";
    case Symptom::kBodyLimit:
      return "body_limit";
    case Symptom::kBodyUnkept:
      return "body_unkept";
    case Symptom::kCached:
      return "cached";
    case Symptom::kAccount:
      return "account";
    case Symptom::kUpgradeStripped:
      return "upgrade_stripped";
    case Symptom::kUpgradeRefused:
      return "upgrade_refused";
    case Symptom::kClosed101:
      return "closed_101";
    case Symptom::kSilent101:
      return "silent_101";
    case Symptom::kOneWay101:
      return "one_way_101";
    case Symptom::kSseRefused:
      return "sse_refused";
    case Symptom::kSseHeld:
      return "sse_held";
    case Symptom::kSseHeldUntil:
      return "sse_held_until";
    case Symptom::kSseHeldButPost:
      return "sse_held_but_post";
    case Symptom::kSseBehind:
      return "sse_behind";
    case Symptom::kSseDelayed:
      return "sse_delayed";
    case Symptom::kSseCompressed:
      return "sse_compressed";
    case Symptom::kSseProof:
      return "sse_proof";
    case Symptom::kPollRefused:
      return "poll_refused";
    case Symptom::kPollReplayed:
      return "poll_replayed";
    case Symptom::kIdleCut:
      return "idle_cut";
    case Symptom::kLifeCut:
      return "life_cut";
    case Symptom::kDirective:
      return "directive";
  }
  return "";
}

}  // namespace fairlead::doctor

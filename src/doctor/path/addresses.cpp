#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

#include "doctor/path/probes.h"
#include "doctor/way/interrupt.h"
#include "doctor/way/tunnel.h"

namespace fairlead::doctor {
namespace {

constexpr auto kLimit = std::chrono::seconds(5);
constexpr std::size_t kAddressesMax = 8;
constexpr double kDaysSoon = 14;

std::vector<std::string> addresses_of(const load::Url& url, std::string& why) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int code = ::getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &list);
      code != 0) {
    why = ::gai_strerror(code);
    return {};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  std::vector<std::string> found;
  for (const auto* a = list; a != nullptr && found.size() < kAddressesMax; a = a->ai_next) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::getnameinfo(a->ai_addr, a->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST) != 0) {
      continue;
    }
    if (std::find(found.begin(), found.end(), text.data()) == found.end())
      found.emplace_back(text.data());
  }
  return found;
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

std::string milliseconds_text(double seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f ms", seconds * 1000);
  return text.data();
}

bool is_ours(const std::string& address, const Trouble& trouble) {
  return address.find(':') != std::string::npos &&
         trouble.text.find("unreachable") != std::string::npos;
}

void judge_tls(const TlsLook& look, const Way& way, Examination& exam, Findings& findings) {
  const auto inspectors = recognize_issuer(look.issuer);
  exam.known.products.insert(inspectors.begin(), inspectors.end());
  const auto days = look.days_left.value_or(0);
  Finding tls{"tls", State::kOk,
              look.version + ", " + look.subject + " for " +
                  std::to_string(static_cast<int>(days)) + " days" +
                  (way.insecure ? " (not checked)" : "")};
  findings.push_back(tls);
  if (look.version != "TLSv1.2" && look.version != "TLSv1.3") {
    findings.push_back(
        {"tls", State::kBad, look.version + " is too old", Symptom::kOldTls, look.version});
  }
  if (look.days_left && days < kDaysSoon) {
    findings.push_back({"certificate",
                        days < 3 ? State::kBad : State::kNote,
                        "ends in " + std::to_string(static_cast<int>(days)) + " days",
                        Symptom::kCertificateEnds,
                        {},
                        std::max(days, 0.0)});
  }
  if (!inspectors.empty()) {
    findings.push_back({"certificate", State::kNote, "issued by " + look.issuer,
                        Symptom::kIntercepted, look.issuer, 0, inspectors});
  }
}

// A dead address matters as much as clients lose time with it; if none works, all is lost.
void judge_dead(const std::vector<std::pair<std::string, Trouble>>& dead, bool some_work,
                Findings& findings) {
  for (const auto& [address, trouble] : dead) {
    const auto text = address + ": " + trouble.text;
    if (some_work && is_ours(address, trouble)) {
      findings.push_back({"tcp", State::kNote, text + " (this machine has no way to it)"});
    } else if (some_work) {
      const auto state = trouble.kind == Trouble::Kind::kConnect ? State::kNote : State::kBad;
      findings.push_back({"tcp", state, text, Symptom::kAddressDead, address});
    } else {
      auto finding = failure("tcp", trouble, Symptom::kUnreachable);
      finding.detail = text;
      if (finding.symptom == Symptom::kUnreachable) finding.subject = text;
      findings.push_back(finding);
    }
  }
}

Tunnel::Limit soon() {
  return std::chrono::steady_clock::now() + kLimit;
}

}  // namespace

Findings probe_addresses(Examination& exam) {
  const auto& way = exam.way;
  if (!way.proxy.empty()) {
    Findings findings{{"dns", State::kSkipped,
                       "the forward proxy " + without_password(way.proxy) + " does that"}};
    if (!way.url.tls) return findings;
    const auto tunnel = Tunnel::open(way, Version::kHttp2, soon());
    if (!tunnel) {
      findings.push_back(failure("tls", tunnel.error(), Symptom::kUnreachable));
    } else if (const auto look = tunnel->look_at_tls()) {
      judge_tls(*look, way, exam, findings);
    }
    return findings;
  }
  // What is connected to.
  const auto place =
      way.connect_to.empty() ? way.url : *load::parse_url("http://" + way.connect_to);
  std::string why;
  const auto addresses = addresses_of(place, why);
  if (addresses.empty()) return {{"dns", State::kBad, why, Symptom::kNoName, place.host}};
  Findings findings{{"dns", State::kOk, place.host + " is " + joined(addresses)}};
  std::vector<std::string> alive;
  std::vector<std::pair<std::string, Trouble>> dead;
  std::optional<TlsLook> look;
  for (const auto& address : addresses) {
    if (interrupted()) break;
    const auto tunnel = Tunnel::open(way, Version::kHttp2, soon(), address);
    if (!tunnel) {
      dead.emplace_back(address, tunnel.error());
      continue;
    }
    alive.push_back(address + " in " + milliseconds_text(tunnel->connect_s()));
    if (!look) look = tunnel->look_at_tls();
  }
  if (!alive.empty()) findings.push_back({"tcp", State::kOk, joined(alive)});
  judge_dead(dead, !alive.empty(), findings);
  if (look) judge_tls(*look, way, exam, findings);
  return findings;
}

}  // namespace fairlead::doctor

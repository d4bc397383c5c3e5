#include "doctor/report.h"

#include <algorithm>

#include "protocol/json.h"

namespace fairlead::doctor {
namespace {

using protocol::Json;

constexpr std::size_t kProbeWidth = 22;
constexpr std::size_t kColumns = 100;

// Bytes of the UTF-8 character that `text` begins with; 0: none, or one that no terminal should
// see.
std::size_t character_bytes(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (bytes == 0 || text.size() < bytes || first > 0xf4) return 0;
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80) return 0;
  }
  if (first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0) return 0;  // C1 controls
  return bytes;
}

std::string wrapped(std::string_view text, const std::string& indent) {
  std::string out, line = indent;
  while (!text.empty()) {
    const auto space = std::min(text.find(' '), text.size());
    const auto word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (line.size() + 1 + word.size() > kColumns && line.size() > indent.size()) {
      out += line + "\n";
      line = indent;
    }
    if (line.size() > indent.size()) line += ' ';
    line += word;
  }
  return out + line + "\n";
}

std::string plural(std::size_t count, std::string_view thing) {
  return std::to_string(count) + " " + std::string(thing) + (count == 1 ? "" : "s");
}

std::size_t count_of(const std::vector<Cause>& causes, State severity) {
  return static_cast<std::size_t>(
      std::count_if(causes.begin(), causes.end(),
                    [&](const Cause& cause) { return cause.severity == severity; }));
}

std::string remedy_text(const Cause& cause) {
  std::string out;
  if (cause.remedies.size() > 1) out += "   One of these does it:\n";
  for (const auto& remedy : cause.remedies) {
    const auto in =
        remedy.product.empty() ? std::string("change: ") : "change in " + remedy.product + ": ";
    out += wrapped(in + printable(remedy.change, 1000), "   ");
  }
  return out;
}

Json finding_json(const Finding& finding) {
  Json json = {{"probe", finding.probe},
               {"state", name_of(finding.state)},
               {"detail", printable(finding.detail)}};
  if (finding.symptom == Symptom::kNone) return json;
  json["symptom"] = name_of(finding.symptom);
  if (!finding.subject.empty()) json["subject"] = printable(finding.subject);
  if (finding.value > 0) json["value"] = finding.value;
  return json;
}

Json cause_json(const Cause& cause) {
  Json remedies = Json::array();
  for (const auto& remedy : cause.remedies) {
    Json one = {{"change", printable(remedy.change, 1000)}};
    if (!remedy.product.empty()) one["product"] = remedy.product;
    remedies.push_back(std::move(one));
  }
  return {{"symptom", name_of(cause.symptom)},
          {"severity", name_of(cause.severity)},
          {"what", printable(cause.what, 1000)},
          {"remedies", std::move(remedies)}};
}

}  // namespace

std::string printable(std::string_view text, std::size_t characters_max) {
  std::string out;
  for (std::size_t n = 0; !text.empty(); ++n) {
    if (n == characters_max) return out + "...";
    const auto bytes = character_bytes(text);
    out += bytes == 0 ? (text.front() == '\n' || text.front() == '\t' ? " " : "?")
                      : text.substr(0, bytes);
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return out;
}

std::string row(const Finding& finding) {
  std::string state(finding.state == State::kSkipped ? "-" : name_of(finding.state));
  state.resize(6, ' ');
  auto probe = finding.probe;
  if (probe.size() < kProbeWidth) probe.resize(kProbeWidth, ' ');
  return "  " + state + probe + " " + printable(finding.detail) + "\n";
}

std::string verdict_text(const std::vector<Cause>& causes, const Findings& findings) {
  const auto bad = count_of(causes, State::kBad);
  const auto notes = count_of(causes, State::kNote);
  std::string out = bad > 0 ? plural(bad, "thing") + " to mend" : "Well: nothing to mend";
  if (notes > 0) out += ", " + plural(notes, "thing") + " to know";
  out += ".\n";
  std::size_t number = 0;
  for (const auto& cause : causes) {
    out += "\n" + std::to_string(++number) + ". " +
           wrapped(printable(cause.what, 1000), "   ").substr(3);
    out += remedy_text(cause);
  }
  const bool without_account = std::any_of(findings.begin(), findings.end(), [](const Finding& f) {
    return f.state == State::kSkipped && f.detail == "needs an account";
  });
  if (without_account) {
    out +=
        "\nStreams were not tried, for that needs an account: --guest signs one up (it stays), "
        "--user with "
        "--password-file\nor --token-file uses one.\n";
  }
  return out;
}

std::string json_text(const Subject& subject, const Findings& findings,
                      const std::vector<Cause>& causes) {
  Json probes = Json::array(), all = Json::array(), products = Json::array();
  for (const auto& finding : findings) probes.push_back(finding_json(finding));
  for (const auto& cause : causes) all.push_back(cause_json(cause));
  for (const auto product : subject.products) products.push_back(name_of(product));
  Json json = {{"url", printable(subject.url, 2000)},
               {"proxy", printable(subject.proxy, 2000)},
               {"well", count_of(causes, State::kBad) == 0},
               {"products", std::move(products)},
               {"causes", std::move(all)},
               {"probes", std::move(probes)}};
  return protocol::dump(json) + "\n";
}

}  // namespace fairlead::doctor

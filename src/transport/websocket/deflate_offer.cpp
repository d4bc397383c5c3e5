#include "transport/websocket/deflate_offer.h"

#include <algorithm>
#include <array>
#include <optional>

#include "deflate/deflate.h"

namespace fairlead::websocket {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// What is before `end`; `rest` keeps what is behind it. No value that may be has a semicolon in
// quotes: an offer with one falls apart into parts that are no parameters.
std::string_view cut_off(std::string_view& rest, char end) {
  const auto at = std::min(rest.find(end), rest.size());
  const auto part = trimmed(rest.substr(0, at));
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return part;
}

// 8 to 15, without a leading zero, perhaps in quotes.
std::optional<int> window_bits(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  for (int bits = 8; bits <= 15; ++bits) {
    if (value == std::to_string(bits)) return bits;
  }
  return std::nullopt;
}

// What is offered, judged.
class Parameters {
 public:
  // False: that cannot be kept.
  bool take(std::string_view parameter) {
    auto value = parameter;
    const auto name = cut_off(value, '=');
    const bool has_value = parameter.find('=') != std::string_view::npos;
    const auto known = std::ranges::find(kNames, name);
    if (known == kNames.end()) return false;
    auto& seen = seen_.at(static_cast<std::size_t>(known - kNames.begin()));
    if (seen) return false;
    seen = true;
    const auto bits = window_bits(trimmed(value));
    if (name == kServerBits) {
      if (!bits || *bits < deflate::kWindowBits) return false;
      server_bits_ = *bits;
      return true;
    }
    // The client's window may be what it likes: ours to inflate with is the largest.
    return name == kClientBits ? !has_value || bits : !has_value;
  }

  std::string answer() const {
    std::string text = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    if (server_bits_ > 0) text += "; server_max_window_bits=" + std::to_string(server_bits_);
    return text;
  }

 private:
  static constexpr std::string_view kServerBits = "server_max_window_bits";
  static constexpr std::string_view kClientBits = "client_max_window_bits";
  static constexpr std::array<std::string_view, 4> kNames{
      "server_no_context_takeover", "client_no_context_takeover", kServerBits, kClientBits};
  std::array<bool, kNames.size()> seen_{};
  int server_bits_ = 0;  // not asked for
};

}  // namespace

std::string answer_to_deflate_offer(std::string_view offer) {
  if (cut_off(offer, ';') != "permessage-deflate") return {};
  Parameters parameters;
  while (!offer.empty()) {
    if (!parameters.take(cut_off(offer, ';'))) return {};
  }
  return parameters.answer();
}

}  // namespace fairlead::websocket

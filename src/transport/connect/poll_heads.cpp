#include "transport/connect/poll_heads.h"

#include <limits>

namespace fairlead::connect {
namespace {

constexpr std::string_view kParameter = "cursor=";

// As the log writes them: what would have to be percent-decoded is read in the long way.
bool is_plain(std::string_view cursor) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_~";
  return !cursor.empty() && cursor.find_first_not_of(kPlain) == std::string_view::npos;
}

// The value of `cursor` that begins at `at`.
std::string_view value_at(std::string_view head, std::size_t at) {
  return head.substr(at, head.find_first_of("& ", at) - at);
}

}  // namespace

void PollHeads::remember(std::string_view head, poll::SeenHead& seen) const {
  seen = {};
  const auto line = head.substr(0, head.find("\r\n"));
  const auto name = line.find(kParameter);
  if (!head.starts_with("GET ") || !head.ends_with("\r\n\r\n") ||
      head.size() > std::numeric_limits<std::uint16_t>::max() || name == std::string_view::npos ||
      line.find(kParameter, name + 1) != std::string_view::npos ||
      (line[name - 1] != '?' && line[name - 1] != '&')) {
    return;
  }
  const auto at = name + kParameter.size();
  const auto cursor = value_at(head, at);
  if (!is_plain(cursor)) return;
  const auto behind = head.substr(at + cursor.size());
  seen.fingerprint = fingerprint_.of(head.substr(0, at), behind);
  seen.cursor_at = static_cast<std::uint16_t>(at);
  seen.bytes_behind_cursor = static_cast<std::uint16_t>(behind.size());
}

std::optional<std::string_view> PollHeads::same_but_for_cursor(std::string_view head,
                                                               const poll::SeenHead& seen) const {
  if (seen.cursor_at == 0 || head.size() <= seen.cursor_at) return std::nullopt;
  const auto cursor = value_at(head, seen.cursor_at);
  const auto behind = head.substr(seen.cursor_at + cursor.size());
  if (behind.size() != seen.bytes_behind_cursor || !is_plain(cursor) ||
      fingerprint_.of(head.substr(0, seen.cursor_at), behind) != seen.fingerprint) {
    return std::nullopt;
  }
  return cursor;
}

}  // namespace fairlead::connect

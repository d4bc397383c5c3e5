#include "transport/connect/poll_head_reader.h"

#include <string>

#include "http/request_id.h"

namespace fairlead::connect {
namespace {

constexpr std::string_view kCursor = "cursor=";
constexpr std::string_view kRequestId = "\r\nX-Request-Id: ";  // as nginx and the like write it

// As the log writes them: what would have to be percent-decoded is read in the long way.
bool is_plain(std::string_view cursor) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_~";
  return !cursor.empty() && cursor.find_first_not_of(kPlain) == std::string_view::npos;
}

}  // namespace

std::optional<poll::PollHead> PollHeadReader::look_at(std::string_view bytes,
                                                      std::uint64_t keys) const {
  if (!bytes.starts_with("GET ") || !bytes.ends_with("\r\n\r\n")) return std::nullopt;
  const auto line = bytes.substr(0, bytes.find("\r\n"));
  const auto name = line.find(kCursor);
  if (name == std::string_view::npos || line.find(kCursor, name + 1) != std::string_view::npos ||
      (line[name - 1] != '?' && line[name - 1] != '&')) {
    return std::nullopt;
  }
  poll::PollHead head;
  const auto before = bytes.substr(0, name + kCursor.size());
  auto behind = bytes.substr(before.size());
  head.cursor = behind.substr(0, behind.find_first_of("& "));
  behind.remove_prefix(head.cursor.size());
  if (!is_plain(head.cursor)) return std::nullopt;

  auto between = behind;
  if (const auto id = behind.find(kRequestId); id != std::string_view::npos) {
    between = behind.substr(0, id + kRequestId.size());
    behind.remove_prefix(between.size());
    head.request_id = behind.substr(0, behind.find('\r'));
    behind.remove_prefix(head.request_id.size());
    if (!http::is_request_id(head.request_id)) return std::nullopt;
  } else {
    behind = {};
  }
  head.fingerprint = fingerprint_.of({before, between, behind, std::to_string(keys)});
  return head;
}

}  // namespace fairlead::connect

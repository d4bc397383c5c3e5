#pragma once

#include <spdlog/spdlog.h>

// Log lines: an event word, then key=value. Never message text, tokens, tickets or passwords.
//   log_info("session_closed session={} code={}", id, code);
namespace fairlead {

template <typename... A>
void log_debug(spdlog::format_string_t<A...> f, A&&... a) {
  spdlog::debug(f, std::forward<A>(a)...);
}
template <typename... A>
void log_info(spdlog::format_string_t<A...> f, A&&... a) {
  spdlog::info(f, std::forward<A>(a)...);
}
template <typename... A>
void log_warn(spdlog::format_string_t<A...> f, A&&... a) {
  spdlog::warn(f, std::forward<A>(a)...);
}
template <typename... A>
void log_error(spdlog::format_string_t<A...> f, A&&... a) {
  spdlog::error(f, std::forward<A>(a)...);
}

}  // namespace fairlead

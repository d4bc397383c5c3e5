// Nobody makes a token, a ticket or a session id without the key; a real one passes as nothing
// else, and not at all when a byte of it is changed. Input: what to do to a real one, or a text as
// it is.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "auth/tokens.h"
#include "core/clock.h"
#include "core/random.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fairlead;
  static auth::Tokens tokens(random_bytes(32), system_clock());
  static const auto token = tokens.issue_token(UserId(7)).text;
  static const auto ticket = tokens.issue_ticket(*tokens.check_token(token)).text;
  static const auto session = tokens.make_session_id(UserId(7));
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // libFuzzer sees what is compared below, and hands it in.
  if (text == token || text == ticket || text == session) return 0;
  if (tokens.check_token(text) || tokens.check_ticket(text) ||
      tokens.owns_session_id(UserId(7), text)) {
    std::abort();
  }
  if (size < 3) return 0;
  for (const auto* real : {&token, &ticket, &session}) {
    std::string changed = *real;
    auto& at = changed[data[0] % changed.size()];
    at = static_cast<char>(data[1]);
    if (data[2] % 2 == 1) changed += text.substr(3);
    if (changed == *real) continue;
    if (tokens.check_token(changed) || tokens.check_ticket(changed) ||
        tokens.owns_session_id(UserId(7), changed)) {
      std::abort();
    }
  }
  return 0;
}

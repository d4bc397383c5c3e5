#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

#include "core/clock.h"
#include "core/ids.h"
#include "core/result.h"

namespace fairlead::auth {

// Who is asking, as a token or a ticket says.
struct Identity {
  UserId user;
  std::string token_id;  // of the token (a ticket has that of the token it was bought with)
  std::int64_t expires_at_ms = 0;  // of the token
  std::uint64_t key =
      0;  // an external issuer's that vouches for it (JwtKey::mark()); 0: it is ours
};

// BLAKE2b-128 of the id. Any thread.
TokenMark mark_of(std::string_view token_id);

// The error's detail of a token that was revoked.
inline constexpr char kRevokedDetail[] = "the token was revoked";

struct Issued {
  std::string text;  // the token or ticket itself: never logged, never stored
  std::int64_t expires_at_ms = 0;
};

// Tokens and tickets are signed (keyed BLAKE2b, libsodium), not stored: checking one takes no I/O
// and any node can. `fl1.PAYLOAD.MAC`, base64url, at most 200 characters out of [A-Za-z0-9._-], so
// that a token is an RFC 7230 token and fits a Sec-WebSocket-Protocol entry. What was revoked is in
// the store, and in memory in each node. Thread-safe; no method blocks.
class Tokens {
 public:
  // `key`: 32 bytes, the same on every node (a setting of the store, made at first start); anything
  // else throws std::invalid_argument. `clock` must outlive the object.
  Tokens(std::string key, const Clock& clock);
  ~Tokens();  // wipes the key
  Tokens(const Tokens&) = delete;
  Tokens& operator=(const Tokens&) = delete;

  Issued issue_token(UserId user);
  // `of.token_id` is at most 64 bytes, which those made here are.
  Issued issue_ticket(const Identity& of);
  // `unauthorized` with a detail that says what is wrong with it: malformed, expired, revoked.
  Result<Identity> check_token(std::string_view token) const;
  // Of one that was valid when it was checked: whether it has expired or been revoked since.
  Result<void> check_alive(const Identity& identity) const;
  struct Ticket {
    Identity identity;
    std::string ticket_id;           // to be redeemed once (store::Transaction::redeem_ticket)
    std::int64_t expires_at_ms = 0;  // of the ticket
  };
  // As check_token(); a ticket also ends with the token that it was bought with. Whether the key
  // behind that is still there knows the Authenticator.
  Result<Ticket> check_ticket(std::string_view ticket) const;

  // Whether a token of this id was made here, and not by an external issuer.
  static bool is_own_id(std::string_view token_id) { return token_id.starts_with("t_"); }

  // In memory; the store is the caller's. Forgotten once the token has expired anyway.
  void revoke(const std::string& token_id);
  bool revoked(std::string_view token_id) const;
  bool revoked(const TokenMark& token) const;

  // A session id that only this user can own: `s_` + random + MAC over the user. Any node can check
  // it.
  std::string make_session_id(UserId user) const;
  bool owns_session_id(UserId user, std::string_view session) const;

  // A word for a session's hello, as a number that is not negative: another one each time, and any
  // node can tell that a node has made it for this session.
  std::int64_t make_probe(std::string_view session) const;
  bool is_probe_of(std::string_view session, std::int64_t probe) const;

 private:
  std::uint32_t probe_mac(std::string_view session, std::uint32_t random) const;
  std::string mac(std::string_view purpose, std::string_view payload, std::size_t bytes) const;
  std::string seal(std::string_view purpose, const std::string& payload) const;
  // The payload of a text that seal() made for this purpose.
  Result<std::string> unseal(std::string_view purpose, std::string_view text) const;

  std::string key_;  // constant after construction
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> revoked_;  // guarded by mutex_; token ids sort by their expiry
  std::unordered_set<TokenMark> marks_;         // guarded by mutex_; of the same
};

}  // namespace fairlead::auth

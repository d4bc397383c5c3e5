#include "auth/tokens.h"

#include <sodium.h>

#include <cassert>
#include <cstring>
#include <stdexcept>

#include "auth/sodium.h"
#include "core/limits.h"
#include "core/random.h"
#include "protocol/ids.h"

namespace fairlead::auth {
namespace {

constexpr std::string_view kPrefix = "fl1.";
constexpr std::size_t kKeyBytes = crypto_generichash_KEYBYTES;
constexpr std::size_t kMacBytes = crypto_generichash_BYTES;
constexpr std::size_t kIdBytes = 16;  // random: not to be guessed, not to be met twice
constexpr std::size_t kTextCharsMax = 200;
constexpr std::size_t kTokenIdBytesMax = 64;
constexpr char kKeyFollows = 'k';  // no token's id begins with it
static_assert(kKeyBytes == 32);

// What a MAC is for is part of what it covers: a ticket is no token, a session id neither.
constexpr std::string_view kToken = "token";
constexpr std::string_view kTicket = "ticket";
constexpr std::string_view kSession = "session";
constexpr std::string_view kProbe = "probe";

void put_i64(std::string& to, std::int64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    to.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> shift));
  }
}

std::int64_t take_i64(std::string_view& from) {
  std::uint64_t value = 0;
  for (const char c : from.substr(0, 8)) value = value << 8 | static_cast<unsigned char>(c);
  from.remove_prefix(8);
  return static_cast<std::int64_t>(value);
}

// Ids begin with their expiry, in digits that sort as it does: so a set of them can be pruned, and
// nothing but the id need be kept of a revoked token.
std::string expiring_id(std::string_view prefix, std::int64_t expires_at_ms,
                        std::string_view random) {
  return std::string(prefix) + protocol::base32(expires_at_ms) + to_base64url(random);
}

const unsigned char* bytes_of(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

bool same(std::string_view a, std::string_view b) {  // in constant time (CWE-208)
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

Tokens::Tokens(std::string key, const Clock& clock) : key_(std::move(key)), clock_(clock) {
  init_sodium();
  if (key_.size() != kKeyBytes) throw std::invalid_argument("the token key must have 32 bytes");
}

Tokens::~Tokens() {
  sodium_memzero(key_.data(), key_.size());
}

std::string Tokens::mac(std::string_view purpose, std::string_view payload,
                        std::size_t bytes) const {
  crypto_generichash_state state;
  crypto_generichash_init(&state, bytes_of(key_), key_.size(), bytes);
  // The NUL parts purpose from payload: no purpose contains one.
  crypto_generichash_update(&state, bytes_of(purpose), purpose.size());
  crypto_generichash_update(&state, bytes_of(std::string_view("\0", 1)), 1);
  crypto_generichash_update(&state, bytes_of(payload), payload.size());
  std::string out(bytes, '\0');
  crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(out.data()), out.size());
  return out;
}

std::string Tokens::seal(std::string_view purpose, const std::string& payload) const {
  std::string text(kPrefix);
  text += to_base64url(payload);
  text += '.';
  text += to_base64url(mac(purpose, payload, kMacBytes));
  assert(text.size() <= kTextCharsMax);
  return text;
}

Result<std::string> Tokens::unseal(std::string_view purpose, std::string_view text) const {
  const auto malformed = [&] {
    return fail(ErrorCode::kUnauthorized, "the " + std::string(purpose) + " is malformed");
  };
  if (text.size() > kTextCharsMax || !text.starts_with(kPrefix)) return malformed();
  text.remove_prefix(kPrefix.size());
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return malformed();
  auto payload = from_base64url(text.substr(0, dot));
  const auto given = from_base64url(text.substr(dot + 1));
  if (!payload || !given || !same(*given, mac(purpose, *payload, kMacBytes))) return malformed();
  return *std::move(payload);
}

Issued Tokens::issue_token(UserId user) {
  const std::int64_t expires = clock_.wall_ms() + Millis(limits::kTokenLife).count();
  std::string payload;  // user, expiry, random
  put_i64(payload, user.value());
  put_i64(payload, expires);
  payload += random_bytes(kIdBytes);
  return {seal(kToken, payload), expires};
}

Result<Identity> Tokens::check_token(std::string_view token) const {
  auto payload = unseal(kToken, token);
  if (!payload) return fail(std::move(payload.error()));
  std::string_view rest = *payload;
  if (rest.size() != 8 + 8 + kIdBytes) {
    return fail(ErrorCode::kUnauthorized, "the token is malformed");
  }
  Identity identity;
  identity.user = UserId(take_i64(rest));
  identity.expires_at_ms = take_i64(rest);
  identity.token_id = expiring_id("t_", identity.expires_at_ms, rest);
  if (auto alive = check_alive(identity); !alive) return fail(std::move(alive.error()));
  return identity;
}

Issued Tokens::issue_ticket(const Identity& of) {
  assert(of.token_id.size() <= kTokenIdBytesMax);
  const std::int64_t expires = clock_.wall_ms() + Millis(limits::kTicketLife).count();
  std::string payload;  // user, expiry, random; the token's expiry, key if it has one, and id
  put_i64(payload, of.user.value());
  put_i64(payload, expires);
  payload += random_bytes(kIdBytes);
  put_i64(payload, of.expires_at_ms);
  if (of.key != 0) {
    payload += kKeyFollows;
    put_i64(payload, static_cast<std::int64_t>(of.key));
  }
  payload += of.token_id;
  return {seal(kTicket, payload), expires};
}

Result<Tokens::Ticket> Tokens::check_ticket(std::string_view ticket) const {
  auto payload = unseal(kTicket, ticket);
  if (!payload) return fail(std::move(payload.error()));
  std::string_view rest = *payload;
  if (rest.size() < 8 + 8 + kIdBytes + 8) {
    return fail(ErrorCode::kUnauthorized, "the ticket is malformed");
  }
  Ticket t;
  t.identity.user = UserId(take_i64(rest));
  t.expires_at_ms = take_i64(rest);
  t.ticket_id = expiring_id("k_", t.expires_at_ms, rest.substr(0, kIdBytes));
  rest.remove_prefix(kIdBytes);
  t.identity.expires_at_ms = take_i64(rest);
  if (rest.starts_with(kKeyFollows) && rest.size() > 8) {
    rest.remove_prefix(1);
    t.identity.key = static_cast<std::uint64_t>(take_i64(rest));
  }
  if (t.identity.key == 0 && !is_own_id(rest)) {
    return fail(ErrorCode::kUnauthorized, "the ticket is malformed");
  }
  t.identity.token_id = std::string(rest);
  if (t.expires_at_ms <= clock_.wall_ms()) {
    return fail(ErrorCode::kUnauthorized, "the ticket has expired");
  }
  if (auto alive = check_alive(t.identity); !alive) return fail(std::move(alive.error()));
  return t;
}

Result<void> Tokens::check_alive(const Identity& identity) const {
  if (identity.expires_at_ms <= clock_.wall_ms()) {
    return fail(ErrorCode::kUnauthorized, "the token has expired");
  }
  if (revoked(identity.token_id)) {
    return fail(ErrorCode::kUnauthorized, kRevokedDetail);
  }
  return {};
}

void Tokens::revoke(const std::string& token_id) {
  const auto now = protocol::base32(clock_.wall_ms());
  std::lock_guard lock(mutex_);
  for (const std::string kind : {"t_", "j_"}) {  // ours, and those of an external issuer
    const auto first = revoked_.lower_bound(kind);
    const auto end = revoked_.lower_bound(kind + now);
    for (auto it = first; it != end; ++it) marks_.erase(mark_of(*it));
    revoked_.erase(first, end);
  }
  revoked_.insert(token_id);
  marks_.insert(mark_of(token_id));
}

bool Tokens::revoked(std::string_view token_id) const {
  std::lock_guard lock(mutex_);
  return revoked_.contains(token_id);
}

bool Tokens::revoked(const TokenMark& token) const {
  std::lock_guard lock(mutex_);
  return marks_.contains(token);
}

TokenMark mark_of(std::string_view token_id) {
  TokenMark mark;
  static_assert(sizeof mark == crypto_generichash_BYTES_MIN);
  crypto_generichash(reinterpret_cast<unsigned char*>(&mark), sizeof mark, bytes_of(token_id),
                     token_id.size(), nullptr, 0);
  return mark;
}

std::string Tokens::make_session_id(UserId user) const {
  std::string payload = random_bytes(kIdBytes);
  const std::string random = to_base64url(payload);
  put_i64(payload, user.value());
  return "s_" + random + to_base64url(mac(kSession, payload, crypto_generichash_BYTES_MIN));
}

bool Tokens::owns_session_id(UserId user, std::string_view session) const {
  constexpr std::size_t kPartChars = 22;  // 16 bytes in base64url
  static_assert(crypto_generichash_BYTES_MIN == kIdBytes);
  if (session.size() != 2 + 2 * kPartChars || !session.starts_with("s_")) return false;
  auto payload = from_base64url(session.substr(2, kPartChars));
  const auto given = from_base64url(session.substr(2 + kPartChars));
  if (!payload || !given) return false;
  put_i64(*payload, user.value());
  return same(*given, mac(kSession, *payload, crypto_generichash_BYTES_MIN));
}

// 31 random bits, and as many of the MAC as there is room for: guessing one proves one's own
// session.
std::int64_t Tokens::make_probe(std::string_view session) const {
  const auto random = static_cast<std::uint32_t>(random_u64() >> 33);
  return static_cast<std::int64_t>(std::uint64_t{random} << 32 | probe_mac(session, random));
}

bool Tokens::is_probe_of(std::string_view session, std::int64_t probe) const {
  const auto bits = static_cast<std::uint64_t>(probe);
  return probe >= 0 && static_cast<std::uint32_t>(bits) ==
                           probe_mac(session, static_cast<std::uint32_t>(bits >> 32));
}

std::uint32_t Tokens::probe_mac(std::string_view session, std::uint32_t random) const {
  std::string payload(session);
  put_i64(payload, random);
  const auto code = mac(kProbe, payload, crypto_generichash_BYTES_MIN);
  std::uint32_t first = 0;
  std::memcpy(&first, code.data(), sizeof first);
  return first;
}

}  // namespace fairlead::auth

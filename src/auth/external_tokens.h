#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "auth/jwt.h"
#include "auth/jwt_key_file.h"
#include "auth/known_tokens.h"
#include "auth/tokens.h"
#include "core/result.h"

namespace fairlead::auth {

// The tokens of an external issuer: whose they are. A token that was seen lately is known at once;
// of others the signature is checked, and the user found or made, on a thread of its own (Blocking
// role), which also reads the keys anew when their file changes. What it keeps and what waits is
// bounded (limits::kJwt…). Any thread; only start() and stop() block.
class ExternalTokens {
 public:
  struct Settings {
    JwtRules rules;
    JwtKeyFile::Form form = JwtKeyFile::Form::kJwks;
    std::string path;
    std::chrono::milliseconds look{1000};  // how often the file is looked at
  };
  // The user of this issuer's `sub`, made if there is none. Must not block; calls `done` once, on
  // any thread.
  using FindUser =
      std::function<void(const JwtClaims& claims, std::function<void(Result<UserId>)> done)>;
  // A key has gone, has_key() says so already: who lives by a token must show it again. On the
  // object's thread; must not block.
  using Withdrawn = std::function<void()>;
  // May come at once, on the calling thread, or later on this object's; must not block.
  using Done = std::function<void(Result<Identity>)>;

  // `tokens` knows what was revoked. It and `clock` must outlive the object.
  ExternalTokens(Settings settings, const Tokens& tokens, const Clock& clock, FindUser find_user,
                 Withdrawn withdrawn);
  ~ExternalTokens();  // stop()
  ExternalTokens(const ExternalTokens&) = delete;
  ExternalTokens& operator=(const ExternalTokens&) = delete;

  // Fails if there are no keys that can be used; the detail says what to do.
  [[nodiscard]] Result<void> start();
  // Who waits gets `shutting_down`; joins. Call it while what the answers lead to is still there,
  // and before what FindUser asks is stopped. Its answers may come later, and lead to nothing then.
  void stop();

  // nullopt: not seen lately; check() it. Otherwise as Tokens::check_token().
  std::optional<Result<Identity>> known(std::string_view token);
  // Errors: unauthorized, overloaded, shutting_down, those of FindUser. Requests with one token are
  // answered in the order in which they came.
  void check(std::string_view token, Done done);

  // Whether the key of that mark is among those of now.
  bool has_key(std::uint64_t mark);
  // How often the keys have changed. Any thread.
  std::uint64_t keys_version() const { return keys_version_; }

  struct Stats {
    std::uint64_t checked = 0, refused = 0;  // that were not known; refused: of those
    std::uint64_t key_reads = 0, key_failures = 0;
  };
  Stats stats() const;

 private:
  using Hash = KnownTokens::Hash;
  struct Asked {
    std::string token;
    std::vector<Done> by;
  };
  using Waiting = std::unordered_map<Hash, Asked, KnownTokens::HashOfHash>;

  Hash hash_of(std::string_view token) const;
  std::optional<Result<Identity>> find_known(const Hash& hash);  // with mutex_
  void run();
  void post(std::function<void()> task);
  void look_at_file();
  bool take(std::vector<JwtKey> keys);  // whether one has gone
  void verify(const Hash& hash);
  void settle(const Hash& hash, Result<Identity> result, std::uint64_t keys_version);

  const Settings settings_;
  const Tokens& tokens_;
  const Clock& clock_;
  const FindUser find_user_;
  const Withdrawn withdrawn_;
  const std::string hash_key_;
  JwtKeyFile file_;           // start(), then the thread's
  std::vector<JwtKey> keys_;  // the same
  std::atomic<std::uint64_t> checked_{0}, refused_{0}, key_reads_{0}, key_failures_{0};

  std::mutex mutex_;
  std::condition_variable ready_;
  std::atomic<std::uint64_t> keys_version_{0};  // changes with mutex_, which guards all below
  std::deque<std::function<void()>> tasks_;     // at most two for each that waits
  KnownTokens known_;
  Waiting waiting_;
  std::size_t waiting_count_ = 0;
  std::vector<std::uint64_t> marks_;  // of the keys
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace fairlead::auth

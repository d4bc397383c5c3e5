#include "auth/external_tokens.h"

#include <pthread.h>
#include <sodium.h>

#include <algorithm>
#include <utility>

#include "auth/sodium.h"
#include "core/limits.h"
#include "core/log_line.h"
#include "core/random.h"

namespace fairlead::auth {
namespace {

// What an answer leads to is somebody else's code: it must not end this thread.
void answer(const ExternalTokens::Done& done, const Result<Identity>& result) {
  try {
    done(result);
  } catch (const std::exception& e) {
    log_error("jwt_answer_failed why={}", e.what());
  }
}

Error too_many() {
  auto refusal = error(ErrorCode::kOverloaded, "too many tokens at once; try again in a moment");
  refusal.retry_after_s = 1;
  return refusal;
}

}  // namespace

ExternalTokens::ExternalTokens(Settings settings, const Tokens& tokens, const Clock& clock,
                               FindUser find_user, Withdrawn withdrawn)
    : settings_(std::move(settings)),
      tokens_(tokens),
      clock_(clock),
      find_user_(std::move(find_user)),
      withdrawn_(std::move(withdrawn)),
      hash_key_(random_bytes(crypto_generichash_KEYBYTES)),
      file_(settings_.rules.alg, settings_.form, settings_.path),
      known_(limits::kJwtKnownMax) {
  init_sodium();
}

ExternalTokens::~ExternalTokens() {
  stop();
}

Result<void> ExternalTokens::start() {
  auto keys = file_.read();
  if (!keys) return fail(keys.error());
  take(std::move(*keys));
  thread_ = std::thread([this] { run(); });
  return {};
}

void ExternalTokens::stop() {
  Waiting left;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    left.swap(waiting_);
    tasks_.clear();
  }
  ready_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (const auto& [hash, asked] : left) {
    for (const auto& done : asked.by) answer(done, fail(ErrorCode::kShuttingDown));
  }
}

KnownTokens::Hash ExternalTokens::hash_of(std::string_view token) const {
  Hash hash{};
  static_assert(sizeof hash == crypto_generichash_BYTES);
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(token.data()),
                     token.size(), reinterpret_cast<const unsigned char*>(hash_key_.data()),
                     hash_key_.size());
  return hash;
}

std::optional<Result<Identity>> ExternalTokens::find_known(const Hash& hash) {
  if (waiting_.contains(hash)) return std::nullopt;  // not before those that came earlier
  const auto* found = known_.find(hash);
  if (found == nullptr) return std::nullopt;
  if (auto alive = tokens_.check_alive(*found); !alive) {
    return Result<Identity>(fail(std::move(alive.error())));
  }
  return Result<Identity>(*found);
}

std::optional<Result<Identity>> ExternalTokens::known(std::string_view token) {
  const auto hash = hash_of(token);
  std::lock_guard lock(mutex_);
  return find_known(hash);
}

void ExternalTokens::check(std::string_view token, Done done) {
  const auto hash = hash_of(token);
  std::optional<Result<Identity>> at_once;
  {
    std::lock_guard lock(mutex_);
    if (stopping_) {
      at_once = fail(ErrorCode::kShuttingDown);
    } else if (token.size() > limits::kJwtBytesMax) {
      at_once = fail(ErrorCode::kUnauthorized, "the token is longer than 6 KiB");
    } else if (at_once = find_known(hash); !at_once) {
      if (waiting_count_ >= limits::kJwtWaitingMax) {
        at_once = fail(too_many());
      } else {
        const auto [waiting, first] = waiting_.try_emplace(hash);
        if (first) {
          waiting->second.token = token;
          tasks_.push_back([this, hash] { verify(hash); });
        }
        waiting->second.by.push_back(std::move(done));
        ++waiting_count_;
      }
    }
  }
  if (at_once) {
    done(*std::move(at_once));
  } else {
    ready_.notify_one();
  }
}

void ExternalTokens::post(std::function<void()> task) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    tasks_.push_back(std::move(task));
  }
  ready_.notify_one();
}

// --- the thread

void ExternalTokens::run() {
  pthread_setname_np(pthread_self(), "jwt");
  auto look_at = std::chrono::steady_clock::now() + settings_.look;
  for (;;) {
    std::function<void()> task;
    {
      std::unique_lock lock(mutex_);
      ready_.wait_until(lock, look_at, [this] { return stopping_ || !tasks_.empty(); });
      if (stopping_) return;
      if (!tasks_.empty()) {
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
    }
    if (task) task();
    if (const auto now = std::chrono::steady_clock::now(); now >= look_at) {
      look_at_file();
      look_at = now + settings_.look;
    }
  }
}

void ExternalTokens::look_at_file() {
  if (!file_.has_changed()) return;
  auto keys = file_.read();
  if (!keys) {
    ++key_failures_;
    log_error("jwt_keys_refused why={} kept={}", keys.error().detail, keys_.size());
    return;
  }
  if (take(std::move(*keys))) withdrawn_();
}

bool ExternalTokens::take(std::vector<JwtKey> keys) {
  keys_ = std::move(keys);
  std::vector<std::uint64_t> marks;
  for (const auto& key : keys_) marks.push_back(key.mark());
  bool has_gone = false;
  {
    std::lock_guard lock(mutex_);
    for (const auto mark : marks_) has_gone = has_gone || !std::ranges::count(marks, mark);
    marks_ = std::move(marks);
    ++keys_version_;
    known_.clear();  // a key that has gone vouches for nobody
  }
  ++key_reads_;
  log_info("jwt_keys_read file={} keys={}", file_.path(), keys_.size());
  return has_gone;
}

bool ExternalTokens::has_key(std::uint64_t mark) {
  std::lock_guard lock(mutex_);
  return std::ranges::count(marks_, mark) > 0;
}

void ExternalTokens::verify(const Hash& hash) {
  std::string token;
  std::uint64_t version = 0;
  {
    std::lock_guard lock(mutex_);
    const auto found = waiting_.find(hash);
    if (found == waiting_.end()) return;  // stopped meanwhile
    token = found->second.token;
    version = keys_version_;
  }
  ++checked_;
  const auto claims = check_jwt(token, keys_, settings_.rules, clock_.wall_ms());
  if (!claims) {
    ++refused_;
    return settle(hash, fail(claims.error()), version);
  }
  if (tokens_.revoked(claims->token_id)) {
    ++refused_;
    return settle(hash, fail(ErrorCode::kUnauthorized, kRevokedDetail), version);
  }
  find_user_(*claims,
             [this, hash, version, id = claims->token_id, expires_at_ms = claims->expires_at_ms,
              key = claims->key](Result<UserId> user) {
               post([this, hash, version, user = std::move(user), id, expires_at_ms, key] {
                 settle(hash,
                        user ? Result<Identity>(Identity{*user, id, expires_at_ms, key})
                             : Result<Identity>(fail(user.error())),
                        version);
               });
             });
}

// Those who wait are answered. For those who come meanwhile it begins anew, in its turn: else who
// asks without end would be told for ever what was true at first, and nobody else anything. So the
// token is known when nobody waits, and each is answered in the order of coming.
void ExternalTokens::settle(const Hash& hash, Result<Identity> result, std::uint64_t keys_version) {
  std::vector<Done> these;
  {
    std::lock_guard lock(mutex_);
    const auto found = waiting_.find(hash);
    if (found == waiting_.end()) return;  // stopped meanwhile
    if (keys_version != keys_version_) return tasks_.push_back([this, hash] { verify(hash); });
    these.swap(found->second.by);
    waiting_count_ -= these.size();
  }
  if (result) {  // it may have ended while its user was looked for
    if (auto alive = tokens_.check_alive(*result); !alive) result = fail(std::move(alive.error()));
  }
  for (const auto& done : these) answer(done, result);

  std::lock_guard lock(mutex_);
  const auto found = waiting_.find(hash);
  if (found == waiting_.end()) return;
  if (!found->second.by.empty()) return tasks_.push_back([this, hash] { verify(hash); });
  waiting_.erase(found);
  if (result && keys_version == keys_version_) known_.put(hash, *result);
}

ExternalTokens::Stats ExternalTokens::stats() const {
  return {checked_, refused_, key_reads_, key_failures_};
}

}  // namespace fairlead::auth

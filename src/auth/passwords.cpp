#include "auth/passwords.h"

#include <pthread.h>
#include <sodium.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "auth/sodium.h"
#include "core/limits.h"
#include "core/log_line.h"

namespace fairlead::auth {
namespace {

Result<std::string> hash_now(const std::string& password) {
  std::array<char, crypto_pwhash_STRBYTES> out{};
  if (crypto_pwhash_str(out.data(), password.data(), password.size(),
                        crypto_pwhash_OPSLIMIT_INTERACTIVE,
                        crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
    log_error("password_hash_failed errno={}", errno);
    return fail(ErrorCode::kOverloaded, "try again in a moment");  // no memory for it
  }
  return std::string(out.data());
}

Result<bool> verify_now(const std::string& password, const std::string& stored) {
  if (stored.empty()) {
    if (auto hashed = hash_now(password); !hashed) return fail(std::move(hashed.error()));
    return false;
  }
  if (!stored.starts_with(crypto_pwhash_STRPREFIX)) {  // libsodium would call this a mismatch
    log_error("password_verify_failed stored_hash=not_argon2id");
    return fail(ErrorCode::kInternal);
  }
  errno = 0;
  if (crypto_pwhash_str_verify(stored.c_str(), password.data(), password.size()) == 0) return true;
  if (errno == EINVAL) return false;  // libsodium: a mismatch; anything else is trouble
  log_error("password_verify_failed errno={}", errno);
  return fail(ErrorCode::kOverloaded, "try again in a moment");
}

}  // namespace

class Passwords::Impl {
 public:
  explicit Impl(int threads) {
    init_sodium();
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
  }

  ~Impl() { stop(); }

  void stop() {
    std::deque<Job> left;
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
      left.swap(queue_);
    }
    ready_.notify_all();
    for (Job& job : left) {
      job.finish(job, ErrorCode::kShuttingDown);
      wipe(job.password);
    }
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  struct Job {
    std::string password;
    // Does the work and answers; with a code: answers with that.
    std::function<void(const Job&, std::optional<ErrorCode>)> finish;
  };

  void enqueue(Job job) {
    auto refusal = ErrorCode::kOverloaded;
    {
      std::lock_guard lock(mutex_);
      if (stopping_) {
        refusal = ErrorCode::kShuttingDown;
      } else if (queue_.size() < limits::kBlockingQueueMax) {
        queue_.push_back(std::move(job));
        ready_.notify_one();
        return;
      }
    }
    job.finish(job, refusal);
    wipe(job.password);
  }

 private:
  static void wipe(std::string& s) { sodium_memzero(s.data(), s.size()); }

  void run() {
    pthread_setname_np(pthread_self(), "passwords");
    for (;;) {
      Job job;
      {
        std::unique_lock lock(mutex_);
        ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (stopping_) return;
        job = std::move(queue_.front());
        queue_.pop_front();
      }
      job.finish(job, std::nullopt);
      wipe(job.password);
    }
  }

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> queue_;  // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

Passwords::Passwords(int threads) : impl_(std::make_unique<Impl>(threads)) {}
Passwords::~Passwords() = default;

void Passwords::stop() {
  impl_->stop();
}

void Passwords::hash(std::string password, std::function<void(Result<std::string>)> done) {
  impl_->enqueue({std::move(password),
                  [done = std::move(done)](const Impl::Job& job, std::optional<ErrorCode> refused) {
                    done(refused ? Result<std::string>(fail(*refused)) : hash_now(job.password));
                  }});
}

void Passwords::verify(std::string password, std::string stored,
                       std::function<void(Result<bool>)> done) {
  impl_->enqueue({std::move(password), [stored = std::move(stored), done = std::move(done)](
                                           const Impl::Job& job, std::optional<ErrorCode> refused) {
                    done(refused ? Result<bool>(fail(*refused)) : verify_now(job.password, stored));
                  }});
}

}  // namespace fairlead::auth

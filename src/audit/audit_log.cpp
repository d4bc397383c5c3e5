#include "audit/audit_log.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/log_line.h"
#include "protocol/json.h"

namespace fairlead::audit {

using protocol::Json;

AuditLog::AuditLog(std::string path, std::string node, const Clock& clock)
    : path_(std::move(path)), node_(std::move(node)), clock_(clock) {}

AuditLog::~AuditLog() {
  stop();
}

Result<UniqueFd> AuditLog::open_file() const {
  // Of a pipe that nobody reads, neither open nor write may keep the server from stopping.
  constexpr int kNeverWaits = O_NONBLOCK;
  UniqueFd file(
      ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | kNeverWaits, 0600));
  if (file.get() >= 0) return file;
  return fail(ErrorCode::kInternal,
              "the audit log " + path_ + " cannot be opened: " + std::strerror(errno));
}

Result<void> AuditLog::start() {
  if (path_.empty()) return {};
  auto file = open_file();
  if (!file) return fail(file.error());
  file_ = std::move(*file);
  thread_ = std::thread([this] { run(); });
  return {};
}

void AuditLog::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  ::fdatasync(file_.get());
}

void AuditLog::note(Entry entry) {
  if (path_.empty()) return;
  {
    std::lock_guard lock(mutex_);
    if (waiting_.size() >= kWaitingMax || stopping_) {
      ++lost_;
      ++lost_all_;
      return;
    }
    waiting_.push_back({clock_.wall_ms(), std::move(entry)});
  }
  ready_.notify_one();
}

void AuditLog::reopen() {
  {
    std::lock_guard lock(mutex_);
    reopen_ = true;
  }
  ready_.notify_one();
}

// --- the thread

void AuditLog::run() {
  pthread_setname_np(pthread_self(), "audit");
  for (;;) {
    std::deque<Noted> batch;
    std::uint64_t lost = 0;
    bool reopen = false, last = false;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return stopping_ || reopen_ || !waiting_.empty(); });
      batch.swap(waiting_);
      lost = std::exchange(lost_, 0);
      reopen = std::exchange(reopen_, false);
      last = stopping_;
    }
    if (reopen) {
      if (auto file = open_file()) {
        file_ = std::move(*file);
        line_is_cut_ = false;
      } else {
        log_error("audit_reopen_failed why={}", file.error().detail);
      }
    }
    write_batch(batch, lost);
    if (last) return;
  }
}

void AuditLog::write_batch(const std::deque<Noted>& batch, std::uint64_t lost) {
  std::string lines;
  if (lost > 0) {
    const Json said = {{"time", protocol::rfc3339(clock_.wall_ms())},
                       {"node", node_},
                       {"action", "entries_lost"},
                       {"count", lost}};
    lines += protocol::dump(said) + '\n';
  }
  for (const auto& noted : batch) lines += line_of(noted);
  if (lines.empty() || write(lines)) return;
  log_error("audit_write_failed entries={} why={}", batch.size(), std::strerror(errno));
  lost_all_ += batch.size();
  std::lock_guard lock(mutex_);
  lost_ += lost + batch.size();
}

bool AuditLog::write(const std::string& lines) {
  std::string_view rest = lines;
  const std::string from_new_line = "\n" + lines;
  if (line_is_cut_) rest = from_new_line;
  while (!rest.empty()) {
    const auto n = ::write(file_.get(), rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(n));
    line_is_cut_ = !rest.empty();
  }
  return true;
}

std::string AuditLog::line_of(const Noted& noted) const {
  const auto& entry = noted.entry;
  Json json = {{"time", protocol::rfc3339(noted.at_ms)}, {"node", node_}, {"action", entry.action}};
  const auto add = [&json](const char* name, const std::string& value) {
    if (!value.empty()) json[name] = value;
  };
  add("user", entry.user);
  add("target", entry.target);
  add("room", entry.room);
  add("role", entry.role);
  add("address", entry.address);
  add("session", entry.session);
  add("request_id", entry.request_id);
  return protocol::dump(json) + '\n';
}

}  // namespace fairlead::audit

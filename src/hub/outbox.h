#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace fairlead::hub {

// Frames that many sessions are given, written once: appended to, never changed. Lives as long as
// an outbox holds a stretch of it, or the shard writes on it. One thread: the shard's.
struct Run {
  std::string bytes;
  std::uint32_t holders = 0;
};

// Whole frames in a run.
struct RunPart {
  Run* run = nullptr;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::size_t bytes() const { return end - begin; }
};

// What a session has been given and its socket has not yet taken: whole frames in order, the first
// perhaps begun. Until the socket refuses something that is a stretch of a run, shared with all who
// were given the same; only a rest is copied, so that a slow session costs its own bytes and no
// more (G6). One thread: the shard's. Owns no heap while it is empty or all its bytes are shared.
class Outbox {
 public:
  Outbox() = default;
  ~Outbox() { clear(); }
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  void add(const RunPart& part, std::size_t frames);
  void add(std::string_view bytes, std::size_t frames = 1);

  bool empty() const { return part_.run == nullptr && !rest_; }
  std::size_t bytes() const {
    return part_.run != nullptr ? part_.bytes() : rest_ ? rest_->bytes.size() - rest_->taken : 0;
  }
  std::size_t frames() const { return frames_; }  // since it was last empty

  // All of it, in one piece; valid until the next call.
  std::string_view pending() const;
  // The transport has written the first `n` bytes of pending(). What is left becomes the session's
  // own.
  void take(std::size_t n);
  void clear();
  // In place of all.
  void replace(std::string frames, std::size_t count);

 private:
  struct Rest {
    std::string bytes;
    std::size_t taken = 0;
  };
  void own();
  void let_go();

  RunPart part_;
  std::uint32_t frames_ = 0;
  std::unique_ptr<Rest> rest_;
};

}  // namespace fairlead::hub

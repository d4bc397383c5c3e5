#pragma once

#include <cstddef>
#include <deque>
#include <memory>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/limits.h"

namespace fairlead::hub {

// What a session has been given and its socket has not yet taken: shared, framed bytes in order. Bounded in
// bytes and frames: full() is where a session stops being live (G6). One thread: the shard's. An empty outbox owns no heap.
class Outbox {
 public:
  struct Frame {
    Bytes bytes;
    LogPosition position;  // of a durable event; none: anything else
    bool control = false;  // hello and probe: about the connection, not news
  };

  void push(Frame frame);
  bool empty() const { return !frames_ || frames_->empty(); }
  std::size_t size() const { return frames_ ? frames_->size() : 0; }
  std::size_t bytes() const { return bytes_; }  // not yet taken
  bool full(std::size_t bytes_max) const {
    return bytes_ >= bytes_max || size() >= limits::kOutboxFramesMax;
  }

  const Frame& at(std::size_t i) const { return (*frames_)[i]; }
  std::size_t offset() const { return offset_; }  // bytes of the first frame that are gone already
  // The transport has written the next `n` bytes.
  void take(std::size_t n);
  void clear();
  // Poll only, nothing taken of the first frame: durable frames go (the next poll's cursor brings them
  // again), of the ephemeral ones the newest `max` stay.
  void keep_ephemeral(std::size_t max);

 private:
  std::unique_ptr<std::deque<Frame>> frames_;  // only while there is something
  std::size_t bytes_ = 0;
  std::size_t offset_ = 0;
};

}  // namespace fairlead::hub

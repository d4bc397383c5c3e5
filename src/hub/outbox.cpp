#include "hub/outbox.h"

namespace fairlead::hub {

void Outbox::push(Frame frame) {
  if (!frames_) frames_ = std::make_unique<std::deque<Frame>>();
  bytes_ += frame.bytes->size();
  frames_->push_back(std::move(frame));
}

void Outbox::take(std::size_t n) {
  bytes_ -= n;
  n += offset_;
  while (!empty() && n >= frames_->front().bytes->size()) {
    n -= frames_->front().bytes->size();
    frames_->pop_front();
  }
  offset_ = n;
  if (empty()) frames_.reset();
}

void Outbox::clear() {
  frames_.reset();
  bytes_ = 0;
  offset_ = 0;
}

void Outbox::keep_ephemeral(std::size_t max) {
  if (empty()) return;
  std::erase_if(*frames_, [](const Frame& frame) { return static_cast<bool>(frame.position); });
  while (frames_->size() > max) frames_->pop_front();
  bytes_ = 0;
  for (const auto& frame : *frames_) bytes_ += frame.bytes->size();
  if (frames_->empty()) clear();
}

}  // namespace fairlead::hub

#include "hub/outbox.h"

#include <utility>

namespace fairlead::hub {

void Outbox::add(Run& run, std::size_t begin, std::size_t frames) {
  const auto end = run.bytes.size();
  frames_ += static_cast<std::uint32_t>(frames);
  if (run_ == &run && end_ == begin) {
    end_ = static_cast<std::uint32_t>(end);
    return;
  }
  if (empty()) {
    run_ = &run;
    ++run.holders;
    begin_ = static_cast<std::uint32_t>(begin);
    end_ = static_cast<std::uint32_t>(end);
    return;
  }
  own();
  rest_->bytes.append(run.bytes, begin);
}

void Outbox::add(std::string_view bytes, std::size_t frames) {
  frames_ += static_cast<std::uint32_t>(frames);
  own();
  rest_->bytes += bytes;
}

std::string_view Outbox::pending() const {
  if (run_ != nullptr) return std::string_view(run_->bytes).substr(begin_, end_ - begin_);
  if (!rest_) return {};
  return std::string_view(rest_->bytes).substr(rest_->taken);
}

void Outbox::take(std::size_t n) {
  if (n == bytes()) {
    clear();
  } else if (run_ != nullptr) {
    begin_ += static_cast<std::uint32_t>(n);
    own();
  } else if (rest_) {
    rest_->taken += n;
    // What has left goes when it is the larger half: each byte is moved once, and memory is at most
    // twice the rest.
    if (rest_->taken > rest_->bytes.size() / 2) {
      rest_->bytes.erase(0, std::exchange(rest_->taken, 0));
      rest_->bytes.shrink_to_fit();
    }
  }
}

void Outbox::clear() {
  if (run_ != nullptr) let_go();
  rest_.reset();
  frames_ = 0;
}

void Outbox::replace(std::string frames, std::size_t count) {
  clear();
  if (frames.empty()) return;
  rest_ = std::make_unique<Rest>();
  rest_->bytes = std::move(frames);
  frames_ = static_cast<std::uint32_t>(count);
}

void Outbox::own() {
  if (!rest_) rest_ = std::make_unique<Rest>();
  if (run_ == nullptr) return;
  rest_->bytes = pending();
  let_go();
}

void Outbox::let_go() {
  --run_->holders;
  run_ = nullptr;
}

}  // namespace fairlead::hub

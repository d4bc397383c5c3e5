#include "hub/outbox.h"

#include <utility>

namespace fairlead::hub {

void Outbox::add(const RunPart& part, std::size_t frames) {
  frames_ += static_cast<std::uint32_t>(frames);
  if (empty()) {
    part_ = part;
    ++part.run->holders;
  } else if (part_.run == part.run && part_.end == part.begin) {
    part_.end = part.end;
  } else {
    own();
    rest_->bytes.append(part.run->bytes, part.begin, part.bytes());
  }
}

void Outbox::add(std::string_view bytes, std::size_t frames) {
  frames_ += static_cast<std::uint32_t>(frames);
  own();
  rest_->bytes += bytes;
}

std::string_view Outbox::pending() const {
  if (part_.run != nullptr) {
    return std::string_view(part_.run->bytes).substr(part_.begin, part_.bytes());
  }
  if (!rest_) return {};
  return std::string_view(rest_->bytes).substr(rest_->taken);
}

void Outbox::take(std::size_t n) {
  if (n == bytes()) {
    clear();
  } else if (part_.run != nullptr) {
    part_.begin += static_cast<std::uint32_t>(n);
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
  if (part_.run != nullptr) let_go();
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
  if (part_.run == nullptr) return;
  rest_->bytes = pending();
  let_go();
}

void Outbox::let_go() {
  --part_.run->holders;
  part_ = {};
}

}  // namespace fairlead::hub

#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "hub/outbox.h"
#include "hub/transport.h"

namespace fairlead::hub {

// The runs that a shard writes: one for each form, a new one when it is full. Old ones
// go when nobody holds them any more: a session does so until its next flush. One thread: the
// shard's.
class Runs {
 public:
  static constexpr std::size_t kRunBytes = 256 * 1024;

  // The one to append a frame to. Its end before and after are the frame's stretch.
  Run& current(WireForm form) {
    auto& run = current_[static_cast<std::size_t>(form)];
    if (run && run->bytes.size() >= kRunBytes) {
      if (run->holders == 0) {
        run->bytes.clear();
      } else {
        full_.push_back(std::move(run));
      }
    }
    if (!run) run = std::make_unique<Run>();
    return *run;
  }

  // After flushing: what nobody holds is free again.
  void tidy() {
    std::erase_if(full_, [](const auto& run) { return run->holders == 0; });
    for (auto& run : current_) {
      if (run && run->holders == 0) run->bytes.clear();
    }
  }

 private:
  std::array<std::unique_ptr<Run>, kWireForms> current_;
  std::vector<std::unique_ptr<Run>> full_;
};

}  // namespace fairlead::hub

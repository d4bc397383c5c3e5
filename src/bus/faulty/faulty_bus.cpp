#include "bus/faulty/faulty_bus.h"

#include <utility>
#include <vector>

namespace fairlead::bus {

void FaultyBus::publish(Message message) {
  std::vector<Message> now;
  {
    std::lock_guard lock(mutex_);
    const bool is_hint = std::holds_alternative<Committed>(message);
    if (!is_hint || !one_in_hundred(percent_)) {
      now.push_back(std::move(message));
    } else if (one_in_hundred(50)) {
      late_.push_back(std::move(message));
    }
    const bool enough = late_.size() > kLateMax || (!late_.empty() && one_in_hundred(30));
    if (enough) {
      now.push_back(std::move(late_.front()));
      late_.pop_front();
    }
  }
  for (auto& one : now) real_->publish(std::move(one));
}

}  // namespace fairlead::bus

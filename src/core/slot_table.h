#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace fairlead {

// Things that other threads and timers name by a key, which is never reused, unlike an address: of
// something that has gone it finds nothing. A key is looked up in one step, and a thing takes eight
// bytes beside itself. key_of(thing), found beside T, is what make() was given. Not thread-safe.
template <typename T>
class SlotTable {
 public:
  using Key = std::uint64_t;  // never 0
  // 1, 2, 3, … in the order in which they were made.
  static std::uint64_t number_of(Key key) { return key >> kSlotBits; }

  // make(key) -> std::unique_ptr<T>
  template <typename Make>
  T& add(Make make) {
    if (free_.empty()) {
      free_.push_back(slots_.size());
      slots_.emplace_back();
    }
    const auto slot = free_.back();
    auto& place = slots_[slot] = make(++made_ << kSlotBits | slot);
    free_.pop_back();
    return *place;
  }
  T* find(Key key) const {
    const auto slot = static_cast<std::size_t>(key & kSlotMask);
    if (slot >= slots_.size()) return nullptr;
    auto* thing = slots_[slot].get();
    return thing != nullptr && key_of(*thing) == key ? thing : nullptr;
  }
  void erase(Key key) {
    if (find(key) == nullptr) return;
    const auto slot = static_cast<std::size_t>(key & kSlotMask);
    free_.push_back(slot);
    const auto gone = std::move(slots_[slot]);  // it finds itself no more
  }
  std::size_t size() const { return slots_.size() - free_.size(); }
  bool empty() const { return size() == 0; }
  void clear() {
    for (const auto& slot : slots_) {
      if (slot) erase(key_of(*slot));
    }
  }
  // Some may be erased meanwhile, none added.
  template <typename Each>
  void for_each(Each each) const {
    for (const auto& slot : slots_) {
      if (slot) each(*slot);
    }
  }
  // Any of them, at most that many.
  std::vector<Key> some(std::size_t max) const {
    std::vector<Key> keys;
    for (auto it = slots_.begin(); it != slots_.end() && keys.size() < max; ++it) {
      if (*it) keys.push_back(key_of(**it));
    }
    return keys;
  }

 private:
  static constexpr int kSlotBits = 24;  // 16 million at once; as many as 10^12 one after the other
  static constexpr Key kSlotMask = (Key{1} << kSlotBits) - 1;

  std::vector<std::unique_ptr<T>> slots_;
  std::vector<std::size_t> free_;
  std::uint64_t made_ = 0;
};

}  // namespace fairlead

#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "store/search_index.h"

namespace fairlead::search {

// A real index; something happens before each of its steps is taken.
class DisturbedIndex final : public store::SearchIndex {
 public:
  explicit DisturbedIndex(std::unique_ptr<store::SearchIndex> real) : real_(std::move(real)) {}
  void before_steps(std::function<void()> what) { before_ = std::move(what); }
  State state() override { return real_->state(); }
  bool apply(const Step& step) override {
    if (before_) before_();
    return real_->apply(step);
  }
  void begin_anew(LogPosition head) override {
    ++begun_;
    real_->begin_anew(head);
  }
  Hits find(const std::vector<Term>& terms, const std::vector<RoomId>& rooms, std::size_t limit,
            const std::function<bool()>& enough) override {
    return real_->find(terms, rooms, limit, enough);
  }
  int begun() const { return begun_; }

 private:
  std::unique_ptr<store::SearchIndex> real_;
  std::function<void()> before_;
  int begun_ = 0;
};

}  // namespace fairlead::search

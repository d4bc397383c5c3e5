#pragma once

#include <optional>

namespace fairlead::load {

// Which rate to try next, to find the highest that is borne: doubles until one is not (tried twice,
// for a single hiccup proves nothing), then halves the gap a few times. Pure.
class RateSearch {
 public:
  explicit RateSearch(double start) : rate_(start) {}

  std::optional<double> next() const;    // sends per second; nothing: the search is over
  void tried(bool borne);                // … how next() went
  double best() const { return best_; }  // 0: not even the first

 private:
  double rate_;
  double best_ = 0;
  double too_high_ = 0;  // 0: none found yet
  bool again_ = false;   // rate_ has failed once
  int bisections_ = 0;
  bool over_ = false;
};

}  // namespace fairlead::load
